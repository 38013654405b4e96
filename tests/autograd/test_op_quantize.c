/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <string.h>

#include "autograd/golden.h"
#include "autograd/golden_fill.h"
#include "autograd/gradcheck.h"
#include "autograd/quantizer.h"
#include "autograd/rotation.h"

#define ROWS QUANTIZER_ROWS
#define K 6
#define D 4

static const quantizer_shape shape = {.k = K, .d = D};

static void golden_case(bool ema, const float *loss, const float *dz)
{
    quantizer q;
    const quantizer_golden want = {.y = quantize_y,
                                   .codes = quantize_codes,
                                   .loss = loss,
                                   .dz = dz,
                                   .de = quantize_de,
                                   .count = quantize_count,
                                   .sum = quantize_sum,
                                   .de_tol = 1e-7,
                                   .de_rel = 1e-6};
    quantizer_start(&q, shape, ema, 0.75f, 0.25f, GRAPH_TRAIN);
    quantizer_check(&q, &want);
    net_release(&q.t);
}

static void test_op_quantize__golden(void **state)
{
    (void)state;
    golden_case(false, quantize_gradient_loss, quantize_gradient_dz);
    golden_case(true, quantize_ema_loss, quantize_ema_dz);
}

/* ---- the rotation trick ---- */

static void test_op_quantize__rotation_golden(void **state)
{
    (void)state;
    quantizer q;
    float dy[ROWS * D];
    quantizer_start(&q, shape, false, 0.75f, 0.25f, GRAPH_TRAIN);
    q.y->attr.quantize.rotation = true;
    golden_fill(dy, ROWS * D, 4);
    net_forward(&q.t);
    net_backward(&q.t, dy);
    assert_close(run_dy(&q.t.r, q.z), quantize_rotation_dz, ROWS * D, 1e-6, 1e-5);
    assert_close(net_grad(&q.t, q.codes), quantize_de, K * D, 1e-7, 1e-6);
    net_release(&q.t);
}

/*
 * The map is |q|/|z| times a rotation that takes z to q. So its transpose, which
 * backward applies, keeps lengths up to that factor and <dz, z> is <g, q>; and a vector
 * at right angles to both only changes in length. What lacks one of these is not the
 * trick.
 */
static void test_op_quantize__rotation_is_one(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 50; seed++) {
        enum { N = 9 };
        float z[N], q[N], g[N], dz[N];
        net_fill(z, N, seed, -2, 2);
        net_fill(q, N, seed + 100, -1, 1);
        net_fill(g, N, seed + 200, -1, 1);
        rotation_gradient(z, q, g, N, dz);
        double zz = rotation_dot(z, z, N), qq = rotation_dot(q, q, N);
        double gg = rotation_dot(g, g, N), dd = rotation_dot(dz, dz, N);
        assert_true(fabs(dd - qq / zz * gg) < 1e-5 * dd);
        assert_true(fabs(rotation_dot(dz, z, N) - rotation_dot(g, q, N)) < 1e-5);
        assert_true(rotation_dot(dz, z, N) != rotation_dot(g, z, N)); /* straight */
        double zq = rotation_dot(z, q, N), det = zz * qq - zq * zq;
        double zg = rotation_dot(z, g, N), qg = rotation_dot(q, g, N);
        for (int j = 0; j < N; j++)
            g[j] -= (float)((zg * qq - qg * zq) / det * (double)z[j] +
                            (qg * zz - zg * zq) / det * (double)q[j]);
        rotation_gradient(z, q, g, N, dz);
        for (int j = 0; j < N; j++)
            g[j] *= (float)sqrt(qq / zz);
        assert_close(dz, g, N, 1e-5, 1e-4);
    }
}

/* Where there is no rotation the gradient goes straight through. */
static void test_op_quantize__rotation_undefined(void **state)
{
    (void)state;
    const float zero[3] = {0, 0, 0}, a[3] = {1, 2, -1}, back[3] = {-2, -4, 2};
    const float g[3] = {0.5f, -1, 3};
    const float *cases[3][2] = {{zero, a}, {a, zero}, {a, back}};
    for (int i = 0; i < 3; i++) {
        float dz[3] = {NAN, NAN, NAN};
        rotation_gradient(cases[i][0], cases[i][1], g, 3, dz);
        assert_close(dz, g, 3, 0, 0);
    }
}

/* y is a codebook row, bit for bit, in both modes; INFER collects nothing. */
static void test_op_quantize__rows(void **state)
{
    (void)state;
    for (int train = 0; train < 2; train++) {
        quantizer q;
        quantizer_start(&q, shape, true, 0, 0.25f, train ? GRAPH_TRAIN : GRAPH_INFER);
        net_forward(&q.t);
        const float *codes = net_value(&q.t, q.codes), *y = run_y(&q.t.r, q.y);
        const int32_t *code = run_codes(&q.t.r, q.y);
        if (!train)
            assert_int_equal(q.y->y_at, q.z->y_at); /* in place */
        for (int i = 0; i < ROWS; i++)
            assert_memory_equal(y + i * D, codes + code[i] * D, D * sizeof *y);
        for (int i = 0; i < K; i++)
            assert_true((net_grad(&q.t, q.count)[i] > 0) == (train > 0));
        net_release(&q.t);
    }
}

