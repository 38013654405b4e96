/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab.h"
#include "network/weights.h"
#include "tiny.h"
#include "train/refined.h"

enum { BATCH = 11, SIDE = 32, PIXELS = SIDE * SIDE * 3 };

/* Image i, wherever a shard begins. */
static vq_status load(void *user, int first, int n, float *x, vq_error *err)
{
    (void)user, (void)err;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < PIXELS; k++)
            x[i * PIXELS + k] =
                (float)sin(0.01 * k * (1 + first + i) + (first + i) % 3) / 2;
    return VQ_OK;
}

typedef struct bench {
    network net;
    refined r;
    double loss[LOSS_PARTS];
} bench;

static vq_config config_of(int levels, int threads)
{
    vq_config c = tiny_config("best");
    c.batch_size = BATCH;
    c.levels = levels;
    c.threads = threads;
    return c;
}

static bench *bench_open(const vq_config *c)
{
    bench *b = calloc(1, sizeof *b);
    vq_error err;
    assert_ok(network_init(&b->net, c, &err), &err);
    network_draw(&b->net);
    assert_ok(refined_open(&b->r, &b->net, SIDE, 0.06, &err), &err);
    assert_ok(refined_gradients(&b->r, load, NULL, b->loss, &err), &err);
    assert_true(b->r.step.finite);
    return b;
}

static void bench_close(bench *b)
{
    refined_close(&b->r);
    refined_close(&b->r);
    network_release(&b->net);
    free(b);
}

/* ---- the same, one image at a time and with the formula as it is written ---- */

typedef struct naive {
    graph g[3]; /* to rows, from rows and back, the decoder that is trained */
    network_nodes at[3];
    run r[3];
    float *packed[3], *grad, *z;
    int32_t *code;
    float *scratch;
    books b;
} naive;

static naive *naive_open(const network *net)
{
    static const graph_mode mode[] = {GRAPH_INFER, GRAPH_PROBE, GRAPH_TRAIN};
    naive *v = calloc(1, sizeof *v);
    vq_error err;
    v->at[0] = network_rows_graph(net, &v->g[0], SIDE, SIDE);
    v->at[1] = network_decoder_graph(net, &v->g[1], SIDE / 4, SIDE / 4);
    v->at[1].input->needs_dy = true;
    v->at[2] = network_decoder_train_graph(net, &v->g[2], SIDE, SIDE, 0.06);
    for (int i = 0; i < 3; i++) {
        assert_ok(graph_plan(&v->g[i], 1, mode[i], &err), &err);
        assert_ok(run_init(&v->r[i], &v->g[i], &err), &err);
        v->packed[i] = aligned_alloc(64, arena_round(v->g[i].packed_floats * 4 + 64));
        graph_pack(&v->g[i], 0, v->g[i].n_nodes, v->packed[i]);
        v->r[i].packed = v->packed[i];
        v->r[i].n = 1;
        v->r[i].scale = 1.0f / BATCH;
    }
    v->b = network_books(&net->config);
    v->grad = calloc(net->p.size, sizeof *v->grad);
    v->r[2].grad = v->grad;
    v->z = calloc(3 * run_count(&v->r[0], v->at[0].output), sizeof *v->z);
    v->code = calloc((size_t)SIDE * SIDE, sizeof *v->code);
    v->scratch = aligned_alloc(64, arena_round(4 * books_scratch(&v->b, 64) + 64));
    return v;
}

static void naive_close(naive *v)
{
    for (int i = 0; i < 3; i++) {
        run_release(&v->r[i]);
        free(v->packed[i]);
    }
    free(v->grad);
    free(v->z);
    free(v->code);
    free(v->scratch);
    free(v);
}

/* q nearest to z. */
static void nearest(naive *v, const network *net, const float *z, size_t n, float *q)
{
    const float *codes = net->p.value + net->p.table[net->codebook].offset;
    const size_t width = books_width(&v->b), depth = (size_t)books_depth(&v->b);
    float *left = v->z + 2 * n;
    memcpy(left, z, n * sizeof *left);
    books_quantize(&v->b, codes, left, n / width, v->code, v->scratch);
    for (size_t i = 0; i < n / width; i++)
        books_row(&v->b, codes, v->code + i * depth, q + i * width);
}

