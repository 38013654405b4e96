/*
 * SPDX-License-Identifier: MIT
 *
 * Safetensors files: u64 header length, JSON, data. Every fault of the format's
 * specification is refused. Tested in tests/io/test_safetensors.c and
 * tests/io/test_safetensors_faults.c, fuzzed by tests/fuzz/fuzz_safetensors.c.
 */
#ifndef VQ_IO_SAFETENSORS_H
#define VQ_IO_SAFETENSORS_H

#include <stdint.h>

#include "base/status.h"

#define ST_MAX_RANK 8
/* Bytes. The format's own limit is fifty times that, but a model here has a few hundred
 * tensors, and JSON of 100 MB takes minutes and gigabytes. */
#define ST_HEADER_MAX (2u << 20)

typedef enum st_dtype { ST_F32, ST_F16, ST_I32, ST_I64, ST_U8, ST_OTHER } st_dtype;

typedef struct st_tensor {
    char *name; /* owned by the file */
    st_dtype dtype;
    char dtype_name[8]; /* as in the header */
    int rank;
    int64_t dims[ST_MAX_RANK];
    int64_t count;             /* product of dims */
    const unsigned char *data; /* into the file's bytes; may be unaligned */
    size_t size;               /* bytes of count values */
    bool strided; /* value (i,j,..) is at element i stride[0] + j stride[1] + .. of
                     data; else, as always in safetensors, they follow one another */
    int64_t stride[ST_MAX_RANK];
} st_tensor;

typedef struct st_file {
    st_tensor *tensor; /* [n], in order of their offsets */
    int n;
    char **key, **value; /* [n_metadata], in the file's order */
    int n_metadata;
    char note[VQ_NOTE_MAX]; /* what a user should know of how it was read; empty:
                               nothing */
    unsigned char *bytes;   /* the whole file; NULL when it is borrowed */
} st_file;

/*
 * Parse a file, or bytes that stay valid for the life of f. `name` is for messages.
 * VQ_EINPUT: not safetensors; a header over ST_HEADER_MAX or past the end, not UTF-8,
 * not JSON, with a key twice or over JSON_VALUES_MAX; an unknown dtype; a size that is
 * not dtype times shape; a hole, an overlap, bytes left over; a checksum of ours
 * (io/checksum.h) that does not match. VQ_EIO: cannot be read. VQ_ENOMEM.
 */
vq_status st_read(st_file *f, const char *path, vq_error *err);
vq_status st_parse(st_file *f, const char *name, const unsigned char *bytes,
                   size_t size, vq_error *err);
void st_release(st_file *f);

/* A file_look_fn: can a file that begins so and has that size be safetensors? */
vq_status st_look(const char *name, const unsigned char *bytes, size_t n, int64_t size,
                  vq_error *err);

const st_tensor *st_find(const st_file *f, const char *name); /* NULL: absent */
const char *st_metadata(const st_file *f, const char *key);   /* NULL: absent */

/* Set dtype and dtype_name; returns the bytes of a value, 0 for an unknown name. */
int st_set_dtype(st_tensor *t, const char *name);

/* Copy a tensor's values as float: of F32, F16, BF16, F64. VQ_EINPUT otherwise. */
vq_status st_floats(const st_tensor *t, float *out, vq_error *err);

/*
 * Write tensors (name, dtype, rank, dims, data; size and count are computed) sorted by
 * alignment then name, with string metadata in the given order, atomically; the value
 * of CHECKSUM_KEY (io/checksum.h) is replaced by the checksum. Data of ST_F16 is given
 * as F16. VQ_EINPUT: a name twice or not UTF-8, a shape that is too large, ST_OTHER.
 * VQ_EIO, VQ_ENOMEM.
 */
vq_status st_write(const char *path, const st_tensor *tensor, int n,
                   const char *const *key, const char *const *value, int n_metadata,
                   vq_error *err);

#endif
