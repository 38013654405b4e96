/*
 * SPDX-License-Identifier: MIT
 *
 * Which CIFAR-style files the words of the user stand for. Tested in
 * tests/data/test_cifar_find.c.
 */
#ifndef VQ_DATA_CIFAR_FIND_H
#define VQ_DATA_CIFAR_FIND_H

#include "data/source.h"

/*
 * "cifar10" and "cifar100" are looked for in data_dir/cifar-10-batches-bin,
 * data_dir/cifar-100-binary and data_dir itself. A file is the whole of any split. Of a
 * folder it is its own .bin files in the order of their names, those with the word
 * "test" in them the test split; or, if it has none, the archive unpacked in it.
 * VQ_EIO: a named set is not there, and the message says how to get it; VQ_EUSAGE: it
 * has no such split; else as cifar_open. Must be the last kind: any file is taken.
 */
extern const source_kind cifar_files;

#endif
