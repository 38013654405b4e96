/* SPDX-License-Identifier: MIT */
#include "autograd/params.h"

#include <string.h>

#define OFFSET_STEP (ARENA_ALIGN / sizeof(float))

/* Floats of a tensor; 0 when the shape is not valid or too large. */
static size_t count_of(const param *spec)
{
    if (spec->rank < 1 || spec->rank > 4)
        return 0;
    if (spec->layout == PARAM_CONV && spec->rank != 4)
        return 0;
    size_t count = 1;
    for (int i = 0; i < spec->rank; i++) {
        if (spec->dims[i] < 1 || (size_t)spec->dims[i] > PARAMS_FLOATS_MAX / count)
            return 0;
        count *= (size_t)spec->dims[i];
    }
    return count;
}

int params_add(params *p, const param *spec)
{
    size_t count = count_of(spec);
    size_t step = (count + OFFSET_STEP - 1) / OFFSET_STEP * OFFSET_STEP;
    if (count == 0 || step > PARAMS_FLOATS_MAX - p->size)
        return -1;
    if (p->n == PARAMS_MAX || params_find(p, spec->name) >= 0)
        return -1;
    param *new = &p->table[p->n];
    *new = *spec;
    new->offset = p->size;
    new->count = count;
    p->size += step;
    return p->n++;
}

vq_status params_allocate(params *p, vq_error *err)
{
    vq_status status = arena_init(&p->memory, p->size * sizeof(float), err);
    if (status == VQ_OK)
        p->value = arena_take(&p->memory, p->size * sizeof(float));
    return status;
}

void params_release(params *p)
{
    arena_release(&p->memory);
    *p = (params){0};
}

int params_find(const params *p, const char *name)
{
    for (int i = 0; i < p->n; i++)
        if (strcmp(p->table[i].name, name) == 0)
            return i;
    return -1;
}

/*
 * Visit (oc,c,kh,kw) in file order: file index i goes with flat index
 * ((y * kw + x) * c + ci) * oc + o.
 */
static size_t conv_flat_index(const param *p, size_t i)
{
    size_t oc = (size_t)p->dims[0], c = (size_t)p->dims[1];
    size_t taps = (size_t)p->dims[2] * (size_t)p->dims[3];
    size_t tap = i % taps, ci = i / taps % c, o = i / taps / c;
    return (tap * c + ci) * oc + o;
}

void param_from_file(const param *p, const float *file, float *flat)
{
    if (p->layout == PARAM_PLAIN)
        memcpy(flat, file, p->count * sizeof *flat);
    else
        for (size_t i = 0; i < p->count; i++)
            flat[conv_flat_index(p, i)] = file[i];
}

void param_to_file(const param *p, const float *flat, float *file)
{
    if (p->layout == PARAM_PLAIN)
        memcpy(file, flat, p->count * sizeof *file);
    else
        for (size_t i = 0; i < p->count; i++)
            file[i] = flat[conv_flat_index(p, i)];
}
