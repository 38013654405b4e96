/*
 * SPDX-License-Identifier: MIT
 *
 * What a file is by its first bytes. Whoever opens a file of others and finds that it
 * is none of his asks here, so that a web page, a Git LFS pointer or a picture is named
 * as what it is wherever it is given. Tested in tests/base/test_magic.c.
 */
#ifndef VQ_BASE_MAGIC_H
#define VQ_BASE_MAGIC_H

#include "base/status.h"

/* Bytes of a file that are enough for every kind of the table. */
#define MAGIC_BYTES 512

typedef enum magic_kind {
    MAGIC_UNKNOWN,
    MAGIC_LFS,
    MAGIC_WEB_PAGE, /* or other markup */
    MAGIC_GZIP,
    MAGIC_PACKED, /* by xz, bzip2, zstd, 7z */
    MAGIC_TAR,
    MAGIC_NPZ,
    MAGIC_TORCH, /* a zip whose first entry is a pickle of PyTorch */
    MAGIC_ZIP,
    MAGIC_TORCH_LEGACY, /* PyTorch before 1.6: no zip */
    MAGIC_PICKLE,
    MAGIC_PNG,
    MAGIC_JPEG,
    MAGIC_PICTURE, /* WebP, GIF, BMP, TIFF, AVIF or HEIC */
    MAGIC_PDF,
    MAGIC_HDF5,
    MAGIC_GGUF,
    MAGIC_SAFETENSORS,
    MAGIC_NPY,
    MAGIC_VQT,
    MAGIC_JSON,
    MAGIC_UTF16
} magic_kind;

/* What the caller wanted of the file. */
typedef enum magic_want { WANT_MODEL, WANT_DATA, WANT_CODES } magic_want;

/* Of the first bytes of a file, up to MAGIC_BYTES of them; more do no harm. */
magic_kind magic_of(const unsigned char *bytes, size_t size);

/* "a JPEG picture"; NULL: unknown. */
const char *magic_name(const unsigned char *bytes, size_t size);

/*
 * VQ_EINPUT "'m.pt' is a web page, not a model: ..." with the way out, where the bytes
 * are of a known kind; VQ_OK where they are not. The caller has seen that they are not
 * what it reads.
 */
vq_status magic_refuse(const char *name, const unsigned char *bytes, size_t size,
                       magic_want want, vq_error *err);

/* Of the file at path; MAGIC_UNKNOWN also where it cannot be read, or is a pipe. */
magic_kind magic_of_file(const char *path);

/*
 * magic_refuse of the file at path. VQ_OK also where it cannot be read or is no regular
 * file: whoever reads it says why.
 */
vq_status magic_refuse_file(const char *path, magic_want want, vq_error *err);

#endif
