/*
 * SPDX-License-Identifier: MIT
 *
 * Safetensors files: u64 header length, JSON, data. Every fault of the format's
 * specification is refused (see reader). Tested in tests/io/test_safetensors.c and
 * fuzzed by tests/fuzz/fuzz_safetensors.c.
 */
#ifndef VQ_IO_SAFETENSORS_H
#define VQ_IO_SAFETENSORS_H

#include <stdint.h>

#include "base/status.h"

#define ST_MAX_RANK 8

typedef enum st_dtype { ST_F32, ST_F16, ST_I32, ST_I64, ST_U8, ST_OTHER } st_dtype;

typedef struct st_tensor {
    char *name; /* owned by the file */
    st_dtype dtype;
    char dtype_name[8]; /* as in the header */
    int rank;
    int64_t dims[ST_MAX_RANK];
    int64_t count;             /* product of dims */
    const unsigned char *data; /* into the file's bytes; may be unaligned */
    size_t size;               /* bytes */
} st_tensor;

typedef struct st_file {
    st_tensor *tensor; /* [n], in order of their offsets */
    int n;
    char **key, **value; /* [n_metadata], in the file's order */
    int n_metadata;
    unsigned char *bytes; /* the whole file; NULL when it is borrowed */
} st_file;

/* Parse a file, or bytes that stay valid for the life of f. `name` is for messages. */
vq_status st_read(st_file *f, const char *path, vq_error *err);
vq_status st_parse(st_file *f, const char *name, const unsigned char *bytes,
                   size_t size, vq_error *err);
void st_release(st_file *f);

const st_tensor *st_find(const st_file *f, const char *name); /* NULL: absent */
const char *st_metadata(const st_file *f, const char *key);   /* NULL: absent */

/* Copy a tensor's values as float; F32 and F16 (BF16, F64 too). VQ_EINPUT otherwise. */
vq_status st_floats(const st_tensor *t, float *out, vq_error *err);

/*
 * Write tensors (name, dtype, rank, dims, data; size and count are computed) sorted by
 * alignment then name, with string metadata, atomically. Data of ST_F16 is given as
 * F16.
 */
vq_status st_write(const char *path, const st_tensor *tensor, int n,
                   const char *const *key, const char *const *value, int n_metadata,
                   vq_error *err);

uint16_t st_f16_from_float(float x); /* round to nearest even */
float st_float_from_f16(uint16_t x);

#endif
