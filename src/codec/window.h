/*
 * SPDX-License-Identifier: MIT
 *
 * How a call's pictures are cut into work: shards of small images, tiles of a large
 * one. A tile has a core, which it produces, and a window around it, which it looks at.
 * Both are counted in codes. A window starts and, but for the picture's edge, ends at a
 * multiple of 4, so that kernels which work on blocks of 4 see every pixel in the same
 * place of a block whatever the window. Tested in tests/codec/test_window.c.
 */
#ifndef VQ_CODEC_WINDOW_H
#define VQ_CODEC_WINDOW_H

#include <stdint.h>

/* One axis of a tile. */
typedef struct span {
    int core0, core1, window0, window1;
} span;

static inline int span_core(span s)
{
    return s.core1 - s.core0;
}

static inline int span_window(span s)
{
    return s.window1 - s.window0;
}

/* What is cut: the rows [row0, row1) of n grids of h x w codes. */
typedef struct windows {
    int n, h, w, row0, row1;
    int per_shard; /* images that share a run */
    int tile;      /* codes per side of a core; a multiple of 4 */
    int halo;      /* codes around a core that its window includes; likewise */
    int every;     /* 1: all tiles; 2: every other one along both axes, */
    int y, x;      /* from this one on */
} windows;

/* A piece of work: the same tile of n images that follow each other. */
typedef struct window {
    int image, n;
    span y, x;
} window;

/* Codes of the cores. */
static inline int64_t window_codes(const window *v)
{
    return (int64_t)v->n * span_core(v->y) * span_core(v->x);
}

/* How many pieces there are, and the i-th. */
int64_t windows_count(const windows *all);
window windows_at(const windows *all, int64_t i);

/* The same core with another halo. */
window window_widened(const windows *all, window v, int halo);

#endif
