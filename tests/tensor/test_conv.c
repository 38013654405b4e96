/*
 * SPDX-License-Identifier: MIT
 *
 * Every convolution kernel of this machine against the definition, and the proofs
 * against kernels that are wrong on purpose.
 */
#include "conv_checks.h"

#include <string.h>

#include "random.h"
#include "tensor/conv_reference.h"
#include "tensor/conv_select.h"
#include "tensor/simd.h"

#define ROUNDS 60

static void require(verdict v)
{
    if (!v.ok)
        fail_msg("%s", v.text);
}

/* Largest error of a kernel, relative to the rms of the result; see the table that
 * test_conv__model_layers prints. */
static double bound(const conv_kernel *k)
{
    if (strncmp(k->name, "bf16 winograd", 13) == 0)
        return 0.2;
    if (strncmp(k->name, "bf16 direct", 11) == 0)
        return 0.03;
    return strncmp(k->name, "winograd", 8) == 0 ? 2e-5 : 6e-6;
}

/* A random geometry out of a family that gives every kernel work. */
static conv_shape random_shape(uint64_t *seed)
{
    static const struct {
        int k, stride, pad;
    } families[] = {{3, 1, 1}, {4, 2, 1}, {1, 1, 0}};
    int c = 1 + (int)test_random(seed, 40), oc = 1 + (int)test_random(seed, 40);
    int h = 1 + (int)test_random(seed, 14), w = 1 + (int)test_random(seed, 14);
    uint32_t pick = test_random(seed, 6);
    if (pick < 3)
        return shape_make(families[pick].k, families[pick].stride, families[pick].pad,
                          c, oc, h, w);
    conv_shape s =
        shape_make(1 + (int)test_random(seed, 5), 1 + (int)test_random(seed, 3),
                   (int)test_random(seed, 3), 1 + c / 4, 1 + oc / 4, h, w);
    s.kw = 1 + (int)test_random(seed, 5);
    s.ow = conv_out_size(w, s.kw, s.stride, s.pad_x);
    if (pick == 4) { /* a mask's rows above, with channels enough for any kernel */
        s = shape_make(3, 1, 1, c, oc, h, w);
        s.kh = 2;
    }
    if (pick == 5) { /* masked: padded on one side alone, or even cut off */
        s.stride = 1;
        s.pad_x = (int)test_random(seed, 4);
        s.oh = h;
        s.ow = w;
    }
    return s;
}

static bool empty(const conv_shape *s)
{
    return s->oh < 1 || s->ow < 1;
}

/* Run every proof on one kernel and one geometry. */
static void prove(const conv_kernel *k, conv_shape s, int n, uint64_t seed)
{
    rig r;
    rig_init(&r, k, s, n, seed);
    require(check_maps(&r, (conv_out){0}, bound(k)));
    require(check_maps(&r, (conv_out){.bias = r.bias}, bound(k)));
    require(check_maps(&r, (conv_out){.accumulate = true}, bound(k)));
    require(check_maps(&r, (conv_out){.bias = r.bias, .accumulate = true}, bound(k)));
    require(check_adjoint(&r, bound(k)));
    require(check_impulse(&r, bound(k)));
    require(check_linear(&r, 2 * bound(k)));
    if (k != &conv_reference)
        require(check_batch(&r));
    rig_release(&r);
}

/* Make v what bfloat16 can hold. */
static void cut(float *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &v[i], sizeof bits);
        bits &= 0xffff0000;
        memcpy(&v[i], &bits, sizeof bits);
    }
}

/* Of numbers that bfloat16 can hold, a direct kernel's sums are those of floats. */
static void prove_sums(const conv_kernel *k, conv_shape s, int n, uint64_t seed)
{
    rig r;
    if (strncmp(k->name, "bf16 direct", 11) != 0)
        return;
    rig_init(&r, k, s, n, seed);
    cut(r.x, r.n_x);
    cut(r.y, r.n_y);
    cut(r.w, r.n_w);
    rig_pack(&r);
    require(check_maps(&r, (conv_out){.bias = r.bias, .accumulate = true}, 6e-6));
    rig_release(&r);
}

static void test_conv__random_geometries(void **state)
{
    (void)state;
    for (int i = 0; conv_kernel_at(i); i++) {
        uint64_t seed = 1;
        for (int round = 0; round < ROUNDS; round++) {
            conv_shape s = random_shape(&seed);
            if (!conv_kernel_at(i)->fits(&s) || empty(&s))
                continue;
            const int n = 1 + (int)test_random(&seed, 3);
            prove(conv_kernel_at(i), s, n, seed);
            prove_sums(conv_kernel_at(i), s, n, seed);
        }
    }
}

