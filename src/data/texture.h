/*
 * SPDX-License-Identifier: MIT
 *
 * Textures of the built-in images: how far each pixel is between two colours.
 * Tested in tests/data/test_texture.c.
 */
#ifndef VQ_DATA_TEXTURE_H
#define VQ_DATA_TEXTURE_H

#include "base/rng.h"

#define FIELD_SIDE 32
#define FIELD_AREA (FIELD_SIDE * FIELD_SIDE)

/* A number per pixel, rows top to bottom. */
typedef struct field {
    float v[FIELD_AREA];
} field;

typedef struct vec2 {
    float x, y;
} vec2;

typedef enum texture_kind {
    TEXTURE_FLAT,    /* 0 everywhere */
    TEXTURE_LINEAR,  /* a ramp in some direction */
    TEXTURE_RADIAL,  /* a ramp from some centre */
    TEXTURE_STRIPES, /* straight */
    TEXTURE_RINGS,   /* stripes about a centre */
    TEXTURE_CHECKER,
    TEXTURE_DOTS,
    TEXTURE_NOISE,  /* clouds */
    TEXTURE_MARBLE, /* stripes bent by clouds */
    TEXTURE_KINDS
} texture_kind;

/* Fill t with a random texture of that kind, values in [0, 1]. */
void texture_draw(field *t, texture_kind kind, rng *r);

/* A random unit vector. */
vec2 random_direction(rng *r);

/* x limited to [0, 1] */
static inline float clamp01(float x)
{
    x = x > 0 ? x : 0;
    return x < 1 ? x : 1;
}

#endif
