/*
 * SPDX-License-Identifier: MIT
 *
 * The machine that a pickle is a program for: a stack and a memo of value indices. Its
 * memory is bounded by the pickle's length, for every value, cell and stack entry is
 * the work of at least one of its bytes, and by PICKLE_VALUES_MAX.
 */
#ifndef VQ_IO_PICKLE_MACHINE_H
#define VQ_IO_PICKLE_MACHINE_H

#include "io/pickle_tree.h"

#define PICKLE_MARK (-1) /* on the stack: what is above it belongs together */

typedef struct numbers {
    int *v;
    int n, room;
} numbers;

typedef struct machine {
    pickle *p;
    const unsigned char *start, *at, *end;
    const char *const *names;
    int value_room, cell_room;
    numbers stack, memo;
    unsigned char op; /* that is being obeyed */
    pickle_place place;
    vq_error *err;
} machine;

/* VQ_EINPUT with the file, where it is read and the reason. */
vq_status pickle_fail(const machine *m, const char *reason);
vq_status pickle_fail_stack(const machine *m);

/* ---- memory: all of these fail with VQ_ENOMEM or over PICKLE_VALUES_MAX ---- */

/* The array, moved if need be, with room for item n; NULL and a status: it stays. */
void *pickle_grow(const machine *m, void *array, int n, int *room, size_t item,
                  vq_status *status);

/* Put a value on the stack: one that is there already, or a new one. */
vq_status pickle_push(machine *m, int value);
vq_status pickle_push_new(machine *m, pickle_value value);

/* Put an item at the end of a container. */
vq_status pickle_append(machine *m, int container, int item);

/* ---- reading ---- */

/* The next n bytes; NULL past the end. */
const unsigned char *pickle_take(machine *m, uint64_t n);

/* A little-endian number of `width` bytes, up to 8, without a sign. VQ_EINPUT. */
vq_status pickle_take_number(machine *m, int width, uint64_t *to);

/* The value `depth` below the top of the stack and above the last mark; 0: none. */
int pickle_peek(const machine *m, int depth);

#endif
