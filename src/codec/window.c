/* SPDX-License-Identifier: MIT */
#include "codec/window.h"

static int64_t ceil_div(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Tiles along an axis of `codes` codes, of those that begin at `first`. */
static int64_t tiles(const windows *all, int codes, int first)
{
    return ceil_div(ceil_div(codes, all->tile) - first, all->every);
}

int64_t windows_count(const windows *all)
{
    return ceil_div(all->n, all->per_shard) *
           tiles(all, all->row1 - all->row0, all->y) * tiles(all, all->w, all->x);
}

static span span_of(int core0, int core1, int halo, int limit)
{
    return (span){.core0 = core0,
                  .core1 = core1,
                  .window0 = core0 > halo ? core0 - halo : 0,
                  .window1 = least(core1 + halo, limit)};
}

window windows_at(const windows *all, int64_t i)
{
    const int64_t rows = tiles(all, all->row1 - all->row0, all->y);
    const int64_t columns = tiles(all, all->w, all->x);
    const int ty = (int)(i / columns % rows) * all->every + all->y;
    const int tx = (int)(i % columns) * all->every + all->x;
    const int y = all->row0 + ty * all->tile, x = tx * all->tile;
    window v = {.image = (int)(i / columns / rows) * all->per_shard};
    v.n = least(all->n - v.image, all->per_shard);
    v.y = span_of(y, least(y + all->tile, all->row1), all->halo, all->h);
    v.x = span_of(x, least(x + all->tile, all->w), all->halo, all->w);
    return v;
}

window window_widened(const windows *all, window v, int halo)
{
    v.y = span_of(v.y.core0, v.y.core1, halo, all->h);
    v.x = span_of(v.x.core0, v.x.core1, halo, all->w);
    return v;
}
