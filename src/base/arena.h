/*
 * SPDX-License-Identifier: MIT
 *
 * Arena: one zeroed allocation, carved front to back in 64-byte steps, freed at once.
 * Sizes are planned first, so taking from an arena cannot fail.
 * Tested in tests/base/test_arena.c.
 */
#ifndef VQ_BASE_ARENA_H
#define VQ_BASE_ARENA_H

#include "base/status.h"

#define ARENA_ALIGN ((size_t)64) /* a cache line, and the widest vector */

typedef struct arena {
    void *memory;        /* owned */
    unsigned char *base; /* in memory, aligned */
    size_t size, used;
} arena;

/* Round a byte count up to what arena_take uses for it. */
static inline size_t arena_round(size_t bytes)
{
    return (bytes + ARENA_ALIGN - 1) & ~(ARENA_ALIGN - 1);
}

/* Allocate size bytes, zeroed and 64-byte aligned. VQ_ENOMEM. */
vq_status arena_init(arena *a, size_t size, vq_error *err);

/* The next `bytes` bytes; asserts that they were planned for. */
void *arena_take(arena *a, size_t bytes);

void arena_release(arena *a); /* legal on a zeroed or released arena */

#endif
