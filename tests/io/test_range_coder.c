/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "io/range_coder.h"

/* A made-up model: frequencies that change from symbol to symbol. */
typedef struct symbol {
    uint32_t first, count, total;
} symbol;

static symbol *make_symbols(size_t n, uint32_t seed, uint32_t most)
{
    rng r = rng_make(seed, RNG_SHAPES, 0);
    symbol *s = malloc(n * sizeof *s);
    assert_non_null(s);
    for (size_t i = 0; i < n; i++) {
        uint32_t total = 1 + rng_below(&r, most), first = rng_below(&r, total);
        if (rng_below(&r, 4) == 0)
            total = most;
        if (rng_below(&r, 8) == 0)
            first = total - 1; /* the last */
        s[i] = (symbol){first, 1 + rng_below(&r, total - first), total};
    }
    return s;
}

static double encode(range_encoder *e, const symbol *s, size_t n)
{
    vq_error err;
    double bits = 0;
    range_encoder_begin(e);
    for (size_t i = 0; i < n; i++) {
        range_encoder_put(e, s[i].first, s[i].count, s[i].total);
        bits -= log2((double)s[i].count / s[i].total);
    }
    assert_ok(range_encoder_end(e, &err), &err);
    return bits;
}

static bool decodes(const unsigned char *bytes, size_t size, const symbol *s, size_t n)
{
    range_decoder d;
    range_decoder_begin(&d, bytes, size);
    for (size_t i = 0; i < n; i++) {
        uint32_t at = range_decoder_peek(&d, s[i].total);
        if (at < s[i].first || at - s[i].first >= s[i].count)
            return false;
        range_decoder_take(&d, s[i].first, s[i].count, s[i].total);
    }
    return range_decoder_ended(&d);
}

static void test_range_coder__round_trip(void **state)
{
    (void)state;
    const uint32_t totals[] = {1, 2, 255, 512, 65537, RANGE_TOTAL_MAX};
    for (size_t t = 0; t < sizeof totals / sizeof *totals; t++)
        for (size_t n = 0; n < 3000; n = n * 2 + 1) {
            range_encoder e;
            symbol *s = make_symbols(n, (uint32_t)(t * 100 + n), totals[t]);
            double bits = encode(&e, s, n);
            if (!((double)e.size * 8 < bits + 16 && (double)e.size * 8 > bits - 8))
                fail_msg("%zu symbols of %.1f bits make %zu bytes", n, bits, e.size);
            assert_true(decodes(e.bytes, e.size, s, n));
            free(e.bytes);
            free(s);
        }
}

/* Symbols that drive low against its end: carries run through many bytes. */
static void test_range_coder__carries(void **state)
{
    (void)state;
    enum { N = 4000 };
    static symbol s[N];
    for (int kind = 0; kind < 3; kind++) {
        range_encoder e;
        for (int i = 0; i < N; i++)
            s[i] = kind == 0   ? (symbol){RANGE_TOTAL_MAX - 1, 1, RANGE_TOTAL_MAX}
                   : kind == 1 ? (symbol){(uint32_t)i % 3, 1, 3}
                               : (symbol){254 + (i % 97 == 0), 1, 256};
        encode(&e, s, N);
        assert_true(decodes(e.bytes, e.size, s, N));
        free(e.bytes);
    }
}

/* Known bytes: what every machine writes. */
static void test_range_coder__known_bytes(void **state)
{
    (void)state;
    const symbol s[] = {{0, 1, 2}, {3, 1, 4}, {5, 2, 7}, {100, 1, 512}, {0, 9, 9}};
    const unsigned char known[] = {0x78, 0xa5};
    range_encoder e;
    encode(&e, s, 5);
    assert_int_equal(e.size, sizeof known);
    assert_memory_equal(e.bytes, known, sizeof known);
    free(e.bytes);
}

/* Bytes that an encoder does not end with, or more of them, are seen. */
static void test_range_coder__end(void **state)
{
    (void)state;
    enum { N = 50 };
    range_encoder e;
    symbol *s = make_symbols(N, 5, 512);
    encode(&e, s, N);
    unsigned char more[512] = {0};
    memcpy(more, e.bytes, e.size);
    assert_true(decodes(more, e.size, s, N));
    assert_false(decodes(more, e.size + 1, s, N));
    more[e.size + 20] = 1;
    assert_false(decodes(more, e.size + 21, s, N));
    free(e.bytes);
    free(s);
}

static void test_range_coder__failed_allocation(void **state)
{
    (void)state;
    for (long at = 1; at <= 2; at++) {
        vq_error err;
        range_encoder e;
        range_encoder_begin(&e);
        support_alloc_fail_at(at);
        for (int i = 0; i < 1000; i++)
            range_encoder_put(&e, 0xffff, 1, 0x10000);
        assert_fails(range_encoder_end(&e, &err), VQ_ENOMEM, &err, "");
        support_alloc_fail_at(0);
        assert_null(e.bytes);
    }
}

const struct CMUnitTest test_range_coder_suite[] = {
    cmocka_unit_test(test_range_coder__round_trip),
    cmocka_unit_test(test_range_coder__carries),
    cmocka_unit_test(test_range_coder__known_bytes),
    cmocka_unit_test(test_range_coder__end),
    cmocka_unit_test(test_range_coder__failed_allocation),
    {0},
};