/* Add image i's gradient to v->grad and its codes to counts. */
static void naive_image(naive *v, const network *net, int i, int passes, float *counts)
{
    const size_t n = run_count(&v->r[0], v->at[0].output);
    float *z = v->z, *q = v->z + n, *x = run_y(&v->r[0], v->at[0].input);
    float *pixels = malloc(PIXELS * sizeof *pixels);
    load(NULL, i, 1, pixels, NULL);
    memcpy(x, pixels, PIXELS * sizeof *x);
    graph_forward(&v->r[0]);
    memcpy(z, run_y(&v->r[0], v->at[0].output), n * sizeof *z);
    nearest(v, net, z, n, q);
    double eta = 0;
    for (int t = 0; t < passes; t++) {
        memcpy(run_y(&v->r[1], v->at[1].input), q, n * sizeof *q);
        graph_forward(&v->r[1]);
        float *dy = run_dy(&v->r[1], v->at[1].output);
        for (int k = 0; k < PIXELS; k++)
            dy[k] = run_y(&v->r[1], v->at[1].output)[k] - pixels[k];
        graph_backward(&v->r[1]);
        const float *g = run_dy(&v->r[1], v->at[1].input);
        double pull = 0, slope = 0;
        for (size_t k = 0; k < n; k++) {
            pull += pow((double)z[k] - (double)q[k], 2);
            slope += pow((double)g[k], 2);
        }
        eta = t == 0 ? 0.35 * sqrt(pull / slope) : eta;
        for (size_t k = 0; k < n; k++)
            z[k] =
                (float)((double)z[k] - eta * (1 - t / (passes + 1.0)) * (double)g[k] -
                        0.12 * ((double)z[k] - (double)q[k]));
        nearest(v, net, z, n, q);
    }
    memcpy(run_y(&v->r[2], v->at[2].pixels), pixels, PIXELS * sizeof *pixels);
    memcpy(run_y(&v->r[2], v->at[2].input), q, n * sizeof *q);
    graph_forward(&v->r[2]);
    graph_backward(&v->r[2]);
    const int depth = books_depth(&v->b);
    for (size_t k = 0; k < n / books_width(&v->b) * (size_t)depth; k++)
        counts[(k % (size_t)depth) * (size_t)v->b.k + (size_t)v->code[k]]++;
    free(pixels);
}

/* Gradients and counts of naive descents beside those of the bench. */
static void compare(const bench *b, int passes, double *far, double *other_codes)
{
    const network *net = &b->net;
    naive *v = naive_open(net);
    const param *count = &net->p.table[net->ema_count];
    const float *got = stepper_gradient(&b->r.step);
    float *counts = calloc(count->count, sizeof *counts);
    for (int i = 0; i < BATCH; i++)
        naive_image(v, net, i, passes, counts);
    *far = *other_codes = 0;
    for (size_t k = 0; k < count->count; k++)
        *other_codes += fabs((double)counts[k] - (double)got[count->offset + k]);
    for (int i = 0; i < net->p.n; i++) {
        const param *p = &net->p.table[i];
        double most = 0, size = 0;
        for (size_t k = p->offset; p != count && k < p->offset + p->count; k++) {
            most = fmax(most, fabs((double)v->grad[k] - (double)got[k]));
            size = fmax(size, fabs((double)v->grad[k]));
        }
        *far = fmax(*far, size > 0 ? most / size : most);
        if (i < net->decoder_first.weight && p != count)
            assert_true(most == 0 && size == 0);
        else if (p->role == PARAM_TRAINED)
            assert_true(size > 0);
    }
    free(counts);
    naive_close(v);
}

static void test_refined__is_the_formula(void **state)
{
    (void)state;
    for (int levels = 1; levels <= 2; levels++) {
        const vq_config c = config_of(levels, 2);
        bench *b = bench_open(&c);
        double far, other_codes;
        compare(b, REFINED_PASSES, &far, &other_codes);
        assert_true(other_codes == 0);
        assert_true(far < 1e-4);
        /* the comparison sees a pass less */
        compare(b, REFINED_PASSES - 1, &far, &other_codes);
        assert_true(other_codes > 0 && far > 1e-3);
        bench_close(b);
    }
}

/* Refined codes decode to something nearer than the nearest codes do. */
static void test_refined__lowers_the_loss(void **state)
{
    (void)state;
    const vq_config c = config_of(1, 1);
    bench *b = bench_open(&c);
    graph *g = calloc(1, sizeof *g);
    stepper plain;
    double loss[LOSS_PARTS];
    vq_error err;
    network_nodes at = network_train_graph(&b->net, g, SIDE, SIDE, 0.06);
    assert_ok(graph_plan(g, SHARD_IMAGES, GRAPH_TRAIN, &err), &err);
    assert_ok(stepper_init(&plain, g, &b->net.p, BATCH, 1, &err), &err);
    assert_ok(stepper_gradients(&plain, at.input, load, NULL, loss, &err), &err);
    assert_true(b->loss[LOSS_RECON] < loss[LOSS_RECON]);
    assert_true(b->loss[LOSS_COMMITMENT] == 0);
    stepper_release(&plain);
    free(g);
    bench_close(b);
}

