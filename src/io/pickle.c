/*
 * SPDX-License-Identifier: MIT
 *
 * The table of opcodes and the loop that obeys them.
 */
#include "io/pickle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/pickle_ops.h"

/* ---- the program -------------------------------------------------------------------
 */

#define STOP '.'

static const struct {
    unsigned char op;
    vq_status (*obey)(machine *m, int arg);
    int arg;
} opcodes[] = {
    {'N', pickle_op_push_none, 0},
    {0x88, pickle_op_push_bool, 1},
    {0x89, pickle_op_push_bool, 0},
    {'K', pickle_op_push_int, 1},
    {'M', pickle_op_push_int, 2},
    {'J', pickle_op_push_int, 4},
    {0x8a, pickle_op_push_long, 1},
    {0x8b, pickle_op_push_long, 4},
    {'G', pickle_op_push_float, 8},
    {'X', pickle_op_push_text, 4}, /* UTF-8 */
    {0x8c, pickle_op_push_text, 1},
    {0x8d, pickle_op_push_text, 8},
    {'T', pickle_op_push_text, 4}, /* text of Python 2 */
    {'U', pickle_op_push_text, 1},
    {'B', pickle_op_push_text, 4}, /* bytes */
    {'C', pickle_op_push_text, 1},
    {0x8e, pickle_op_push_text, 8},
    {0x96, pickle_op_push_text, 8},
    {')', pickle_op_push_empty, PICKLE_TUPLE},
    {']', pickle_op_push_empty, PICKLE_LIST},
    {'}', pickle_op_push_empty, PICKLE_DICT},
    {0x8f, pickle_op_push_empty, PICKLE_SET},
    {'(', pickle_op_push_mark, 0},
    {'t', pickle_op_gather_marked, PICKLE_TUPLE},
    {'l', pickle_op_gather_marked, PICKLE_LIST},
    {'d', pickle_op_gather_marked, PICKLE_DICT},
    {0x91, pickle_op_gather_marked, PICKLE_SET},
    {0x85, pickle_op_gather_tuple, 1},
    {0x86, pickle_op_gather_tuple, 2},
    {0x87, pickle_op_gather_tuple, 3},
    {'a', pickle_op_add_items, 1},
    {'s', pickle_op_add_items, 2},
    {'e', pickle_op_add_marked, 0},
    {'u', pickle_op_add_marked, 0},
    {0x90, pickle_op_add_marked, 0},
    {'0', pickle_op_pop, 0},
    {'1', pickle_op_pop_marked, 0},
    {'2', pickle_op_duplicate, 0},
    {'q', pickle_op_put, 1},
    {'r', pickle_op_put, 4},
    {0x94, pickle_op_memoize, 0},
    {'h', pickle_op_get, 1},
    {'j', pickle_op_get, 4},
    {'c', pickle_op_push_name, 0},
    {0x93, pickle_op_push_stacked_name, 0},
    {'R', pickle_op_call, 0},
    {0x81, pickle_op_call, 0}, /* of a class, for a new object */
    {'b', pickle_op_build, 0},
    {'Q', pickle_op_persist, 0},
    {0x80, pickle_op_skip, 1}, /* protocol */
    {0x95, pickle_op_skip, 8}, /* length of a frame */
};
#define N_OPCODES (sizeof opcodes / sizeof *opcodes)

static vq_status fail_opcode(const machine *m)
{
    char reason[64];
    snprintf(reason, sizeof reason, "opcode 0x%02x is none that tensors need", m->op);
    return pickle_fail(m, reason);
}

static vq_status obey_all(machine *m)
{
    unsigned char row[256];
    memset(row, N_OPCODES, sizeof row);
    for (size_t i = 0; i < N_OPCODES; i++)
        row[opcodes[i].op] = (unsigned char)i;
    for (;;) {
        const unsigned char *op = pickle_take(m, 1);
        if (!op)
            return pickle_fail(m, "it ends there");
        m->op = *op;
        if (m->op == STOP)
            break;
        if (row[m->op] == N_OPCODES)
            return fail_opcode(m);
        vq_status status = opcodes[row[m->op]].obey(m, opcodes[row[m->op]].arg);
        if (status != VQ_OK)
            return status;
    }
    m->p->root = pickle_peek(m, 0);
    m->p->end = (size_t)(m->at - m->start);
    return m->p->root ? VQ_OK : pickle_fail_stack(m);
}

vq_status pickle_parse(pickle *p, const unsigned char *bytes, size_t size,
                       const char *const *names, pickle_place place, vq_error *err)
{
    vq_status status;
    machine m = {.p = p,
                 .start = bytes,
                 .at = bytes,
                 .end = bytes + size,
                 .names = names,
                 .place = place,
                 .err = err};
    *p = (pickle){0};
    /* index 0 means none: the first value and the first cell are nobody's */
    TRY(pickle_op_push_none(&m, 0));
    TRY(pickle_append(&m, 0, 0));
    p->value[0] = (pickle_value){0};
    m.stack.n = 0;
    TRY(obey_all(&m));
out:
    free(m.stack.v);
    free(m.memo.v);
    if (status != VQ_OK)
        pickle_release(p);
    return status;
}
