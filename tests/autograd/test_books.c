/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "autograd/golden.h"
#include "autograd/golden_fill.h"
#include "autograd/gradcheck.h"
#include "autograd/quantizer.h"

#define ROWS QUANTIZER_ROWS
#define D 4
#define LEVELS 2
#define HEADS 2
#define BOOKS 4
#define K 5
#define VALUES (BOOKS * K * D / HEADS)

static const quantizer_shape shape = {LEVELS, HEADS, K, D};

static void golden_case(bool ema, const float *loss, const float *dz)
{
    quantizer q;
    float dy[ROWS * D];
    const quantizer_golden want = {.y = books_y,
                                   .codes = books_codes,
                                   .loss = loss,
                                   .dz = dz,
                                   .de = books_de,
                                   .count = books_count,
                                   .sum = books_sum,
                                   .y_tol = 1e-6,
                                   .de_tol = 1e-6,
                                   .de_rel = 1e-5};
    quantizer_start(&q, shape, ema, 0.75f, 0.25f, GRAPH_TRAIN);
    quantizer_check(&q, &want);

    golden_fill(dy, ROWS * D, 4);
    q.y->attr.quantize.rotation = true;
    net_forward(&q.t);
    net_backward(&q.t, dy);
    if (!ema)
        assert_close(run_dy(&q.t.r, q.z), books_rotation_dz, ROWS * D, 1e-6, 1e-5);
    net_release(&q.t);
}

static void test_books__golden(void **state)
{
    (void)state;
    golden_case(false, books_gradient_loss, books_gradient_dz);
    golden_case(true, books_ema_loss, books_ema_dz);
}

/* All books at once are what the operation does one by one. */
static void test_books__quantize(void **state)
{
    (void)state;
    quantizer q;
    quantizer_start(&q, shape, true, 0, 0.25f, GRAPH_TRAIN);
    const books *b = &q.y->attr.quantize.b;
    float left[ROWS * D], want[ROWS * D];
    int32_t code[ROWS * BOOKS];
    float *scratch = aligned_alloc(
        ARENA_ALIGN, arena_round(books_scratch(b, ROWS) * sizeof *scratch));
    assert_non_null(scratch);
    memcpy(left, q.t.x[0], sizeof left);
    books_quantize(b, net_value(&q.t, q.codes), left, ROWS, code, scratch);
    net_forward(&q.t);
    assert_memory_equal(code, run_codes(&q.t.r, q.y), sizeof code);
    for (int i = 0; i < ROWS * D; i++)
        want[i] = q.t.x[0][i] - run_y(&q.t.r, q.y)[i];
    assert_close(left, want, ROWS * D, 1e-6, 0);
    free(scratch);
    net_release(&q.t);
}

/* However many levels there are, z gets y's gradient once. */
static void test_books__straight_through(void **state)
{
    (void)state;
    quantizer_check_straight_through(shape);
}

/*
 * Each code is the nearest to what is left, by brute force; what is left after all is
 * the row less the sum of its codes. For every shape of books.
 */
