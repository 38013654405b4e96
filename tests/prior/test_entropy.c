/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "prior/draw.h"
#include "prior/entropy.h"
#include "prior/small.h"

/* n grids of codes that the prior itself draws, or of any codes at all. */
static vq_codes make_codes(const columns_net *cn, int n, int h, int w, bool likely)
{
    const prior_shape *s = &cn->net->shape;
    vq_codes c = {.n = n, .h = h, .w = w, .k = s->codes, .depth = s->books};
    size_t count = (size_t)(n * h * w * s->books);
    vq_error err;
    int *label = calloc((size_t)n, sizeof *label);
    c.index = malloc(count * sizeof *c.index);
    assert_true(label && c.index);
    for (int i = 0; i < n && s->classes > 0; i++)
        label[i] = i % s->classes;
    rng r = rng_make(1, RNG_SHAPES, 0);
    drawing d = {.n = n, .h = h, .w = w, .label = label, .seed = 3};
    d.cuts = (cuts){.temperature = 1, .top_p = 1};
    if (likely)
        assert_ok(prior_draw(cn, &d, c.index, &err), &err);
    for (size_t i = 0; i < count && !likely; i++)
        c.index[i] = (int32_t)rng_below(&r, (uint32_t)s->codes);
    free(label);
    return c;
}

/* A prior that is sure of itself. */
static void sharpen(pixelcnn *net)
{
    for (int b = 0; b < net->shape.books; b++) {
        const param *p = &net->p.table[net->head[b].out.weight];
        for (size_t i = 0; i < p->count; i++)
            net->p.value[p->offset + i] *= 6;
    }
}

/* Encode, decode, compare; returns the bytes, which are the caller's. */
static unsigned char *round_trip(const columns_net *cn, bool nameless,
                                 const vq_codes *codes, int threads, size_t *size)
{
    vq_error err;
    unsigned char *bytes;
    vq_codes back = *codes;
    size_t count = (size_t)(codes->n * codes->h * codes->w * codes->depth);
    assert_ok(entropy_encode(cn, nameless, codes, threads, &bytes, size, &err), &err);
    back.index = calloc(count, sizeof *back.index);
    assert_non_null(back.index);
    assert_ok(entropy_decode(cn, nameless, &back, threads, bytes, *size, &err), &err);
    assert_memory_equal(back.index, codes->index, count * sizeof *back.index);
    free(back.index);
    return bytes;
}

static void test_entropy__round_trip(void **state)
{
    (void)state;
    for (int kind = 0; kind < 6; kind++) {
        pixelcnn net;
        columns_net cn;
        vq_error err;
        size_t own, other;
        small_net(&net, small_shape(kind < 3 ? 1 : 3, kind % 3 ? 3 : 0), 4);
        sharpen(&net);
        assert_ok(columns_net_init(&cn, &net, &err), &err);
        vq_codes likely = make_codes(&cn, 9, 3, 4, true);
        vq_codes any = make_codes(&cn, 9, 3, 4, false);
        free(round_trip(&cn, kind % 3 == 2, &likely, 1, &own));
        free(round_trip(&cn, kind % 3 == 2, &any, 1, &other));
        if (kind % 3 < 2 && !(own < other * 9 / 10)) /* in 2 the class is not its own */
            fail_msg("own codes make %zu bytes, any codes %zu", own, other);
        vq_codes_release(&likely);
        vq_codes_release(&any);
        columns_net_release(&cn);
        pixelcnn_release(&net);
    }
}

/* Many groups; the same bytes at any number of threads and every instruction set. */
static void test_entropy__groups_and_sets(void **state)
{
    (void)state;
    pixelcnn net;
    columns_net cn;
    vq_error err;
    size_t size, other;
    unsigned char *first = NULL;
    small_net(&net, small_shape(1, 0), 4);
    assert_ok(columns_net_init(&cn, &net, &err), &err);
    vq_codes codes = make_codes(&cn, 2 * ENTROPY_GROUP + 5, 2, 3, true);
    columns_net_release(&cn);
    const char *before = getenv("VQVAE_SIMD");
    char *kept = before ? strdup(before) : NULL;
    for (int set = 0; simd_at(set); set++) {
        setenv("VQVAE_SIMD", simd_at(set)->name, 1);
        assert_ok(columns_net_init(&cn, &net, &err), &err);
        unsigned char *bytes = round_trip(&cn, false, &codes, 1 + set, &other);
        if (set == 0) {
            first = bytes;
            size = other;
        } else {
            assert_int_equal(size, other);
            assert_memory_equal(first, bytes, size);
            free(bytes);
        }
        columns_net_release(&cn);
    }
    if (kept)
        setenv("VQVAE_SIMD", kept, 1);
    else
        unsetenv("VQVAE_SIMD");
    free(kept);
    free(first);
    vq_codes_release(&codes);
    pixelcnn_release(&net);
}

/* Known bytes: what every machine writes, here hashed. */
static void test_entropy__known_bytes(void **state)
{
    (void)state;
    pixelcnn net;
    columns_net cn;
    vq_error err;
    size_t size;
    uint64_t hash = 0xcbf29ce484222325u;
    small_net(&net, small_shape(2, 3), 4);
    assert_ok(columns_net_init(&cn, &net, &err), &err);
    vq_codes codes = make_codes(&cn, 5, 5, 4, true);
    unsigned char *bytes = round_trip(&cn, false, &codes, 1, &size);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3u;
    assert_int_equal(size, 84);
    assert_int_equal(hash, UINT64_C(0x5b90e87a0a05f673));
    free(bytes);
    vq_codes_release(&codes);
    columns_net_release(&cn);
    pixelcnn_release(&net);
}

