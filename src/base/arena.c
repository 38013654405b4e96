/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <assert.h>
#include <stdlib.h>

vq_status arena_init(arena *a, size_t size, vq_error *err)
{
    *a = (arena){0};
    if (size > SIZE_MAX - 2 * ARENA_ALIGN)
        return vq_fail_memory(err, size);
    size_t rounded = arena_round(size ? size : 1);
    /* calloc, because the pages of a large block then cost nothing before their use */
    a->memory = calloc(1, rounded + ARENA_ALIGN);
    if (!a->memory)
        return vq_fail_memory(err, rounded);
    a->base = (unsigned char *)arena_round((size_t)a->memory);
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
    free(a->memory);
    *a = (arena){0};
}
