/*
 * SPDX-License-Identifier: MIT
 *
 * The entries of a zip archive in memory, as its central directory lists them. Only
 * what is stored, not compressed, can be used, which is all that PyTorch writes; CRCs
 * are not looked at, for PyTorch can be told to leave them out. Tested in
 * tests/io/test_zip.c.
 */
#ifndef VQ_IO_ZIP_H
#define VQ_IO_ZIP_H

#include "base/status.h"

typedef struct zip_entry {
    const char *name; /* not ended by a NUL */
    size_t name_size;
    size_t at, size; /* of the data in the archive, if it is stored */
    bool stored;
} zip_entry;

typedef struct zip {
    zip_entry *entry; /* [n], owned, in order of their names */
    int n;
    const char *name; /* of the file, borrowed as the bytes are */
    const unsigned char *bytes;
    size_t size;
} zip;

/*
 * Read the directory of an archive under 4 GiB. VQ_EINPUT: no directory at the end, or
 * one that does not fit the bytes, an entry twice; VQ_ENOMEM.
 */
vq_status zip_parse(zip *z, const char *name, const unsigned char *bytes, size_t size,
                    vq_error *err);
void zip_release(zip *z);

/* The entry of that name; NULL: none. */
const zip_entry *zip_find(const zip *z, const char *name, size_t name_size);

/* The data of an entry. VQ_EINPUT: compressed, or past the end. */
vq_status zip_data(const zip *z, const zip_entry *e, const unsigned char **data,
                   size_t *size, vq_error *err);

#endif
