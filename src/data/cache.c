/* SPDX-License-Identifier: MIT */
#include "data/cache.h"

#include <stddef.h>

bool cache_keep(cache *c, unsigned char **place, unsigned char *bytes, int64_t size)
{
    unsigned char *nothing = NULL;
    if (__atomic_add_fetch(&c->used, size, __ATOMIC_RELAXED) <= c->limit &&
        __atomic_compare_exchange_n(place, &nothing, bytes, false, __ATOMIC_RELEASE,
                                    __ATOMIC_RELAXED))
        return true;
    __atomic_sub_fetch(&c->used, size, __ATOMIC_RELAXED);
    return false;
}

bool cache_has_room(const cache *c, int64_t size)
{
    return __atomic_load_n(&c->used, __ATOMIC_RELAXED) + size <= c->limit;
}

const unsigned char *cache_look(unsigned char *const *place)
{
    return __atomic_load_n(place, __ATOMIC_ACQUIRE);
}