static void test_refined__any_threads(void **state)
{
    (void)state;
    const vq_config one = config_of(1, 1);
    bench *a = bench_open(&one);
    for (int threads = 2; threads <= 3; threads++) {
        const vq_config many = config_of(1, threads);
        bench *b = bench_open(&many);
        assert_memory_equal(stepper_gradient(&a->r.step), stepper_gradient(&b->r.step),
                            a->net.p.size * sizeof(float));
        assert_true(a->loss[LOSS_RECON] == b->loss[LOSS_RECON]);
        bench_close(b);
    }
    bench_close(a);
}

/* ---- in a training ---- */

/* Values of both models that lie before the decoder, and after them, are the same? */
static void compare_halves(const vq_config *a, const vq_config *b, bool same[2])
{
    vq_error err;
    network *net[2];
    const vq_config *c[2] = {a, b};
    for (int i = 0; i < 2; i++) {
        char path[VQ_PATH_MAX + 64];
        st_file f;
        train_facts facts;
        net[i] = calloc(1, sizeof *net[i]);
        snprintf(path, sizeof path, "%s/model.safetensors", c[i]->out);
        assert_ok(st_read(&f, path, &err), &err);
        assert_ok(weights_load(net[i], &facts, &f, path, &err), &err);
        st_release(&f);
    }
    const params *p = &net[0]->p;
    size_t first = p->table[net[0]->decoder_first.weight].offset;
    same[0] = memcmp(p->value, net[1]->p.value, first * sizeof *p->value) == 0;
    same[1] = memcmp(p->value + first, net[1]->p.value + first,
                     (p->size - first) * sizeof *p->value) == 0;
    for (int i = 0; i < 2; i++) {
        network_release(net[i]);
        free(net[i]);
    }
}

/* In the last part encoder and codes, and their sums, stay; the decoder moves. */
static void test_refined__decoder_alone(void **state)
{
    (void)state;
    for (int optimizer = VQ_ADAM; optimizer <= VQ_MUON; optimizer++) {
        lab *l = lab_open(30);
        vq_error err;
        bool same[2];
        vq_config short_run = lab_config(l, "zalando", "short", 8);
        short_run.optimizer = optimizer;
        short_run.schedule = VQ_SCHEDULE_CONSTANT;
        short_run.revive = 2;
        vq_config long_run = short_run;
        snprintf(long_run.out, sizeof long_run.out, "%s/long", l->folder);
        long_run.steps = 16;
        long_run.refine_share = 0.5;
        assert_ok(vq_train(&short_run, lab_watch, l, &err), &err);
        assert_ok(vq_train(&long_run, lab_watch, l, &err), &err);
        compare_halves(&short_run, &long_run, same);
        assert_true(same[0]);
        assert_false(same[1]);
        lab_close(l);
    }
}

/* Stopped before, at and after the beginning of the last part. */
static void test_refined__resumes(void **state)
{
    (void)state;
    lab *l = lab_open(30);
    vq_error err;
    vq_config whole = lab_config(l, "sonnet", "whole", 8);
    whole.refine_share = 0.5;
    whole.schedule = VQ_SCHEDULE_COSINE;
    assert_ok(vq_train(&whole, lab_watch, l, &err), &err);
    for (int64_t at = 3; at <= 5; at++) {
        vq_config parts = whole;
        snprintf(parts.out, sizeof parts.out, "%s/%d", l->folder, (int)at);
        l->stop_at = at;
        l->steps = 0;
        assert_int_equal(vq_train(&parts, lab_watch, l, &err), VQ_ESTOPPED);
        l->stop_at = 0;
        parts.resume = true;
        assert_ok(vq_train(&parts, lab_watch, l, &err), &err);
        lab_assert_same(&whole, &parts, "model.safetensors");
        lab_assert_same(&whole, &parts, "checkpoint.safetensors");
    }
    lab_close(l);
}

static void test_refined__out_of_memory(void **state)
{
    (void)state;
    const vq_config c = config_of(1, 2);
    vq_error err;
    network *net = calloc(1, sizeof *net);
    refined *r = calloc(1, sizeof *r);
    vq_status status = VQ_ENOMEM;
    int failures = 0;
    assert_ok(network_init(net, &c, &err), &err);
    for (int at = 1; status != VQ_OK; at++, failures += status != VQ_OK) {
        support_alloc_fail_at(at);
        status = refined_open(r, net, SIDE, 0.06, &err);
        support_alloc_fail_at(0);
        if (status != VQ_OK)
            assert_int_equal(status, VQ_ENOMEM);
        refined_close(r);
    }
    assert_true(failures >= 6);
    network_release(net);
    free(net);
    free(r);
}

const struct CMUnitTest test_refined_suite[] = {
    cmocka_unit_test(test_refined__is_the_formula),
    cmocka_unit_test(test_refined__lowers_the_loss),
    cmocka_unit_test(test_refined__any_threads),
    cmocka_unit_test(test_refined__decoder_alone),
    cmocka_unit_test(test_refined__resumes),
    cmocka_unit_test(test_refined__out_of_memory),
    {0},
};
