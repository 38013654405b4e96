/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "autograd/golden.h"
#include "autograd/golden_fill.h"
#include "autograd/gradcheck.h"

#define ROWS 18 /* 2 images of 3 x 3 */
#define D 4
#define LEVELS 2
#define HEADS 2
#define BOOKS 4
#define K 5
#define VALUES (BOOKS * K * D / HEADS)

typedef struct quantizer {
    net t;
    int codes, sum, count; /* parameters */
    node *z, *y;
} quantizer;

static int add(net *t, const char *name, int rank, param_role role)
{
    param spec = {.rank = rank, .dims = {BOOKS, K, rank == 3 ? D / HEADS : 0}};
    spec.role = role;
    strcpy(spec.name, name);
    return params_add(&t->p, &spec);
}

static void start(quantizer *q, bool ema, float codebook, float commitment)
{
    *q = (quantizer){0};
    net *t = &q->t;
    q->codes = add(t, "codes", 3, ema ? PARAM_DERIVED : PARAM_TRAINED);
    q->sum = add(t, "sum", 3, PARAM_STATISTIC);
    q->count = add(t, "count", 2, PARAM_STATISTIC);
    quantize_attr attr = {.b = {.levels = LEVELS, .heads = HEADS},
                          .ema = ema,
                          .codebook_weight = codebook,
                          .commitment_weight = commitment,
                          .codebook = q->codes,
                          .ema_sum = ema ? q->sum : -1,
                          .ema_count = q->count};
    net_begin(t, false);
    q->z = net_input(t, 3, 3, D, true);
    q->y = graph_quantize(&t->g, q->z, &attr);
    net_ready(t, 2, GRAPH_TRAIN);
    golden_fill(t->x[0], ROWS * D, 1);
    golden_fill(net_value(t, q->codes), VALUES, 2);
}

static void golden_case(bool ema, const float *loss, const float *dz)
{
    quantizer q;
    float dy[ROWS * D], parts[LOSS_PARTS];
    const float zero[VALUES] = {0};
    start(&q, ema, 0.75f, 0.25f);
    golden_fill(dy, ROWS * D, 4);
    net_forward(&q.t);
    assert_close(run_y(&q.t.r, q.y), books_y, ROWS * D, 1e-6, 1e-6);
    assert_memory_equal(run_codes(&q.t.r, q.y), books_codes, sizeof books_codes);
    for (int i = 0; i < LOSS_PARTS; i++)
        parts[i] = (float)q.t.r.loss[i];
    assert_close(parts, loss, LOSS_PARTS, 0, 1e-6);
    net_backward(&q.t, dy);
    assert_close(run_dy(&q.t.r, q.z), dz, ROWS * D, 1e-6, 1e-6);
    assert_close(net_grad(&q.t, q.codes), ema ? zero : books_de, VALUES, 1e-6, 1e-5);
    assert_close(net_grad(&q.t, q.count), books_count, BOOKS * K, 0, 0);
    assert_close(net_grad(&q.t, q.sum), ema ? books_sum : zero, VALUES, 1e-6, 1e-6);

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

/* However many levels there are, z gets y's gradient exactly, once. */
static void test_books__straight_through(void **state)
{
    (void)state;
    quantizer q;
    float dy[ROWS * D];
    start(&q, true, 0, 0);
    net_fill(dy, ROWS * D, 5, -1, 1);
    net_forward(&q.t);
    net_backward(&q.t, dy);
    assert_close(run_dy(&q.t.r, q.z), dy, ROWS * D, 0, 0);
    net_release(&q.t);
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
    start(&q, false, 0.75f, 0.25f);
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
    for (int i = 0; i < GRADCHECK_FAULTS; i++) {
        float wrong[VALUES];
        memcpy(wrong, net_grad(&q.t, q.codes), sizeof wrong);
        const char *fault = gradcheck_fault(i, wrong, VALUES);
        gradcheck objects = {.step = 0.1, .tol = 1e-5};
        gradcheck_array(&objects, "e", e, wrong, VALUES, surrogate_value, &s);
        if (objects.bad == 0)
            fail_msg("e %s: nobody objects", fault);
    }
    net_release(&q.t);
}

const struct CMUnitTest test_books_suite[] = {
    cmocka_unit_test(test_books__golden),
    cmocka_unit_test(test_books__straight_through),
    cmocka_unit_test(test_books__nearest_and_rest),
    cmocka_unit_test(test_books__gradients),
    {0},
};
