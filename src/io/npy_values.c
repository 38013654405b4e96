/* SPDX-License-Identifier: MIT */
#include "io/npy_values.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

bool npy_integer_of(npy_integer *kind, const char *dtype)
{
    if (strlen(dtype) != 3 || !strchr("<>|", dtype[0]) || !strchr("iu", dtype[1]) ||
        !strchr("1248", dtype[2]))
        return false;
    *kind = (npy_integer){.size = dtype[2] - '0',
                          .is_signed = dtype[1] == 'i',
                          .big_endian = dtype[0] == '>'};
    return dtype[0] != '|' || kind->size == 1; /* more bytes have an order */
}

/* One value; false where it does not fit int32. *bits is what lies there, extended to
 * 64 bits. */
static bool read_value(npy_integer kind, const unsigned char *from, uint64_t *bits,
                       int32_t *v)
{
    uint64_t x = 0;
    for (int i = 0; i < kind.size; i++)
        x = x << 8 | from[kind.big_endian ? i : kind.size - 1 - i];
    const int spare = 64 - 8 * kind.size;
    if (kind.is_signed)
        x = (uint64_t)((int64_t)(x << spare) >> spare);
    *bits = x;
    *v = (int32_t)(uint32_t)x;
    return kind.is_signed ? (int64_t)x >= INT32_MIN && (int64_t)x <= INT32_MAX
                          : x <= INT32_MAX;
}

static vq_status fail_value(npy_integer kind, const char *name, uint64_t bits,
                            size_t at, vq_error *err)
{
    if (kind.is_signed)
        return vq_fail(err, VQ_EINPUT,
                       "'%s': %" PRId64 " at byte %zu does not fit 32 bits", name,
                       (int64_t)bits, at);
    return vq_fail(err, VQ_EINPUT, "'%s': %" PRIu64 " at byte %zu does not fit 32 bits",
                   name, bits, at);
}

/* Move on to the next value in C order; `stride` counts values of the file. */
static int64_t next_place(const npy_layout *a, const int64_t *stride, int64_t *index,
                          int64_t place)
{
    for (int d = a->rank - 1; d >= 0; d--) {
        place += stride[d];
        if (++index[d] < a->dims[d])
            return place;
        place -= stride[d] * a->dims[d];
        index[d] = 0;
    }
    return place;
}

vq_status npy_values_copy(const npy_layout *a, const char *name,
                          const unsigned char *data, size_t data_at, int64_t count,
                          int32_t *v, vq_error *err)
{
    const npy_integer kind = a->kind;
    int64_t stride[NPY_MAX_RANK], index[NPY_MAX_RANK] = {0}, place = 0, step = 1;
    assert(a->rank <= NPY_MAX_RANK);
    for (int d = 0; d < a->rank; d++, step *= a->dims[d - 1])
        stride[d] = step;
    for (int64_t i = 0; i < count; i++) {
        const size_t at = (size_t)(a->fortran_order ? place : i) * (size_t)kind.size;
        uint64_t bits;
        if (!read_value(kind, data + at, &bits, &v[i]))
            return fail_value(kind, name, bits, data_at + at, err);
        if (a->fortran_order)
            place = next_place(a, stride, index, place);
    }
    return VQ_OK;
}
