/*
 * SPDX-License-Identifier: MIT
 *
 * The values of a tensor as floats, whatever they are and however they lie.
 */
#include <string.h>

#include "io/half.h"
#include "io/safetensors.h"

typedef void (*reader)(const unsigned char *at, float *to);

static void read_f32(const unsigned char *at, float *to)
{
    memcpy(to, at, sizeof *to);
}

static void read_f16(const unsigned char *at, float *to)
{
    half_to_floats(at, 1, to);
}

static void read_bf16(const unsigned char *at, float *to)
{
    uint32_t bits = (uint32_t)at[0] << 16 | (uint32_t)at[1] << 24;
    memcpy(to, &bits, sizeof bits);
}

static void read_f64(const unsigned char *at, float *to)
{
    double x;
    memcpy(&x, at, sizeof x);
    *to = (float)x;
}

static const struct {
    const char *name;
    int64_t size;
    reader read;
} kinds[] = {{"F32", 4, read_f32},
             {"F16", 2, read_f16},
             {"BF16", 2, read_bf16},
             {"F64", 8, read_f64}};

/* In the order of the values; at[] counts like an odometer. */
static void read_strided(const st_tensor *t, int64_t size, reader read, float *out)
{
    int64_t at[ST_MAX_RANK] = {0}, element = 0;
    for (int64_t i = 0; i < t->count; i++) {
        read(t->data + element * size, out + i);
        for (int d = t->rank - 1; d >= 0; d--) {
            element += t->stride[d];
            if (++at[d] < t->dims[d])
                break;
            element -= t->dims[d] * t->stride[d];
            at[d] = 0;
        }
    }
}

vq_status st_floats(const st_tensor *t, float *out, vq_error *err)
{
    size_t k = 0;
    while (k < sizeof kinds / sizeof *kinds &&
           strcmp(t->dtype_name, kinds[k].name) != 0)
        k++;
    if (k == sizeof kinds / sizeof *kinds)
        return vq_fail(err, VQ_EINPUT, "tensor '%s' holds %s, where floats are needed",
                       t->name, t->dtype_name);
    if (t->strided)
        read_strided(t, kinds[k].size, kinds[k].read, out);
    else if (t->dtype == ST_F32 && t->size)
        memcpy(out, t->data, t->size);
    else if (t->dtype == ST_F16)
        half_to_floats(t->data, t->count, out);
    else
        for (int64_t i = 0; i < t->count; i++)
            kinds[k].read(t->data + i * kinds[k].size, out + i);
    return VQ_OK;
}
