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

/* A convolution's kernels: one channel's lie taps apart in a file, oc apart here. */
typedef struct conv_dims {
    size_t oc, c, taps;
} conv_dims;

static conv_dims conv_dims_of(const param *p)
{
    return (conv_dims){(size_t)p->dims[0], (size_t)p->dims[1],
                       (size_t)p->dims[2] * (size_t)p->dims[3]};
}

void param_from_file(const param *p, const float *file, float *flat)
{
    if (p->layout == PARAM_PLAIN) {
        memcpy(flat, file, p->count * sizeof *flat);
        return;
    }
    conv_dims d = conv_dims_of(p);
    for (size_t c = 0; c < d.c; c++)
        for (size_t tap = 0; tap < d.taps; tap++)
            for (size_t o = 0; o < d.oc; o++)
                flat[(tap * d.c + c) * d.oc + o] = file[(o * d.c + c) * d.taps + tap];
}

void param_to_file(const param *p, const float *flat, float *file)
{
    if (p->layout == PARAM_PLAIN) {
        memcpy(file, flat, p->count * sizeof *file);
        return;
    }
    conv_dims d = conv_dims_of(p);
    for (size_t o = 0; o < d.oc; o++)
        for (size_t c = 0; c < d.c; c++)
            for (size_t tap = 0; tap < d.taps; tap++)
                file[(o * d.c + c) * d.taps + tap] = flat[(tap * d.c + c) * d.oc + o];
}