/* The layers of the default model, at two images. */
static void test_conv__model_layers(void **state)
{
    (void)state;
    const conv_shape layers[] = {
        shape_make(4, 2, 1, 3, 64, 32, 32),  shape_make(4, 2, 1, 64, 128, 16, 16),
        shape_make(3, 1, 1, 128, 128, 8, 8), shape_make(3, 1, 1, 128, 32, 8, 8),
        shape_make(1, 1, 0, 32, 128, 8, 8),  shape_make(1, 1, 0, 128, 64, 8, 8),
    };
    for (int i = 0; conv_kernel_at(i); i++) {
        double error = 0;
        for (size_t l = 0; l < sizeof layers / sizeof *layers; l++) {
            if (!conv_kernel_at(i)->fits(&layers[l]))
                continue;
            rig r;
            rig_init(&r, conv_kernel_at(i), layers[l], 2, l);
            verdict v = check_maps(&r, (conv_out){0}, bound(conv_kernel_at(i)));
            require(v);
            if (v.error > error)
                error = v.error;
            rig_release(&r);
        }
        print_message("  %-24s largest error %.2e of the rms\n",
                      conv_kernel_at(i)->name, error);
    }
}

static void test_conv__crops_match(void **state)
{
    (void)state;
    const conv_shape shapes[] = {
        shape_make(3, 1, 1, 20, 12, 27, 30), shape_make(4, 2, 1, 12, 20, 54, 60),
        shape_make(4, 2, 1, 3, 16, 56, 57),  shape_make(1, 1, 0, 12, 20, 25, 26),
        shape_make(3, 2, 1, 4, 5, 51, 57),
    };
    for (int i = 0; conv_kernel_at(i); i++)
        for (size_t l = 0; l < sizeof shapes / sizeof *shapes; l++) {
            if (conv_kernel_at(i) == &conv_reference ||
                !conv_kernel_at(i)->fits(&shapes[l]))
                continue;
            rig r;
            rig_init(&r, conv_kernel_at(i), shapes[l], 1, l);
            require(check_crop(&r));
            rig_release(&r);
        }
}

static void test_conv__sizes(void **state)
{
    (void)state;
    assert_int_equal(conv_out_size(32, 4, 2, 1), 16);
    assert_int_equal(conv_out_size(33, 4, 2, 1), 16);
    assert_int_equal(conv_out_size(8, 3, 1, 1), 8);
    assert_int_equal(conv_out_size(2, 5, 1, 1), 0);
    assert_int_equal(conv_out_size(2, 5, 2, 1), 0);
    assert_int_equal(conv_transposed_size(8, 4, 2, 1), 16);
    assert_int_equal(conv_transposed_size(8, 3, 1, 1), 8);
}

static void test_conv__select(void **state)
{
    (void)state;
    conv_shape s = shape_make(3, 1, 1, 128, 128, 8, 8);
    assert_ptr_equal(conv_select(&s, CONV_REFERENCE), &conv_reference);
    assert_true(conv_select(&s, CONV_FASTEST)->fits(&s));
    assert_true(conv_select(&s, CONV_LOCAL)->local);
    assert_ptr_not_equal(conv_select(&s, CONV_LOCAL), &conv_reference);
    assert_false(conv_select(&s, CONV_FASTEST)->local);
    assert_ptr_equal(conv_select(&s, CONV_BF16), simd_best()->conv16[0]);
    s.c = 127; /* no pairs */
    assert_ptr_equal(conv_select(&s, CONV_BF16), conv_select(&s, CONV_FASTEST));
}

/* In bfloat16 every instruction set that has a fused multiply-add gives the same bits,
 * also where it has to make do without instructions for pairs. */
static void test_conv__bf16_is_the_same(void **state)
{
    (void)state;
    conv_shape shapes[] = {
        shape_make(3, 1, 1, 20, 14, 9, 6), shape_make(4, 2, 1, 12, 34, 10, 12),
        shape_make(1, 1, 0, 36, 22, 5, 7), shape_make(3, 1, 1, 40, 8, 5, 5),
        shape_make(3, 2, 0, 6, 4, 9, 11),  shape_make(4, 2, 1, 3, 10, 10, 7)};
    shapes[3].kh = 2;
    for (size_t l = 0; l < sizeof shapes / sizeof *shapes; l++) {
        rig first = {0};
        for (int set = 0; simd_at(set); set++) {
            rig r;
            const conv_kernel *const *k = simd_at(set)->conv16;
            k += !k[0]->fits(&shapes[l]);
            assert_true((*k)->fits(&shapes[l]));
            if (set > 0 && strcmp(simd_at(set)->name, "generic") == 0)
                continue;
            rig_init(&r, *k, shapes[l], 3, l);
            rig_pack(&r);
            for (int map = 0; map < MAPS; map++)
                rig_run(&r, map, (conv_out){.bias = r.bias});
            for (int map = 0; map < MAPS && set > 0; map++)
                assert_memory_equal(r.out[map], first.out[map],
                                    rig_count(&r, map) * sizeof(float));
            if (set > 0)
                rig_release(&r);
            else
                first = r;
        }
        rig_release(&first);
    }
}

/* ---- wrong on purpose --------------------------------------------------------------
 */

static void wrong_apply(const conv_shape *s, int n, const float *x, const float *packed,
                        float *y, conv_out out, float *scratch)
{
    conv_reference.apply(s, n, x, packed, y, out, scratch);
    y[0] += 0.001f;
}

