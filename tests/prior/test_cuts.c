/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "prior/cuts.h"

enum { K = 7, COINS = 200000 };

static const cuts plain = {.temperature = 1, .top_p = 1};

/* Share of the coins, spread evenly, that fall on each code. */
static void shares(cuts c, const float *logits, double share[K])
{
    uint64_t scratch[2 * K];
    int count[K] = {0};
    for (uint32_t i = 0; i < COINS; i++)
        count[cuts_draw(&c, logits, K, (uint32_t)((uint64_t)i * 0xffffffff / COINS),
                        scratch)]++;
    for (int k = 0; k < K; k++)
        share[k] = (double)count[k] / COINS;
}

/* softmax(logits / temperature) over the codes that are kept */
static void expect(const float *logits, double temperature, const int *kept,
                   const double *share)
{
    double p[K], sum = 0;
    for (int k = 0; k < K; k++)
        sum += p[k] = kept[k] ? exp((double)logits[k] / temperature) : 0;
    for (int k = 0; k < K; k++)
        if (!(fabs(share[k] - p[k] / sum) < 2e-5) || (!kept[k] && share[k] > 0))
            fail_msg("code %d: a share of %g, want %g", k, share[k], p[k] / sum);
}

static void test_cuts__shares(void **state)
{
    (void)state;
    /* by chance: 2 (.40), 5 (.24), 0 and 4 (.15 each), 1, 3 and 6 (.02 each) */
    const float logits[K] = {1, -1, 2, -1, 1, 1.5f, -1};
    const int all[K] = {1, 1, 1, 1, 1, 1, 1};
    double share[K];
    shares(plain, logits, share);
    expect(logits, 1, all, share);
    shares((cuts){.temperature = 0.5, .top_p = 1}, logits, share);
    expect(logits, 0.5, all, share);
    shares((cuts){.temperature = 1, .top_k = 3, .top_p = 1}, logits, share);
    expect(logits, 1, (const int[K]){1, 0, 1, 0, 0, 1, 0}, share); /* tie: 0, not 4 */
    shares((cuts){.temperature = 1, .top_p = 0.5}, logits, share);
    expect(logits, 1, (const int[K]){0, 0, 1, 0, 0, 1, 0}, share);
    shares((cuts){.temperature = 1, .top_p = 0.7}, logits, share);
    expect(logits, 1, (const int[K]){1, 0, 1, 0, 0, 1, 0}, share);
    shares((cuts){.temperature = 1, .top_p = 1e-9}, logits, share);
    expect(logits, 1, (const int[K]){0, 0, 1, 0, 0, 0, 0}, share);
    /* top-p comes after the temperature and top-k: .66 of what they leave is two codes,
     * of all it would be three */
    shares((cuts){.temperature = 1, .top_k = 3, .top_p = 0.66}, logits, share);
    expect(logits, 1, (const int[K]){0, 0, 1, 0, 0, 1, 0}, share);
    shares((cuts){.temperature = 1, .top_p = 0.66}, logits, share);
    expect(logits, 1, (const int[K]){1, 0, 1, 0, 0, 1, 0}, share);
    shares((cuts){.temperature = 1, .top_k = 100, .top_p = 1}, logits, share);
    expect(logits, 1, all, share);
}

static void test_cuts__greedy(void **state)
{
    (void)state;
    uint64_t scratch[2 * K];
    const float logits[K] = {1, 3, -INFINITY, 3, 2, NAN, 0};
    const cuts greedy = {.temperature = 0, .top_p = 1};
    for (uint32_t coin = 0; coin < 9; coin++)
        assert_int_equal(cuts_draw(&greedy, logits, K, coin << 29, scratch), 1);
    const cuts one = {.temperature = 1, .top_k = 1, .top_p = 1};
    assert_int_equal(cuts_draw(&one, logits, K, 0xffffffff, scratch), 1);
    double share[K]; /* what is no number is never drawn */
    shares(plain, logits, share);
    assert_true(share[2] == 0 && share[5] == 0 && share[1] > 0.3);
    const float nan_first[2] = {NAN, 1};
    assert_int_equal(cuts_draw(&greedy, nan_first, 2, 0, scratch), 1);
}

static void test_cuts__ties_of_zeros(void **state)
{
    (void)state;
    uint64_t scratch[6];
    const float logits[3] = {-0.0f, 0, -1};
    const cuts one = {.temperature = 1, .top_k = 1, .top_p = 1};
    assert_int_equal(cuts_draw(&one, logits, 3, 0xffffffff, scratch), 0);
}

static void test_cuts__refuses(void **state)
{
    (void)state;
    static const struct {
        cuts c;
        const char *why;
    } bad[] = {{{-1, 0, 1}, "temperature must be"},
               {{(double)NAN, 0, 1}, "temperature must be"},
               {{1, -1, 1}, "top-k must be"},
               {{1, 0, 0}, "top-p must be"},
               {{1, 0, 1.5}, "top-p must be"},
               {{1, 0, (double)NAN}, "top-p must be"}};
    vq_error err;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_fails(cuts_check(&bad[i].c, &err), VQ_EUSAGE, &err, bad[i].why);
    assert_ok(cuts_check(&plain, &err), &err);
}

const struct CMUnitTest test_cuts_suite[] = {
    cmocka_unit_test(test_cuts__shares),
    cmocka_unit_test(test_cuts__greedy),
    cmocka_unit_test(test_cuts__ties_of_zeros),
    cmocka_unit_test(test_cuts__refuses),
    {0},
};