static void test_entropy__frequencies(void **state)
{
    (void)state;
    const float logits[5] = {0, 1, -100, NAN, 2};
    const float wild[3] = {NAN, NAN, INFINITY};
    uint32_t f[5], total = entropy_frequencies(simd_best(), logits, 5, f);
    double sum = 1 + exp(1) + exp(2);
    assert_true(total <= UINT32_C(1) << 24 && total > (UINT32_C(1) << 24) - 10);
    assert_int_equal(total, f[0] + f[1] + f[2] + f[3] + f[4]);
    assert_int_equal(f[2], 1);
    assert_int_equal(f[3], 1);
    assert_true(fabs(f[0] - 0x1p24 / sum) < 10);
    assert_true(fabs(f[4] - exp(2) * 0x1p24 / sum) < 10);
    total = entropy_frequencies(simd_best(), wild, 3, f);
    assert_true(f[0] > 0 && f[1] > 0 && f[2] > 0 && total == f[0] + f[1] + f[2]);
}

/* Bytes that are cut off, or were never written, are an error or other codes, but
 * never more than what there is room for. */
static void test_entropy__damage(void **state)
{
    (void)state;
    pixelcnn net;
    columns_net cn;
    vq_error err;
    size_t size;
    small_net(&net, small_shape(1, 3), 4);
    assert_ok(columns_net_init(&cn, &net, &err), &err);
    vq_codes codes = make_codes(&cn, ENTROPY_GROUP + 1, 2, 2, false);
    unsigned char *bytes = round_trip(&cn, false, &codes, 1, &size);
    assert_fails(entropy_decode(&cn, false, &codes, 1, bytes, 3, &err), VQ_EINPUT, &err,
                 "too few");
    assert_fails(entropy_decode(&cn, false, &codes, 1, bytes, 20, &err), VQ_EINPUT,
                 &err, "cut off");
    bytes[3] = 0xff;
    assert_fails(entropy_decode(&cn, false, &codes, 1, bytes, size, &err), VQ_EINPUT,
                 &err, "cut off");
    bytes[3] = 0;
    bytes[size - 1] = 0;
    assert_fails(entropy_decode(&cn, false, &codes, 1, bytes, size, &err), VQ_EINPUT,
                 &err, "does not end");
    for (size_t i = 4; i < size; i += 7) {
        bytes[i] ^= 0x55;
        entropy_decode(&cn, false, &codes, 1, bytes, size, &err);
        for (int k = 0; k < codes.n * 4; k++)
            assert_in_range(codes.index[k], 0, codes.k - 1);
    }
    free(bytes);
    vq_codes_release(&codes);
    columns_net_release(&cn);
    pixelcnn_release(&net);
}

static void test_entropy__failed_allocations(void **state)
{
    (void)state;
    pixelcnn net;
    columns_net cn;
    vq_error err;
    unsigned char *bytes;
    size_t size;
    small_net(&net, small_shape(1, 0), 4);
    assert_ok(columns_net_init(&cn, &net, &err), &err);
    vq_codes codes = make_codes(&cn, 3, 2, 2, false);
    vq_status status = VQ_ENOMEM;
    long at = 0;
    while (status != VQ_OK) {
        support_alloc_fail_at(++at);
        status = entropy_encode(&cn, false, &codes, 1, &bytes, &size, &err);
        support_alloc_fail_at(0);
        assert_true(status == VQ_OK || (status == VQ_ENOMEM && !bytes));
    }
    assert_true(at >= 6);
    free(bytes);
    vq_codes_release(&codes);
    columns_net_release(&cn);
    pixelcnn_release(&net);
}

/* With classes that are chosen, with those that are not, and of a stream. */
static void test_entropy__overflow(void **state)
{
    (void)state;
    for (int nameless = 0; nameless < 2; nameless++) {
        pixelcnn net;
        columns_net cn;
        vq_error err;
        unsigned char *bytes;
        size_t size;
        small_net(&net, small_shape(1, 3), 4);
        assert_ok(columns_net_init(&cn, &net, &err), &err);
        vq_codes codes = make_codes(&cn, 9, 3, 4, false);
        columns_net_release(&cn);
        small_overflow(&net);
        assert_ok(columns_net_init(&cn, &net, &err), &err);
        assert_fails(entropy_encode(&cn, nameless, &codes, 2, &bytes, &size, &err),
                     VQ_EINPUT, &err, "gives infinities");
        assert_null(bytes);
        static const unsigned char stream[64];
        assert_fails(entropy_decode(&cn, nameless, &codes, 2, stream, 64, &err),
                     VQ_EINPUT, &err, "gives infinities");
        vq_codes_release(&codes);
        columns_net_release(&cn);
        pixelcnn_release(&net);
    }
}

const struct CMUnitTest test_entropy_suite[] = {
    cmocka_unit_test(test_entropy__round_trip),
    cmocka_unit_test(test_entropy__groups_and_sets),
    cmocka_unit_test(test_entropy__known_bytes),
    cmocka_unit_test(test_entropy__frequencies),
    cmocka_unit_test(test_entropy__damage),
    cmocka_unit_test(test_entropy__failed_allocations),
    cmocka_unit_test(test_entropy__overflow),
    {0},
};
