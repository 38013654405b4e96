/*
 * SPDX-License-Identifier: MIT
 *
 * The values of a .npy file of integers: signed or not, of 1, 2, 4 or 8 bytes, either
 * byte order, in C or Fortran order. Tested in tests/io/test_npy_values.c.
 */
#ifndef VQ_IO_NPY_VALUES_H
#define VQ_IO_NPY_VALUES_H

#include <stdint.h>

#include "base/status.h"

#define NPY_MAX_RANK 4

typedef struct npy_integer {
    int size; /* bytes */
    bool is_signed, big_endian;
} npy_integer;

/* Of NumPy's name for it, "<i4"; false: it is no integer. */
bool npy_integer_of(npy_integer *kind, const char *dtype);

/* How the values of an array lie in its file. */
typedef struct npy_layout {
    npy_integer kind;
    bool fortran_order;
    int rank;
    const int64_t *dims; /* [rank], borrowed; their product does not overflow */
} npy_layout;

/*
 * Copy `count` values, all of the array, to v in C order. `data_at` is the byte of
 * `name` where data begins, for messages. VQ_EINPUT: a value does not fit int32.
 */
vq_status npy_values_copy(const npy_layout *layout, const char *name,
                          const unsigned char *data, size_t data_at, int64_t count,
                          int32_t *v, vq_error *err);

#endif
