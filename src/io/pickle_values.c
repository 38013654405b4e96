/*
 * SPDX-License-Identifier: MIT
 *
 * Opcodes that make values: constants, names, and what Python would call.
 */
#include "io/pickle_ops.h"

#include <stdio.h>
#include <string.h>

/* ---- constants ---------------------------------------------------------------------
 */

vq_status pickle_op_push_none(machine *m, int arg)
{
    (void)arg;
    return pickle_push_new(m, (pickle_value){.type = PICKLE_NONE});
}

vq_status pickle_op_push_bool(machine *m, int arg)
{
    return pickle_push_new(m, (pickle_value){.type = PICKLE_BOOL, .integer = arg});
}

vq_status pickle_op_push_int(machine *m, int width)
{
    uint64_t x;
    vq_status status = pickle_take_number(m, width, &x);
    if (status != VQ_OK)
        return status;
    int64_t integer = width == 4 ? (int32_t)(uint32_t)x : (int64_t)x;
    return pickle_push_new(m, (pickle_value){.type = PICKLE_INT, .integer = integer});
}

vq_status pickle_op_push_float(machine *m, int width)
{
    uint64_t bits; /* no caller needs it */
    vq_status status = pickle_take_number(m, width, &bits);
    return status == VQ_OK ? pickle_push_new(m, (pickle_value){.type = PICKLE_FLOAT})
                           : status;
}

vq_status pickle_op_push_text(machine *m, int width)
{
    uint64_t n;
    vq_status status = pickle_take_number(m, width, &n);
    if (status != VQ_OK)
        return status;
    const unsigned char *bytes = pickle_take(m, n);
    if (!bytes)
        return pickle_fail(m, "a text goes past the end");
    return pickle_push_new(m, (pickle_value){.type = PICKLE_TEXT,
                                             .text = (const char *)bytes,
                                             .size = (size_t)n});
}

/* Two's complement of any length. */
vq_status pickle_op_push_long(machine *m, int width)
{
    uint64_t n, x = 0;
    vq_status status = pickle_take_number(m, width, &n);
    if (status != VQ_OK)
        return status;
    const unsigned char *bytes = pickle_take(m, n);
    if (!bytes)
        return pickle_fail(m, "a number goes past the end");
    if (n > 8)
        return pickle_push_new(m, (pickle_value){.type = PICKLE_LONG,
                                                 .text = (const char *)bytes,
                                                 .size = (size_t)n});
    if (n && bytes[n - 1] & 0x80)
        x = ~(uint64_t)0;
    for (uint64_t i = n; i-- > 0;)
        x = x << 8 | bytes[i];
    return pickle_push_new(m,
                           (pickle_value){.type = PICKLE_INT, .integer = (int64_t)x});
}

vq_status pickle_op_skip(machine *m, int width)
{
    uint64_t x;
    return pickle_take_number(m, width, &x);
}

/* ---- what Python would call --------------------------------------------------------
 */

/* Does `name` read "a.b"? */
static bool is_name(const char *name, const pickle_value *a, const pickle_value *b)
{
    return strlen(name) == a->size + 1 + b->size &&
           memcmp(name, a->text, a->size) == 0 && name[a->size] == '.' &&
           memcmp(name + a->size + 1, b->text, b->size) == 0;
}

static vq_status push_name_of(machine *m, const pickle_value *a, const pickle_value *b)
{
    pickle_value v = {.type = PICKLE_NAME};
    while (m->names[v.integer] && !is_name(m->names[v.integer], a, b))
        v.integer++;
    if (!m->names[v.integer] && !m->p->refused[0]) {
        snprintf(m->p->refused, sizeof m->p->refused, "%.*s.%.*s",
                 a->size < 70 ? (int)a->size : 70, a->text,
                 b->size < 70 ? (int)b->size : 70, b->text);
        m->p->refused_at = m->place.at + (size_t)(m->at - m->start);
    }
    return pickle_push_new(m, v);
}

/* A text up to the end of its line. */
static bool take_line(machine *m, pickle_value *line)
{
    const unsigned char *end = memchr(m->at, '\n', (size_t)(m->end - m->at));
    if (!end)
        return false;
    line->text = (const char *)m->at;
    line->size = (size_t)(end - m->at);
    m->at = end + 1;
    return true;
}

vq_status pickle_op_push_name(machine *m, int arg)
{
    (void)arg;
    pickle_value module, name;
    if (!take_line(m, &module) || !take_line(m, &name))
        return pickle_fail(m, "a name goes past the end");
    return push_name_of(m, &module, &name);
}

vq_status pickle_op_push_stacked_name(machine *m, int arg)
{
    (void)arg;
    int module = pickle_peek(m, 1), name = pickle_peek(m, 0);
    if (!module)
        return pickle_fail_stack(m);
    if (m->p->value[module].type != PICKLE_TEXT ||
        m->p->value[name].type != PICKLE_TEXT)
        return pickle_fail(m, "a name that is no text");
    m->stack.n -= 2;
    pickle_value a = m->p->value[module], b = m->p->value[name];
    return push_name_of(m, &a, &b);
}

vq_status pickle_op_call(machine *m, int arg)
{
    (void)arg;
    pickle_value v = {.type = PICKLE_CALL};
    v.callee = pickle_peek(m, 1);
    v.args = pickle_peek(m, 0);
    if (!v.callee)
        return pickle_fail_stack(m);
    m->stack.n -= 2;
    return pickle_push_new(m, v);
}

/* Attributes of an object: none of ours. */
vq_status pickle_op_build(machine *m, int arg)
{
    return pickle_peek(m, 1) ? pickle_op_pop(m, arg) : pickle_fail_stack(m);
}

vq_status pickle_op_persist(machine *m, int arg)
{
    (void)arg;
    pickle_value v = {.type = PICKLE_PERSISTENT};
    v.args = pickle_peek(m, 0);
    if (!v.args)
        return pickle_fail_stack(m);
    m->stack.n--;
    return pickle_push_new(m, v);
}
