/*
 * SPDX-License-Identifier: MIT
 *
 * Files that people take for data, by their first bytes. Tested in
 * tests/data/test_dataset.c.
 */
#ifndef VQ_DATA_FOREIGN_H
#define VQ_DATA_FOREIGN_H

#include "data/source.h"

/*
 * Opens nothing: VQ_EINPUT for a file that is known to be of a kind that cannot be
 * read, with what to do.
 */
extern const source_kind foreign_file;

#endif
