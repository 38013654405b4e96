/*
 * SPDX-License-Identifier: MIT
 *
 * Looking through pictures before they are used: headers, sizes and, where wanted,
 * pixels, by all workers. Tested in tests/data/test_pictures.c.
 */
#ifndef VQ_DATA_PICTURES_CHECK_H
#define VQ_DATA_PICTURES_CHECK_H

#include "data/cache.h"
#include "data/picture_set.h"
#include "data/source.h"

/*
 * Look through a set as pictures_open says: what stays in it is good, and moved to the
 * front. Pixels that were read go to the cache.
 */
vq_status pictures_check(picture_set *set, cache *kept, const source_request *r,
                         vq_error *err);

#endif