/* Without a commitment loss z gets exactly y's gradient, replaced or added to. */
static void test_op_quantize__straight_through(void **state)
{
    (void)state;
    quantizer_check_straight_through(shape);

    quantizer q;
    float dy[ROWS * D];
    quantizer_start(&q, shape, true, 0, 0, GRAPH_TRAIN);
    net_fill(dy, ROWS * D, 5, -1, 1);
    graph_add(&q.t.g, q.y, q.z); /* z's gradient is now twice y's */
    vq_error err;
    assert_ok(graph_plan(&q.t.g, 2, GRAPH_TRAIN, &err), &err);
    net_unshare(&q.t);
    net_forward(&q.t);
    net_backward(&q.t, dy);
    for (int i = 0; i < ROWS * D; i++)
        dy[i] *= 2;
    assert_close(run_dy(&q.t.r, q.z), dy, ROWS * D, 0, 0);
    net_release(&q.t);
}

/*
 * What backward is the gradient of, in double: the nearest codes are held, and each
 * loss sees the other side as a constant.
 *   sum y_weight (z + const) + commitment mean((z - e0)^2) + codebook mean((z0 - e)^2)
 */
typedef struct surrogate {
    const float *z, *e, *z0, *e0, *y_weight;
    const int32_t *code;
    double commitment, codebook;
} surrogate;

static double surrogate_value(void *user)
{
    const surrogate *s = user;
    double value = 0, commitment = 0, codebook = 0;
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < D; j++) {
            int row = i * D + j, at = s->code[i] * D + j;
            double c = (double)s->z[row] - (double)s->e0[at];
            double b = (double)s->z0[row] - (double)s->e[at];
            value += (double)s->y_weight[row] * (double)s->z[row];
            commitment += c * c / (ROWS * D);
            codebook += b * b / (ROWS * D);
        }
    return value + s->commitment * commitment + s->codebook * codebook;
}

static void test_op_quantize__gradients(void **state)
{
    (void)state;
    for (int ema = 0; ema < 2; ema++) {
        quantizer q;
        float z[ROWS * D], e[K * D], dy[ROWS * D];
        quantizer_start(&q, shape, ema, 0.75f, 0.25f, GRAPH_TRAIN);
        net_fill(dy, ROWS * D, 5, -0.01f, 0.01f);
        memcpy(z, q.t.x[0], sizeof z);
        memcpy(e, net_value(&q.t, q.codes), sizeof e);
        net_forward(&q.t);
        net_backward(&q.t, dy);
        surrogate s = {.z = z,
                       .e = e,
                       .z0 = q.t.x[0],
                       .e0 = net_value(&q.t, q.codes),
                       .y_weight = dy,
                       .code = run_codes(&q.t.r, q.y),
                       .commitment = 0.25,
                       .codebook = ema ? 0 : 0.75};
        gradcheck c = {.step = 0.1, .tol = 1e-5};
        gradcheck_array(&c, "z", z, run_dy(&q.t.r, q.z), ROWS * D, surrogate_value, &s);
        gradcheck_array(&c, "e", e, net_grad(&q.t, q.codes), K * D, surrogate_value,
                        &s);
        gradcheck_assert(&c);
        gradcheck_objects(&c, "z", z, run_dy(&q.t.r, q.z), ROWS * D, surrogate_value,
                          &s);
        net_release(&q.t);
    }
}

static void test_op_quantize__refused(void **state)
{
    (void)state;
    static const char *const messages[] = {"no codebook of 4 values",
                                           "no statistics of 6 x 4"};
    for (int i = 0; i < 4; i++) {
        vq_error err;
        net t = {0};
        int codes = net_plain(&t, "codes", PARAM_TRAINED, 2, K, i == 0 ? D + 1 : D);
        int sum = net_plain(&t, "sum", PARAM_STATISTIC, 2, K, D);
        int count = net_plain(&t, "count", PARAM_STATISTIC, 1, i == 2 ? K + 1 : K, 0);
        quantize_attr attr = {.ema = true,
                              .codebook = i == 1 ? 99 : codes,
                              .ema_sum = i == 3 ? -1 : sum,
                              .ema_count = count};
        net_begin(&t, false);
        assert_null(graph_quantize(&t.g, net_input(&t, 3, 3, D, true), &attr));
        assert_fails(graph_plan(&t.g, 2, GRAPH_TRAIN, &err), VQ_EINTERNAL, &err,
                     messages[i / 2]);
        net_release(&t);
    }
}

const struct CMUnitTest test_op_quantize_suite[] = {
    cmocka_unit_test(test_op_quantize__golden),
    cmocka_unit_test(test_op_quantize__rotation_golden),
    cmocka_unit_test(test_op_quantize__rotation_is_one),
    cmocka_unit_test(test_op_quantize__rotation_undefined),
    cmocka_unit_test(test_op_quantize__rows),
    cmocka_unit_test(test_op_quantize__straight_through),
    cmocka_unit_test(test_op_quantize__gradients),
    cmocka_unit_test(test_op_quantize__refused),
    {0},
};
