/* SPDX-License-Identifier: MIT */
#include "data/figure.h"

#include <math.h>

#define SIDE FIELD_SIDE
#define MIN_SIDES 3
#define MAX_SIDES 8

figure figure_random(rng *r)
{
    figure f = {.kind = (figure_kind)rng_below(r, FIGURE_KINDS)};
    f.centre.x = rng_uniform(r, 4, SIDE - 4);
    f.centre.y = rng_uniform(r, 4, SIDE - 4);
    f.u = random_direction(r);
    f.size = rng_uniform(r, 4, 12);
    f.shape = rng_uniform(r, 0, 1);
    f.sides = (int)rng_below(r, 4) + (f.kind == FIGURE_STAR ? 5 : MIN_SIDES);
    return f;
}

static float max(float a, float b)
{
    return a > b ? a : b;
}

static float min(float a, float b)
{
    return a < b ? a : b;
}

static float length(float x, float y)
{
    return sqrtf(x * x + y * y);
}

static float ellipse(float x, float y, float a, float b)
{
    /* The distance to first order: value over slope of the implicit function. */
    float value = length(x / a, y / b);
    float slope = length(x / (a * a), y / (b * b));
    return (value - 1) * (slope > 0 ? value / slope : b);
}

static float box(float x, float y, float a, float b, float radius)
{
    float dx = fabsf(x) - a + radius, dy = fabsf(y) - b + radius;
    return length(max(dx, 0), max(dy, 0)) + min(max(dx, dy), 0) - radius;
}

static float crescent(float x, float y, float size, float shape)
{
    return max(length(x, y) - size, size - length(x - size * (0.4f + 0.5f * shape), y));
}

static float cross(float x, float y, float size, float thickness)
{
    return min(box(x, y, size, thickness, 0), box(x, y, thickness, size, 0));
}

/*
 * A circle whose radius swings with cos(k angle), which is a polynomial of cos(angle);
 * over its slope, as the ellipse, but inwards not beyond half of its size.
 */
static float flower(float x, float y, float size, float depth, int petals)
{
    float radius = length(x, y);
    float c = radius > 0 ? x / radius : 1, before = 1, now = c;
    for (int k = 1; k < petals; k++) {
        float next = 2 * c * now - before; /* Chebyshev's recurrence */
        before = now;
        now = next;
    }
    float swing = size * depth * (float)petals / max(radius, size / 2);
    float slope = sqrtf(1 + swing * swing * max(1 - now * now, 0));
    return (radius - size * (1 - depth + depth * now)) / slope;
}

/*
 * Against each side of a regular polygon a pixel has a distance. The largest is that of
 * the polygon; the second largest that of the star whose points its sides run into: a
 * star is where all half-planes but one meet.
 */
static void sides_distance(const figure *f, float inner, bool star, field *distance)
{
    static const vec2 turn[MAX_SIDES + 1] = {
        /* cos and sin of a whole turn divided by the index */
        [3] = {-0.5f, 0.8660254f},        [4] = {0, 1},
        [5] = {0.30901699f, 0.95105652f}, [6] = {0.5f, 0.8660254f},
        [7] = {0.62348980f, 0.78183148f}, [8] = {0.70710678f, 0.70710678f},
    };
    field first, second;
    for (int i = 0; i < FIELD_AREA; i++)
        first.v[i] = second.v[i] = -SIDE * 2;
    vec2 n = f->u;
    for (int side = 0; side < f->sides; side++) {
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++) {
                int i = y * SIDE + x;
                float d = ((float)x - f->centre.x) * n.x +
                          ((float)y - f->centre.y) * n.y - inner;
                second.v[i] = max(second.v[i], min(first.v[i], d));
                first.v[i] = max(first.v[i], d);
            }
        vec2 t = turn[f->sides];
        n = (vec2){n.x * t.x - n.y * t.y, n.x * t.y + n.y * t.x};
    }
    *distance = star ? second : first;
}

/* The figures that are one formula of a pixel's place. */
static float distance_at(const figure *f, float x, float y)
{
    const float size = f->size, shape = f->shape;
    switch (f->kind) {
    case FIGURE_ELLIPSE:
        return ellipse(x, y, size, size * (1 - 0.5f * shape));
    case FIGURE_RING:
        return fabsf(length(x, y) - size) - size * (0.15f + 0.2f * shape);
    case FIGURE_BOX:
        return box(x, y, size, size * (1 - 0.7f * shape), size * 0.3f * shape);
    case FIGURE_CRESCENT:
        return crescent(x, y, size, shape);
    case FIGURE_CROSS:
        return cross(x, y, size, size * (0.2f + 0.25f * shape));
    case FIGURE_FLOWER:
        return flower(x, y, size, 0.15f + 0.2f * shape, f->sides);
    case FIGURE_POLYGON:
    case FIGURE_STAR:
    case FIGURE_KINDS:
        break;
    }
    return 0;
}

void figure_distance(const figure *f, field *distance)
{
    if (f->kind == FIGURE_POLYGON || f->kind == FIGURE_STAR) {
        bool star = f->kind == FIGURE_STAR;
        sides_distance(f, f->size * (star ? 0.45f : 0.75f), star, distance);
        return;
    }
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            float dx = (float)x - f->centre.x, dy = (float)y - f->centre.y;
            distance->v[y * SIDE + x] =
                distance_at(f, dx * f->u.x + dy * f->u.y, dy * f->u.x - dx * f->u.y);
        }
}