static void test_books__nearest_and_rest(void **state)
{
    (void)state;
    enum { WIDTH = 12, N = 37 };
    float codes[WIDTH * K * 9], rows[N * WIDTH], left[N * WIDTH], row[WIDTH];
    int32_t code[N * 9 * 12];
    for (int levels = 1; levels <= 3; levels++)
        for (int heads = 1; heads <= 3; heads++) {
            books b = {.levels = levels, .heads = heads, .k = K, .d = WIDTH / heads};
            const int depth = books_depth(&b);
            float *scratch =
                aligned_alloc(64, arena_round(books_scratch(&b, N) * sizeof(float)));
            assert_non_null(scratch);
            net_fill(codes, (size_t)(depth * K * b.d), 1, -1, 1);
            net_fill(rows, N * WIDTH, 2, -1, 1);
            memcpy(left, rows, sizeof left);
            for (int book = 0; book < depth; book++) {
                books_nearest(&b, book, codes, left, N, code, scratch);
                for (int i = 0; i < N; i++) {
                    double least = (double)INFINITY;
                    int best = -1;
                    for (int k = 0; k < K; k++) {
                        double sum = 0;
                        for (int j = 0; j < b.d; j++) {
                            size_t at = books_part(&b, book) + (size_t)j;
                            double gap = (double)left[i * WIDTH + (int)at] -
                                         (double)codes[(book * K + k) * b.d + j];
                            sum += gap * gap;
                        }
                        best = sum < least ? k : best;
                        least = sum < least ? sum : least;
                    }
                    assert_int_equal(code[i * depth + book], best);
                }
                books_subtract(&b, book, codes, code, left, N);
            }
            for (int i = 0; i < N; i++) {
                books_row(&b, codes, code + i * depth, row);
                for (int j = 0; j < WIDTH; j++)
                    row[j] = rows[i * WIDTH + j] - row[j];
                assert_close(left + i * WIDTH, row, WIDTH, 1e-5, 0);
            }
            free(scratch);
        }
}

/*
 * What backward is the gradient of, in double, with the codes held:
 *   sum dy z + sum over levels of commitment mean((z - sums0_l)^2)
 *                             and codebook mean((left0_l - e_l)^2)
 */
typedef struct surrogate {
    const float *z, *e, *z0, *e0, *dy;
    const int32_t *code;
    double commitment, codebook;
} surrogate;

static double surrogate_value(void *user)
{
    const surrogate *s = user;
    double value = 0, commitment = 0, codebook = 0;
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < D; j++) {
            double sum0 = 0;
            value += (double)s->dy[i * D + j] * (double)s->z[i * D + j];
            for (int l = 0; l < LEVELS; l++) {
                int book = l * HEADS + j / (D / HEADS);
                int at = (book * K + s->code[i * BOOKS + book]) * (D / HEADS) +
                         j % (D / HEADS);
                double b = (double)s->z0[i * D + j] - sum0 - (double)s->e[at];
                sum0 += (double)s->e0[at];
                double c = (double)s->z[i * D + j] - sum0;
                commitment += c * c / (ROWS * D);
                codebook += b * b / (ROWS * D);
            }
        }
    return value + s->commitment * commitment + s->codebook * codebook;
}

static void test_books__gradients(void **state)
{
    (void)state;
    quantizer q;
    float z[ROWS * D], e[VALUES], dy[ROWS * D];
    quantizer_start(&q, shape, false, 0.75f, 0.25f, GRAPH_TRAIN);
    net_fill(dy, ROWS * D, 5, -0.01f, 0.01f);
    memcpy(z, q.t.x[0], sizeof z);
    memcpy(e, net_value(&q.t, q.codes), sizeof e);
    net_forward(&q.t);
    net_backward(&q.t, dy);
    surrogate s = {.z = z,
                   .e = e,
                   .z0 = q.t.x[0],
                   .e0 = net_value(&q.t, q.codes),
                   .dy = dy,
                   .code = run_codes(&q.t.r, q.y),
                   .commitment = 0.25,
                   .codebook = 0.75};
    gradcheck c = {.step = 0.1, .tol = 1e-5};
    gradcheck_array(&c, "z", z, run_dy(&q.t.r, q.z), ROWS * D, surrogate_value, &s);
    gradcheck_array(&c, "e", e, net_grad(&q.t, q.codes), VALUES, surrogate_value, &s);
    gradcheck_assert(&c);
    gradcheck_objects(&c, "e", e, net_grad(&q.t, q.codes), VALUES, surrogate_value, &s);
    net_release(&q.t);
}

const struct CMUnitTest test_books_suite[] = {
    cmocka_unit_test(test_books__golden),
    cmocka_unit_test(test_books__quantize),
    cmocka_unit_test(test_books__straight_through),
    cmocka_unit_test(test_books__nearest_and_rest),
    cmocka_unit_test(test_books__gradients),
    {0},
};
