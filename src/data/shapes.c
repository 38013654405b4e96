/* SPDX-License-Identifier: MIT */
#include "data/shapes.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/figure.h"

/* Fixed: the data does not depend on the seed of a training. */
#define SHAPES_SEED UINT64_C(0x7368617065730001)
#define TEST_IMAGES (UINT32_C(1) << 31) /* their sub-streams start here */

typedef struct colour {
    float c[3]; /* red, green, blue in [0, 1] */
} colour;

static const colour black = {{0, 0, 0}};

typedef struct canvas {
    field c[3];
} canvas;

/* hue in turns, saturation and value in [0, 1] */
static colour colour_of(float hue, float saturation, float value)
{
    colour out;
    for (int i = 0; i < 3; i++) {
        float k = 6 * hue + (float)(5 - 2 * i);
        k -= 6 * floorf(k / 6);
        float ramp = clamp01(k < 4 - k ? k : 4 - k);
        out.c[i] = value * (1 - saturation * ramp);
    }
    return out;
}

static float luma(const colour *a)
{
    return 0.3f * a->c[0] + 0.6f * a->c[1] + 0.1f * a->c[2];
}

/* A hue near the scene's own, or opposite, or a third of the circle away. */
static colour random_colour(float scene_hue, rng *r)
{
    static const float steps[] = {0, 0, 0.08f, -0.08f, 0.5f, 0.42f, 0.33f, -0.33f};
    uint32_t step = rng_below(r, sizeof steps / sizeof *steps);
    float hue = scene_hue + steps[step] + rng_uniform(r, -0.04f, 0.04f);
    float saturation = rng_uniform(r, 0.05f, 0.95f);
    float dark = rng_uniform(r, 0, 0.95f);
    return colour_of(hue, saturation, 1 - dark * dark);
}

/* One that stands out from `other`, if a few tries find it. */
static colour random_contrast(float scene_hue, const colour *other, rng *r)
{
    colour a = random_colour(scene_hue, r);
    for (int i = 0; i < 8 && fabsf(luma(&a) - luma(other)) < 0.2f; i++)
        a = random_colour(scene_hue, r);
    return a;
}

/* Paint with colours a to b as the texture says, as thick as the mask says. */
static void canvas_paint(canvas *image, const field *mask, const field *texture,
                         const colour *a, const colour *b)
{
    for (int c = 0; c < 3; c++) {
        float *v = image->c[c].v;
        for (int i = 0; i < FIELD_AREA; i++) {
            float paint = a->c[c] + texture->v[i] * (b->c[c] - a->c[c]);
            v[i] += mask->v[i] * (paint - v[i]);
        }
    }
}

/* mask = 1 where distance is below 0, fading over `softness` pixels */
static void mask_inside(field *mask, const field *distance, float softness)
{
    for (int i = 0; i < FIELD_AREA; i++)
        mask->v[i] = clamp01(0.5f - distance->v[i] / softness);
}

/* mask = 1 on a line of some width along the inside of the outline */
static void mask_outline(field *mask, const field *distance, float width)
{
    for (int i = 0; i < FIELD_AREA; i++) {
        float off = fabsf(distance->v[i] + width / 2) - width / 2;
        mask->v[i] = clamp01(0.5f - off);
    }
}

static void mask_scale(field *mask, float strength)
{
    for (int i = 0; i < FIELD_AREA; i++)
        mask->v[i] *= strength;
}

/* The ground: a texture of two colours, some clouds, and light from one side. */
static colour paint_ground(canvas *image, float hue, rng *r)
{
    static const texture_kind kinds[] = {
        TEXTURE_LINEAR,  TEXTURE_LINEAR, TEXTURE_LINEAR,  TEXTURE_LINEAR,
        TEXTURE_RADIAL,  TEXTURE_RADIAL, TEXTURE_NOISE,   TEXTURE_NOISE,
        TEXTURE_NOISE,   TEXTURE_NOISE,  TEXTURE_MARBLE,  TEXTURE_MARBLE,
        TEXTURE_STRIPES, TEXTURE_RINGS,  TEXTURE_CHECKER, TEXTURE_DOTS};
    field texture, mask;
    colour a = random_colour(hue, r);
    colour b = random_colour(hue, r);
    texture_draw(&texture, kinds[rng_below(r, sizeof kinds / sizeof *kinds)], r);
    for (int i = 0; i < FIELD_AREA; i++)
        mask.v[i] = 1;
    canvas_paint(image, &mask, &texture, &a, &b);

    colour cloud = random_colour(hue, r);
    texture_draw(&mask, TEXTURE_NOISE, r);
    mask_scale(&mask, rng_uniform(r, 0, 0.4f));
    canvas_paint(image, &mask, &texture, &cloud, &cloud);

    texture_draw(&mask, TEXTURE_LINEAR, r);
    mask_scale(&mask, rng_uniform(r, 0, 0.4f));
    canvas_paint(image, &mask, &texture, &black, &black);
    return a;
}

