/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>

#define HUGE_PAGE ((size_t)2 << 20)

static size_t round_to(size_t n, size_t step)
{
    return (n + step - 1) & ~(step - 1);
}

/*
 * Large blocks on huge pages, where the system has them to give. The packed weights and
 * the gradient slots of a step are 37 MB, more than the translation buffers of a core
 * reach in pages of 4 KB: at batch 32 a step took 46 ms without huge pages, 41 with.
 */
static void want_huge_pages(unsigned char *base, size_t size)
{
#ifdef MADV_HUGEPAGE
    madvise(base, size, MADV_HUGEPAGE); /* a refusal costs only time */
#else
    (void)base, (void)size;
#endif
}

vq_status arena_init(arena *a, size_t size, vq_error *err)
{
    *a = (arena){0};
    if (size > SIZE_MAX - 2 * HUGE_PAGE)
        return vq_fail_memory(err, size);
    size_t rounded = arena_round(size ? size : 1);
    size_t align = rounded < HUGE_PAGE ? ARENA_ALIGN : HUGE_PAGE;
    /* calloc, because the pages of a large block then cost nothing before their use */
    a->memory = calloc(1, rounded + align);
    if (!a->memory)
        return vq_fail_memory(err, rounded);
    a->base = (unsigned char *)round_to((size_t)a->memory, align);
    a->size = rounded;
    if (align == HUGE_PAGE)
        want_huge_pages(a->base, rounded);
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