static void wrong_adjoint(const conv_shape *s, int n, const float *y,
                          const float *packed, float *x, conv_out out, float *scratch)
{
    conv_reference.adjoint(s, n, y, packed, x, out, scratch);
    x[(size_t)(n * s->h * s->w * s->c) - 1] *= 1.001f;
}

static void nan_grad(const conv_shape *s, int n, const float *x, const float *y,
                     float *dw, bool add, float *scratch)
{
    conv_reference.grad(s, n, x, y, dw, add, scratch);
    dw[1] = 0.0f / (dw[1] - dw[1]);
}

static void deaf_apply(const conv_shape *s, int n, const float *x, const float *packed,
                       float *y, conv_out out, float *scratch)
{
    out.bias = NULL;
    conv_reference.apply(s, n, x, packed, y, out, scratch);
}

static void overrunning_apply(const conv_shape *s, int n, const float *x,
                              const float *packed, float *y, conv_out out,
                              float *scratch)
{
    conv_reference.apply(s, n, x, packed, y, out, scratch);
    y[(size_t)(n * s->oh * s->ow * s->oc)] = 0;
}

/* The packed weights of a wrong kernel: one tap lost. */
static void lossy_pack(const conv_shape *s, conv_map map, const float *weight,
                       float *packed)
{
    conv_reference.pack(s, map, weight, packed);
    packed[s->oc] = 0;
}

/* A result that depends on how many images there are. */
static void moody_apply(const conv_shape *s, int n, const float *x, const float *packed,
                        float *y, conv_out out, float *scratch)
{
    conv_reference.apply(s, n, x, packed, y, out, scratch);
    y[3] += (float)n * 1e-6f;
}

/* A result that depends on where the image ends. */
static void leaning_apply(const conv_shape *s, int n, const float *x,
                          const float *packed, float *y, conv_out out, float *scratch)
{
    conv_reference.apply(s, n, x, packed, y, out, scratch);
    for (size_t i = 0; i < (size_t)(n * s->oh * s->ow * s->oc); i++)
        y[i] += (float)s->w * 1e-6f;
}

static void wrong_rig(rig *r, conv_kernel wrong, conv_kernel *kept)
{
    *kept = wrong;
    rig_init(r, kept, shape_make(4, 2, 1, 6, 5, 52, 52), 2, 3);
}

static void test_conv__wrong_kernels_are_found(void **state)
{
    (void)state;
    conv_kernel k, wrong = conv_reference;
    rig r;

    wrong.apply = wrong_apply;
    wrong_rig(&r, wrong, &k);
    assert_false(check_maps(&r, (conv_out){0}, 3e-6).ok);
    assert_false(check_impulse(&r, 3e-6).ok);
    assert_false(check_linear(&r, 6e-6).ok);
    rig_release(&r);

    wrong = conv_reference;
    wrong.adjoint = wrong_adjoint;
    wrong_rig(&r, wrong, &k);
    assert_false(check_maps(&r, (conv_out){0}, 3e-6).ok);
    rig_release(&r);

    wrong = conv_reference;
    wrong.grad = nan_grad;
    wrong_rig(&r, wrong, &k);
    assert_false(check_maps(&r, (conv_out){0}, 3e-6).ok);
    assert_false(check_adjoint(&r, 3e-6).ok);
    rig_release(&r);

    wrong = conv_reference;
    wrong.pack = lossy_pack;
    wrong_rig(&r, wrong, &k);
    assert_false(check_maps(&r, (conv_out){0}, 3e-6).ok);
    assert_false(check_adjoint(&r, 3e-6).ok);
    rig_release(&r);
}

static void test_conv__careless_kernels_are_found(void **state)
{
    (void)state;
    conv_kernel k, wrong = conv_reference;
    rig r;

    wrong.apply = deaf_apply;
    wrong_rig(&r, wrong, &k);
    assert_true(check_maps(&r, (conv_out){0}, 3e-6).ok);
    assert_false(check_maps(&r, (conv_out){.bias = r.bias}, 3e-6).ok);
    rig_release(&r);

    wrong.apply = overrunning_apply;
    wrong_rig(&r, wrong, &k);
    verdict v = check_maps(&r, (conv_out){0}, 3e-6);
    assert_non_null(strstr(v.text, "guard"));
    rig_release(&r);

    wrong.apply = moody_apply;
    wrong_rig(&r, wrong, &k);
    assert_false(check_batch(&r).ok);
    rig_release(&r);

    wrong.apply = leaning_apply;
    wrong_rig(&r, wrong, &k);
    assert_false(check_crop(&r).ok);
    rig_release(&r);
}

const struct CMUnitTest test_conv_suite[] = {
    cmocka_unit_test(test_conv__sizes),
    cmocka_unit_test(test_conv__select),
    cmocka_unit_test(test_conv__wrong_kernels_are_found),
    cmocka_unit_test(test_conv__careless_kernels_are_found),
    cmocka_unit_test(test_conv__random_geometries),
    cmocka_unit_test(test_conv__model_layers),
    cmocka_unit_test(test_conv__crops_match),
    cmocka_unit_test(test_conv__bf16_is_the_same),
    {0},
};
