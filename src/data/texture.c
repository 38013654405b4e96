/* SPDX-License-Identifier: MIT */
#include "data/texture.h"

#include <math.h>

#define SIDE FIELD_SIDE

vec2 random_direction(rng *r)
{
    for (;;) {
        float x = rng_uniform(r, -1, 1);
        float y = rng_uniform(r, -1, 1);
        float square = x * x + y * y;
        if (square > 0.01f && square <= 1) {
            float length = sqrtf(square);
            return (vec2){x / length, y / length};
        }
    }
}

/* t = distance of each pixel along a random direction, 0 in the middle */
static void draw_distance_along(field *t, rng *r)
{
    vec2 u = random_direction(r);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
            t->v[y * SIDE + x] =
                ((float)x - SIDE / 2) * u.x + ((float)y - SIDE / 2) * u.y;
}

/* t = distance of each pixel from a random centre */
static void draw_distance_from(field *t, rng *r)
{
    float cx = rng_uniform(r, 0, SIDE);
    float cy = rng_uniform(r, 0, SIDE);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            float dx = (float)x - cx, dy = (float)y - cy;
            t->v[y * SIDE + x] = sqrtf(dx * dx + dy * dy);
        }
}

/* t = low at `from`, 1 at `to`, straight between */
static void apply_ramp(field *t, float from, float to)
{
    for (int i = 0; i < FIELD_AREA; i++)
        t->v[i] = clamp01((t->v[i] - from) / (to - from));
}

/* x less its floor, in [0, 1]; floorf is a call where SSE4.1 may be missing */
static float fraction(float x)
{
    float part = x - (float)(int)x;
    return part + (part < 0 ? 1.0f : 0.0f);
}

/*
 * A wave of 0 and 1 of some period over the distance in t; the steps are ramps of one
 * pixel, so they do not alias.
 */
static void apply_stripes(field *t, float period, float phase)
{
    for (int i = 0; i < FIELD_AREA; i++) {
        float fold = fabsf(fraction(t->v[i] / period + phase) - 0.5f);
        t->v[i] = clamp01(0.5f + (fold - 0.25f) * period);
    }
}

static void draw_checker(field *t, rng *r)
{
    field across;
    vec2 u = random_direction(r);
    float period = rng_uniform(r, 7, 18);
    float phase = rng_uniform(r, 0, 1);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            t->v[y * SIDE + x] = (float)x * u.x + (float)y * u.y;
            across.v[y * SIDE + x] = (float)y * u.x - (float)x * u.y;
        }
    apply_stripes(t, period, phase);
    apply_stripes(&across, period, phase);
    for (int i = 0; i < FIELD_AREA; i++)
        t->v[i] = t->v[i] + across.v[i] - 2 * t->v[i] * across.v[i];
}

static void draw_dots(field *t, rng *r)
{
    vec2 u = random_direction(r);
    float period = rng_uniform(r, 5, 12);
    float radius = rng_uniform(r, 0.22f, 0.38f) * period;
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            float along = fraction(((float)x * u.x + (float)y * u.y) / period) - 0.5f;
            float across = fraction(((float)y * u.x - (float)x * u.y) / period) - 0.5f;
            float distance = period * sqrtf(along * along + across * across);
            t->v[y * SIDE + x] = clamp01(0.5f + radius - distance);
        }
}

/* Add smooth noise in [0, amplitude]: random values every `cell` pixels, joined. */
static void add_noise(field *t, int cell, float amplitude, rng *r)
{
    enum { MAX_KNOTS = SIDE / 2 + 1 };
    float knot[MAX_KNOTS][MAX_KNOTS], row[MAX_KNOTS], weight[SIDE];
    const int n = SIDE / cell + 1;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            knot[i][j] = rng_uniform(r, 0, amplitude);
    for (int x = 0; x < SIDE; x++) {
        float f = ((float)(x % cell) + 0.5f) / (float)cell;
        weight[x] = f * f * (3 - 2 * f);
    }
    for (int y = 0; y < SIDE; y++) {
        const float *above = knot[y / cell], *below = knot[y / cell + 1];
        for (int j = 0; j < n; j++)
            row[j] = above[j] + weight[y] * (below[j] - above[j]);
        for (int x = 0; x < SIDE; x++) {
            float left = row[x / cell], right = row[x / cell + 1];
            t->v[y * SIDE + x] += left + weight[x] * (right - left);
        }
    }
}

static void draw_clouds(field *t, rng *r)
{
    *t = (field){{0}};
    add_noise(t, 16, 0.5f, r);
    add_noise(t, 8, 0.3f, r);
    add_noise(t, 4, 0.2f, r);
}

static void draw_marble(field *t, rng *r)
{
    field clouds;
    draw_distance_along(t, r);
    draw_clouds(&clouds, r);
    float strength = rng_uniform(r, 8, 24);
    for (int i = 0; i < FIELD_AREA; i++)
        t->v[i] += strength * clouds.v[i];
}

void texture_draw(field *t, texture_kind kind, rng *r)
{
    float length = rng_uniform(r, 16, 40);
    float period = rng_uniform(r, 4, 14);
    float phase = rng_uniform(r, 0, 1);
    switch (kind) {
    case TEXTURE_LINEAR:
        draw_distance_along(t, r);
        apply_ramp(t, -length / 2, length / 2);
        break;
    case TEXTURE_RADIAL:
        draw_distance_from(t, r);
        apply_ramp(t, 0, length);
        break;
    case TEXTURE_STRIPES:
        draw_distance_along(t, r);
        apply_stripes(t, period, phase);
        break;
    case TEXTURE_RINGS:
        draw_distance_from(t, r);
        apply_stripes(t, period, phase);
        break;
    case TEXTURE_CHECKER:
        draw_checker(t, r);
        break;
    case TEXTURE_DOTS:
        draw_dots(t, r);
        break;
    case TEXTURE_NOISE:
        draw_clouds(t, r);
        apply_ramp(t, 0.2f, 0.8f);
        break;
    case TEXTURE_MARBLE:
        draw_marble(t, r);
        apply_stripes(t, period, phase);
        break;
    case TEXTURE_FLAT:
    case TEXTURE_KINDS:
        *t = (field){{0}};
        break;
    }
}
