/*
 * SPDX-License-Identifier: MIT
 *
 * Pictures: any number of PNG and JPEG files as a source. Opening reads headers alone;
 * pixels are decoded by whoever reads them, on any thread, and kept as long as there is
 * room in the cache. Tested in tests/data/test_pictures.c.
 *
 * The cache never gives up what it holds: a training draws its pictures at random, and
 * then no other choice finds more of them. So a reader needs no lock, and the bytes
 * that are read are the same whatever the cache.
 */
#ifndef VQ_DATA_PICTURES_H
#define VQ_DATA_PICTURES_H

#include "data/picture_set.h"
#include "data/source.h"

/*
 * Open a set, which is taken over, also on failure. Empty files are left out, and
 * noted. Pictures that cannot be read or have a side below r->side fail together, named
 * in one message as far as it is long; with SOURCE_BAD_SKIP they are left out, and
 * noted. With r->check pixels are read, too: those of all pictures with that, else
 * where all have up to SOURCE_EXACT_PIXELS. VQ_EINPUT; VQ_EIO; VQ_ESTOPPED; VQ_ENOMEM.
 */
vq_status pictures_open(source *s, picture_set *set, const source_request *r,
                        vq_error *err);

#endif