/* A figure with its own texture, perhaps over a shadow, perhaps with an outline. */
static void paint_figure(canvas *image, float hue, const colour *ground, rng *r)
{
    static const texture_kind kinds[] = {
        TEXTURE_FLAT,   TEXTURE_FLAT,    TEXTURE_FLAT,    TEXTURE_LINEAR,
        TEXTURE_LINEAR, TEXTURE_LINEAR,  TEXTURE_RADIAL,  TEXTURE_NOISE,
        TEXTURE_MARBLE, TEXTURE_STRIPES, TEXTURE_CHECKER, TEXTURE_DOTS};
    enum { SHADOW = 1, OUTLINE = 2 };
    field texture, distance, mask;
    figure f = figure_random(r);
    colour a = random_contrast(hue, ground, r);
    colour b = random_contrast(hue, ground, r);
    uint32_t style = rng_below(r, 4);

    texture_draw(&texture, kinds[rng_below(r, sizeof kinds / sizeof *kinds)], r);
    if (style & SHADOW) {
        figure shadow = f;
        shadow.centre.x += 2;
        shadow.centre.y += 2.5f;
        figure_distance(&shadow, &distance);
        mask_inside(&mask, &distance, 4);
        mask_scale(&mask, 0.5f);
        canvas_paint(image, &mask, &texture, &black, &black);
    }
    figure_distance(&f, &distance);
    mask_inside(&mask, &distance, 1);
    canvas_paint(image, &mask, &texture, &a, &b);
    if (style & OUTLINE) {
        colour line = random_contrast(hue, &a, r);
        mask_outline(&mask, &distance, 1.2f);
        canvas_paint(image, &mask, &texture, &line, &line);
    }
}

void shapes_image(bool test, int64_t i, unsigned char *rgb)
{
    rng r = rng_make(SHAPES_SEED, RNG_SHAPES, (uint32_t)i + (test ? TEST_IMAGES : 0));
    canvas image = {0};
    float hue = rng_uniform(&r, 0, 1);
    colour ground = paint_ground(&image, hue, &r);
    uint32_t figures = 1 + rng_below(&r, 4);
    for (uint32_t k = 0; k < figures; k++)
        paint_figure(&image, hue, &ground, &r);
    for (int k = 0; k < FIELD_AREA; k++)
        for (int c = 0; c < 3; c++)
            *rgb++ = (unsigned char)(255 * clamp01(image.c[c].v[k]) + 0.5f);
}

/* ---- the source: state is the images, [n, SHAPES_PIXELS] ----------------------------
 */

static void shapes_size(const void *state, int64_t i, int *height, int *width)
{
    (void)state;
    (void)i;
    *height = *width = SHAPES_SIDE;
}

static void shapes_name(const void *state, int64_t i, char name[VQ_PATH_MAX])
{
    (void)state;
    snprintf(name, VQ_PATH_MAX, "shapes[%" PRId64 "]", i);
}

static vq_status shapes_read(void *state, int64_t i, source_area area,
                             unsigned char *rgb, vq_error *err)
{
    const unsigned char *images = state;
    (void)err;
    source_cut(images + i * SHAPES_PIXELS, SHAPES_SIDE, area, rgb);
    return VQ_OK;
}

static vq_status shapes_open(source *s, const source_request *r, vq_error *err)
{
    static const source_ops ops = {shapes_size, NULL, shapes_name, shapes_read, free};
    const int64_t n_train = r->split == SPLIT_TEST ? 0 : SHAPES_TRAIN;
    const int64_t n = n_train + (r->split == SPLIT_TRAIN ? 0 : SHAPES_TEST);
    const size_t size = (size_t)n * SHAPES_PIXELS;
    if (strcmp(r->data, "shapes") != 0)
        return VQ_OK;
    if (r->split == SPLIT_VAL)
        return vq_fail(err, VQ_EUSAGE, "shapes has no split val, but train and test");
    unsigned char *images = malloc(size);
    if (!images)
        return vq_fail_memory(err, size);
    for (int64_t i = 0; i < n; i++)
        shapes_image(i >= n_train, i < n_train ? i : i - n_train,
                     images + i * SHAPES_PIXELS);
    *s = (source){.ops = &ops, .state = images, .n = n};
    return VQ_OK;
}

static const char *const names[] = {"shapes", NULL};
const source_kind shapes_data = {.name = names, .open = shapes_open};
