/*
 * SPDX-License-Identifier: MIT
 *
 * Charts as text, for tests of what is drawn.
 */
#ifndef VQ_TESTS_IMAGE_DRAWING_H
#define VQ_TESTS_IMAGE_DRAWING_H

#include <stddef.h>

#include "image/chart.h"

/* The chart as the last one of a page, below `place` others, in SVG; free(). */
char *drawing_of(const chart *c, int place);

/* Fail unless all n parts are in the drawing, and every place in it is a number. */
void assert_draws(const chart *c, const char *const *parts, size_t n);

/* Fail if the part is in the drawing. */
void assert_lacks(const chart *c, const char *part);

#endif
