/*
 * SPDX-License-Identifier: MIT
 *
 * CIFAR-style files: records of one label (CIFAR-10) or a coarse and a fine one
 * (CIFAR-100), then 32x32 planar RGB bytes. The labels are not used, but a label out of
 * range is the one sign that a file of the right size is something else.
 * Source: www.cs.toronto.edu/~kriz/cifar.html. Tested in tests/data/test_cifar.c,
 * fuzzed by tests/fuzz/fuzz_cifar.c.
 */
#ifndef VQ_DATA_CIFAR_H
#define VQ_DATA_CIFAR_H

#include "data/dataset.h"

typedef enum cifar_kind {
    CIFAR_10,
    CIFAR_100,
    CIFAR_ANY /* by size; where that fits both, or neither, by the labels */
} cifar_kind;

/*
 * Open a file, check its size and every label, and append its images to ds (on failure
 * ds is as it was). VQ_EIO: cannot be opened or read; VQ_EINPUT: not a regular file,
 * empty, not a whole number of records, or a label out of range.
 * The caller sees to it that ds has room for one more file.
 */
vq_status cifar_append(dataset *ds, const char *path, cifar_kind kind, vq_error *err);

/*
 * Copy the pixels of one record to pixels [DATASET_PIXELS]. VQ_EIO: cannot be read;
 * VQ_EINPUT: the file ends before them. Safe from many threads.
 */
vq_status cifar_read(const dataset_file *f, int64_t record, unsigned char *pixels,
                     vq_error *err);

/* n whole records [n, f->record] that start with record `first`; false: no more. */
typedef bool (*cifar_visitor)(const dataset_file *f, const unsigned char *records,
                              int64_t first, int64_t n, void *user);

/* Show every record of f to visit, some at a time. VQ_ENOMEM, or as cifar_read. */
vq_status cifar_visit(const dataset_file *f, cifar_visitor visit, void *user,
                      vq_error *err);

#endif
