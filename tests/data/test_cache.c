/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdlib.h>

#include "data/cache.h"

/* What comes first stays, up to the last byte; a place is filled once. */
static void test_cache__keeps(void **state)
{
    (void)state;
    cache c = {.limit = 100};
    unsigned char a[60], b[60], d[40], *place[3] = {NULL};
    assert_null(cache_look(&place[0]));
    assert_true(cache_keep(&c, &place[0], a, 60));
    assert_ptr_equal(cache_look(&place[0]), a);
    assert_false(cache_keep(&c, &place[1], b, 60)); /* no room */
    assert_null(cache_look(&place[1]));
    assert_false(cache_keep(&c, &place[0], d, 40)); /* taken */
    assert_ptr_equal(cache_look(&place[0]), a);
    assert_true(cache_keep(&c, &place[2], d, 40)); /* just fits */
    assert_int_equal(c.used, 100);
    assert_false(cache_keep(&c, &place[1], b, 1));
    assert_int_equal(c.used, 100);
    c = (cache){0};
    assert_false(cache_keep(&c, &place[1], b, 1));
}

/* Many threads want to fill the same places: each holds one whole block at the end. */
static void test_cache__many_threads(void **state)
{
    (void)state;
    enum { PLACES = 50, TRIES = 4000, SIZE = 8, LIMIT = 30 * SIZE };
    unsigned char *place[PLACES] = {NULL};
    cache c = {.limit = LIMIT};
    int kept = 0, filled = 0;
#pragma omp parallel for num_threads(4) reduction(+ : kept)
    for (int i = 0; i < TRIES; i++) {
        unsigned char *bytes = malloc(SIZE);
        bytes[0] = (unsigned char)(i % PLACES);
        if (cache_keep(&c, &place[i % PLACES], bytes, SIZE))
            kept++;
        else
            free(bytes);
        const unsigned char *seen = cache_look(&place[i % PLACES]);
        kept += seen && seen[0] != i % PLACES ? TRIES : 0;
    }
    for (int i = 0; i < PLACES; i++) {
        filled += place[i] != NULL;
        free(place[i]);
    }
    assert_int_equal(kept, filled);
    assert_int_equal(filled, LIMIT / SIZE);
    assert_int_equal(c.used, LIMIT);
}

const struct CMUnitTest test_cache_suite[] = {
    cmocka_unit_test(test_cache__keeps),
    cmocka_unit_test(test_cache__many_threads),
    {0},
};
