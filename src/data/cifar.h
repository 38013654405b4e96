/*
 * SPDX-License-Identifier: MIT
 *
 * CIFAR-style files as a source: records of one label (CIFAR-10) or a coarse and a fine
 * one (CIFAR-100), then 32x32 planar RGB bytes. A label out of range is the one sign
 * that a file of the right size is something else.
 * Source: www.cs.toronto.edu/~kriz/cifar.html. Tested in tests/data/test_cifar.c,
 * fuzzed by tests/fuzz/fuzz_cifar.c.
 *
 * Files are read with pread, not mapped: a file cut short while training is an error
 * with a message instead of a bus error, and its pages do not count as resident memory.
 */
#ifndef VQ_DATA_CIFAR_H
#define VQ_DATA_CIFAR_H

#include "data/source.h"

#define CIFAR_SIDE 32
#define CIFAR_PIXELS (3 * CIFAR_SIDE * CIFAR_SIDE) /* bytes of one image */

typedef enum cifar_kind {
    CIFAR_10,
    CIFAR_100,
    CIFAR_ANY /* by size; where that fits both, or neither, by the labels */
} cifar_kind;

/*
 * Open files, check their sizes and every label. The label of an image is its last one;
 * files of both kinds together have none. VQ_EIO: cannot be opened or read; VQ_EINPUT:
 * not a regular file, empty, not a whole number of records, or a label out of range;
 * VQ_EUSAGE: a path too long; VQ_ENOMEM.
 */
vq_status cifar_open(source *s, const char *const *path, int n_paths, cifar_kind kind,
                     vq_error *err);

#endif
