/* SPDX-License-Identifier: MIT */
#include "io/pickle_machine.h"

#include <stdlib.h>

vq_status pickle_fail(const machine *m, const char *reason)
{
    return vq_fail(m->err, VQ_EINPUT, "'%s': pickle, before byte %zu: %s",
                   m->place.name, m->place.at + (size_t)(m->at - m->start), reason);
}

vq_status pickle_fail_stack(const machine *m)
{
    return pickle_fail(m, "too few values on its stack");
}

/* ---- memory ------------------------------------------------------------------------
 */

void *pickle_grow(const machine *m, void *array, int n, int *room, size_t item,
                  vq_status *status)
{
    *status = VQ_OK;
    if (n < *room)
        return array;
    if (n >= PICKLE_VALUES_MAX) {
        *status = pickle_fail(m, "it holds more than 16777216 values");
        return NULL;
    }
    int wanted = *room ? *room : 64;
    while (wanted <= n)
        wanted *= 2;
    void *more = realloc(array, (size_t)wanted * item);
    if (more)
        *room = wanted;
    else
        *status = vq_fail_memory(m->err, (size_t)wanted * item);
    return more;
}

vq_status pickle_push(machine *m, int value)
{
    numbers *s = &m->stack;
    vq_status status;
    int *v = pickle_grow(m, s->v, s->n, &s->room, sizeof *v, &status);
    if (!v)
        return status;
    s->v = v;
    s->v[s->n++] = value;
    return VQ_OK;
}

vq_status pickle_push_new(machine *m, pickle_value value)
{
    pickle *p = m->p;
    vq_status status;
    pickle_value *v =
        pickle_grow(m, p->value, p->n, &m->value_room, sizeof *v, &status);
    if (!v)
        return status;
    p->value = v;
    p->value[p->n] = value;
    return pickle_push(m, p->n++);
}

vq_status pickle_append(machine *m, int container, int item)
{
    pickle *p = m->p;
    vq_status status;
    pickle_cell *cell =
        pickle_grow(m, p->cell, p->n_cells, &m->cell_room, sizeof *cell, &status);
    if (!cell)
        return status;
    p->cell = cell;
    pickle_value *c = &p->value[container];
    p->cell[p->n_cells] = (pickle_cell){.value = item};
    if (c->n++)
        p->cell[c->last].next = p->n_cells;
    else
        c->first = p->n_cells;
    c->last = p->n_cells++;
    return VQ_OK;
}

/* ---- reading -----------------------------------------------------------------------
 */

const unsigned char *pickle_take(machine *m, uint64_t n)
{
    if ((uint64_t)(m->end - m->at) < n)
        return NULL;
    const unsigned char *bytes = m->at;
    m->at += n;
    return bytes;
}

vq_status pickle_take_number(machine *m, int width, uint64_t *to)
{
    const unsigned char *bytes = pickle_take(m, (uint64_t)width);
    *to = 0;
    for (int i = 0; bytes && i < width; i++)
        *to |= (uint64_t)bytes[i] << 8 * i;
    return bytes ? VQ_OK : pickle_fail(m, "it ends there");
}

int pickle_peek(const machine *m, int depth)
{
    for (int i = 0; i <= depth; i++)
        if (m->stack.n <= i || m->stack.v[m->stack.n - 1 - i] == PICKLE_MARK)
            return 0;
    return m->stack.v[m->stack.n - 1 - depth];
}
