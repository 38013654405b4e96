/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

vq_status arena_init(arena *a, size_t size, vq_error *err)
{
    *a = (arena){0};
    if (size > SIZE_MAX - ARENA_ALIGN)
        return vq_fail_memory(err, size);
    size_t rounded = arena_round(size ? size : 1);
    a->base = aligned_alloc(ARENA_ALIGN, rounded);
    if (!a->base)
        return vq_fail_memory(err, rounded);
    memset(a->base, 0, rounded);
    a->size = rounded;
    return VQ_OK;
}

void *arena_take(arena *a, size_t bytes)
{
    size_t step = arena_round(bytes);
    assert(step <= a->size - a->used);
    void *p = a->base + a->used;
    a->used += step;
    return p;
}

void arena_release(arena *a)
{
    free(a->base);
    *a = (arena){0};
}
