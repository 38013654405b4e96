/*
 * SPDX-License-Identifier: MIT
 *
 * Figures of the built-in images, each given by its signed distance: negative inside,
 * in pixels, exact or nearly so at the outline. From it come the smooth edge, the
 * outline and the shadow. Tested in tests/data/test_figure.c.
 */
#ifndef VQ_DATA_FIGURE_H
#define VQ_DATA_FIGURE_H

#include <stdbool.h>

#include "data/texture.h"

typedef enum figure_kind {
    FIGURE_ELLIPSE,
    FIGURE_RING,
    FIGURE_BOX,
    FIGURE_POLYGON, /* regular, 3 to 6 sides */
    FIGURE_STAR,    /* 5 to 8 points */
    FIGURE_CRESCENT,
    FIGURE_CROSS,
    FIGURE_FLOWER, /* 3 to 6 petals */
    FIGURE_KINDS
} figure_kind;

typedef struct figure {
    figure_kind kind;
    vec2 centre, u; /* pixels; unit vector of its own x axis */
    float size;     /* about its radius */
    float shape;    /* in [0, 1): how long, how thick or how round, by kind */
    int sides;      /* or points or petals */
} figure;

figure figure_random(rng *r);

/* The distance of every pixel's centre. */
void figure_distance(const figure *f, field *distance);

#endif
