/*
 * SPDX-License-Identifier: MIT
 *
 * Cache: decoded pictures up to a number of bytes. What came first stays; nothing is
 * ever taken out. Tested in tests/data/test_cache.c.
 */
#ifndef VQ_DATA_CACHE_H
#define VQ_DATA_CACHE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct cache {
    int64_t limit, used; /* bytes; `used` is changed by all threads */
} cache;

/*
 * Keep `size` bytes in a place that is NULL or, by now, holds the same bytes. True:
 * they are the cache's, to be freed by who frees the place; false: there is no room for
 * them, or another thread was faster. Safe from many threads.
 */
bool cache_keep(cache *c, unsigned char **place, unsigned char *bytes, int64_t size);

/* Is there room for so many bytes, as far as one can tell? Safe from many threads. */
bool cache_has_room(const cache *c, int64_t size);

/* What a place holds; NULL: nothing yet. Safe from many threads. */
const unsigned char *cache_look(unsigned char *const *place);

#endif
