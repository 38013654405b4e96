/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <errno.h>

#include "cluster/alike.h"
#include "cluster/ranks.h"

/* A fingerprint of each rank, of which one may be another. */
typedef struct told {
    int other; /* -1: none */
} told;

static vq_status compare(void *user, int rank, vq_error *err)
{
    static const char *const names[] = {"the program is", "the data is"};
    const told *t = user;
    const uint64_t mine[] = {7, rank == t->other ? 11 : 5};
    return alike_compare(mine, names, 2, err);
}

/* All hear of the rank that is not as rank 0, by its number and what is not alike. */
static void test_alike__compare(void **state)
{
    (void)state;
    rank_result result[RANKS_MAX];
    ranks_run(3, compare, &(told){-1}, result);
    assert_ranks(result, 3, VQ_OK, "");
    ranks_run(3, compare, &(told){2}, result);
    assert_ranks(result, 3, VQ_EINPUT,
                 "rank 2: the data is not rank 0's: fingerprint 000000000000000b, but "
                 "rank 0's is 0000000000000005");
    ranks_run(3, compare, &(told){0},
              result); /* the others differ, the first says so */
    assert_ranks(result, 3, VQ_EINPUT, "rank 1: the data is not rank 0's");
}

/* One program has one fingerprint; that of its version, where it cannot be read. */
static void test_alike__program(void **state)
{
    (void)state;
    const uint64_t first = alike_program();
    assert_true(first == alike_program());
    call_fail_at("open", 1, EMFILE);
    const uint64_t version = alike_program();
    assert_true(call_failed());
    assert_true(version != first);
    assert_true(version == alike_text(ALIKE_BEGIN, VQ_VERSION));
}

/* FNV-1a's own figures; "ab", "c" is not "a", "bc". */
static void test_alike__bytes(void **state)
{
    (void)state;
    assert_true(alike_bytes(ALIKE_BEGIN, "foobar", 6) == 0x85944171f73967e8u);
    assert_true(alike_text(alike_text(ALIKE_BEGIN, "ab"), "c") !=
                alike_text(alike_text(ALIKE_BEGIN, "a"), "bc"));
    assert_true(alike_kernels() == alike_kernels());
}

const struct CMUnitTest test_alike_suite[] = {
    cmocka_unit_test(test_alike__compare),
    cmocka_unit_test(test_alike__program),
    cmocka_unit_test(test_alike__bytes),
    {0},
};
