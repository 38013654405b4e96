/*
 * SPDX-License-Identifier: MIT
 *
 * What each opcode of a pickle does; which one it is, and what arg means to it, is in
 * the table of pickle.c. All fail as pickle_parse does.
 */
#ifndef VQ_IO_PICKLE_OPS_H
#define VQ_IO_PICKLE_OPS_H

#include "io/pickle_machine.h"

/* ---- pickle_values.c; widths are of the number that follows the opcode, in bytes ----
 */

vq_status pickle_op_push_none(machine *m, int arg);
vq_status pickle_op_push_bool(machine *m, int arg);
vq_status pickle_op_push_int(machine *m, int width);
vq_status pickle_op_push_long(machine *m, int width); /* of its length */
vq_status pickle_op_push_float(machine *m, int width);
vq_status pickle_op_push_text(machine *m, int width); /* of its length */
vq_status pickle_op_skip(machine *m, int width);

vq_status pickle_op_push_name(machine *m, int arg);
vq_status pickle_op_push_stacked_name(machine *m, int arg);
vq_status pickle_op_call(machine *m, int arg);
vq_status pickle_op_build(machine *m, int arg);
vq_status pickle_op_persist(machine *m, int arg);

/* ---- pickle_stack.c ---- */

vq_status pickle_op_push_empty(machine *m, int type);
vq_status pickle_op_push_mark(machine *m, int arg);
vq_status pickle_op_gather_marked(machine *m, int type);
vq_status pickle_op_gather_tuple(machine *m, int n);
vq_status pickle_op_add_items(machine *m, int n); /* the top n values */
vq_status pickle_op_add_marked(machine *m, int arg);

vq_status pickle_op_pop(machine *m, int arg);
vq_status pickle_op_pop_marked(machine *m, int arg);
vq_status pickle_op_duplicate(machine *m, int arg);
vq_status pickle_op_put(machine *m, int width);
vq_status pickle_op_memoize(machine *m, int arg);
vq_status pickle_op_get(machine *m, int width);

#endif
