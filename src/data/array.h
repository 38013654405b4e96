/*
 * SPDX-License-Identifier: MIT
 *
 * A NumPy array of pictures: a .npy file of uint8 [n,height,width,3],
 * [n,3,height,width] (a last side of 3 decides), or gray [n,height,width]. Images are
 * read when they are needed, by pread as data/cifar.h says why. The file is the whole
 * of any split. Tested in tests/data/test_array.c, fuzzed by tests/fuzz/fuzz_array.c.
 */
#ifndef VQ_DATA_ARRAY_H
#define VQ_DATA_ARRAY_H

#include "data/source.h"

/*
 * A file that begins like .npy. VQ_EINPUT: another type, order or shape, or a file of
 * another size than they say; VQ_EIO; VQ_ENOMEM.
 */
extern const source_kind array_file;

#endif
