/*
 * SPDX-License-Identifier: MIT
 *
 * Opcodes that move values about: containers, the stack, the memo.
 */
#include "io/pickle_ops.h"

/* ---- containers --------------------------------------------------------------------
 */

vq_status pickle_op_push_empty(machine *m, int type)
{
    return pickle_push_new(m, (pickle_value){.type = (pickle_type)type});
}

vq_status pickle_op_push_mark(machine *m, int arg)
{
    (void)arg;
    return pickle_push(m, PICKLE_MARK);
}

/* Values above the last mark; -1: there is no mark. */
static int above_mark(const machine *m)
{
    for (int n = 0; n < m->stack.n; n++)
        if (m->stack.v[m->stack.n - 1 - n] == PICKLE_MARK)
            return n;
    return -1;
}

/* Take n values, and `more` entries below them, off the stack into the container. */
static vq_status move(machine *m, int container, int n, int more)
{
    const int base = m->stack.n - n;
    for (int i = 0; i < n; i++) {
        vq_status status = pickle_append(m, container, m->stack.v[base + i]);
        if (status != VQ_OK)
            return status;
    }
    m->stack.n = base - more;
    return VQ_OK;
}

/* Turn n values from the top, and `more` entries below them, into a new container. */
static vq_status gather(machine *m, int type, int n, int more)
{
    vq_status status = pickle_op_push_empty(m, type);
    if (status != VQ_OK)
        return status;
    int container = m->stack.v[--m->stack.n];
    status = move(m, container, n, more);
    return status == VQ_OK ? pickle_push(m, container) : status;
}

vq_status pickle_op_gather_marked(machine *m, int type)
{
    int n = above_mark(m);
    if (n < 0 || (type == PICKLE_DICT && n % 2))
        return pickle_fail_stack(m);
    return gather(m, type, n, 1);
}

vq_status pickle_op_gather_tuple(machine *m, int n)
{
    return pickle_peek(m, n - 1) ? gather(m, PICKLE_TUPLE, n, 0) : pickle_fail_stack(m);
}

/* May the container take the n items that the opcode gives it? */
static vq_status check_container(const machine *m, int container, int n)
{
    bool pairs = m->op == 's' || m->op == 'u';
    pickle_type type = pairs ? PICKLE_DICT : m->op == 0x90 ? PICKLE_SET : PICKLE_LIST;
    if (!container || (pairs && n % 2))
        return pickle_fail_stack(m);
    if (m->p->value[container].type != type &&
        m->p->value[container].type != PICKLE_CALL)
        return pickle_fail(m, "an item for what is no container");
    return VQ_OK;
}

vq_status pickle_op_add_items(machine *m, int n)
{
    int container = pickle_peek(m, n);
    vq_status status = check_container(m, container, n);
    return status == VQ_OK ? move(m, container, n, 0) : status;
}

vq_status pickle_op_add_marked(machine *m, int arg)
{
    (void)arg;
    int n = above_mark(m), below = m->stack.n - n - 2;
    if (n < 0 || below < 0 || m->stack.v[below] == PICKLE_MARK)
        return pickle_fail_stack(m);
    vq_status status = check_container(m, m->stack.v[below], n);
    return status == VQ_OK ? move(m, m->stack.v[below], n, 1) : status;
}

/* ---- the stack and the memo --------------------------------------------------------
 */

vq_status pickle_op_pop(machine *m, int arg)
{
    (void)arg;
    if (!m->stack.n)
        return pickle_fail_stack(m);
    m->stack.n--;
    return VQ_OK;
}

vq_status pickle_op_pop_marked(machine *m, int arg)
{
    (void)arg;
    int n = above_mark(m);
    if (n < 0)
        return pickle_fail_stack(m);
    m->stack.n -= n + 1;
    return VQ_OK;
}

vq_status pickle_op_duplicate(machine *m, int arg)
{
    (void)arg;
    return pickle_peek(m, 0) ? pickle_push(m, pickle_peek(m, 0)) : pickle_fail_stack(m);
}

/* Keep the top under a number; Python counts them up, so none is far beyond the last.
 */
static vq_status put_at(machine *m, uint64_t i)
{
    numbers *memo = &m->memo;
    if (!pickle_peek(m, 0))
        return pickle_fail_stack(m);
    if (i > (uint64_t)memo->n + 256)
        return pickle_fail(m, "its memo has a gap");
    vq_status status;
    int *v = pickle_grow(m, memo->v, (int)i, &memo->room, sizeof *v, &status);
    if (!v)
        return status;
    memo->v = v;
    while (memo->n <= (int)i)
        memo->v[memo->n++] = 0;
    memo->v[i] = pickle_peek(m, 0);
    return VQ_OK;
}

vq_status pickle_op_put(machine *m, int width)
{
    uint64_t i;
    vq_status status = pickle_take_number(m, width, &i);
    return status == VQ_OK ? put_at(m, i) : status;
}

vq_status pickle_op_memoize(machine *m, int arg)
{
    (void)arg;
    return put_at(m, (uint64_t)m->memo.n);
}

vq_status pickle_op_get(machine *m, int width)
{
    uint64_t i;
    vq_status status = pickle_take_number(m, width, &i);
    if (status != VQ_OK)
        return status;
    if (i >= (uint64_t)m->memo.n || !m->memo.v[i])
        return pickle_fail(m, "its memo has no such value");
    return pickle_push(m, m->memo.v[i]);
}
