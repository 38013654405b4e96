/*
 * SPDX-License-Identifier: MIT
 *
 * Times every layer and pass of the default model on one thread, in the order of a
 * training step on one shard, so that caches hold what they would hold there. Each
 * round walks the whole step with the chosen kernels and once more with the reference
 * ones; a figure is the median over the rounds. GFLOP/s count the multiplications of
 * direct convolution, so that fast algorithms can exceed the machine's peak.
 *
 *   bench_layers [--json] [--images N] [--rounds N]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/machine.h"
#include "tensor/conv_select.h"
#include "tensor/gemm.h"
#include "tensor/nearest.h"
#include "tensor/simd.h"

enum { PACK, APPLY, ADJOINT, GRAD, PASSES };
enum { FAST, REFERENCE, KINDS };

typedef struct layer {
    const char *name;
    int k, stride, pad, c, oc, side; /* image side is [side, side, c] */
    bool transposed;                 /* forward is the adjoint map */
    bool first;                      /* no gradient of the image is needed */
} layer;

static const layer layers[] = {
    {"encoder conv 4x4 3-64", 4, 2, 1, 3, 64, 32, false, true},
    {"encoder conv 4x4 64-128", 4, 2, 1, 64, 128, 16, false, false},
    {"encoder conv 3x3 128-128", 3, 1, 1, 128, 128, 8, false, false},
    {"residual conv 3x3 128-32", 3, 1, 1, 128, 32, 8, false, false},
    {"residual conv 1x1 32-128", 1, 1, 0, 32, 128, 8, false, false},
    {"residual conv 3x3 128-32", 3, 1, 1, 128, 32, 8, false, false},
    {"residual conv 1x1 32-128", 1, 1, 0, 32, 128, 8, false, false},
    {"to code conv 1x1 128-64", 1, 1, 0, 128, 64, 8, false, false},
    {"decoder convT 3x3 64-128", 3, 1, 1, 128, 64, 8, true, false},
    {"residual conv 3x3 128-32", 3, 1, 1, 128, 32, 8, false, false},
    {"residual conv 1x1 32-128", 1, 1, 0, 32, 128, 8, false, false},
    {"residual conv 3x3 128-32", 3, 1, 1, 128, 32, 8, false, false},
    {"residual conv 1x1 32-128", 1, 1, 0, 32, 128, 8, false, false},
    {"decoder convT 4x4 128-64", 4, 2, 1, 64, 128, 16, true, false},
    {"decoder convT 4x4 64-3", 4, 2, 1, 3, 64, 32, true, false},
};

#define LAYERS ((int)(sizeof layers / sizeof *layers))
#define QUANTIZER 8 /* nearest code comes before this layer */
#define CODES 512
#define DIM 64
#define ROUNDS_MAX 1000

/* A layer with its buffers, for both kinds of kernel. */
typedef struct bench {
    conv_shape s;
    bool transposed, first;
    const conv_kernel *kernel[KINDS];
    float *x, *y, *dx, *dy, *w, *dw, *packed[KINDS][2];
    double seconds[KINDS][PASSES][ROUNDS_MAX];
} bench;

typedef struct options {
    bool json;
    int images, rounds;
} options;

/*
 * A layer's input is the output of the one before it (`last`, NULL for the first), as
 * in a network; the gradients chain the same way.
 */
static size_t bench_init(bench *b, const layer *l, int n, const bench *last)
{
    int out = conv_out_size(l->side, l->k, l->stride, l->pad);
    b->s = (conv_shape){l->k,  l->k,    l->stride, l->pad, l->pad, l->c,
                        l->oc, l->side, l->side,   out,    out};
    size_t n_x = (size_t)(n * l->side * l->side * l->c);
    size_t n_y = (size_t)(n * out * out * l->oc);
    size_t n_w = (size_t)(l->k * l->k * l->c * l->oc), scratch = 0;
    b->transposed = l->transposed;
    b->first = l->first;
    float *in = NULL, *d_in = NULL;
    if (last) {
        in = last->transposed ? last->x : last->y;
        d_in = last->transposed ? last->dx : last->dy;
    }
    b->x = in && !l->transposed ? in : numbers(n_x);
    b->dx = d_in && !l->transposed ? d_in : numbers(n_x);
    b->y = in && l->transposed ? in : numbers(n_y);
    b->dy = d_in && l->transposed ? d_in : numbers(n_y);
    b->w = numbers(n_w);
    b->dw = numbers(n_w);
    for (int kind = 0; kind < KINDS; kind++) {
        const conv_kernel *k =
            conv_select(&b->s, kind == REFERENCE ? CONV_REFERENCE : CONV_FASTEST);
        b->kernel[kind] = k;
        for (int map = CONV_APPLY; map <= CONV_ADJOINT; map++)
            b->packed[kind][map] = numbers(k->packed_size(&b->s, map));
        if (k->scratch_size(&b->s, n) > scratch)
            scratch = k->scratch_size(&b->s, n);
    }
    return scratch;
}

static bool has_pass(const layer *l, int pass)
{
    return pass != ADJOINT || !l->first;
}

static void run_pass(bench *b, const options *o, int kind, int pass, float *scratch)
{
    const bool back = pass != PACK && (pass == ADJOINT) != b->transposed;
    const conv_kernel *k = b->kernel[kind];
    if (pass == PACK)
        for (int map = CONV_APPLY; map <= (b->first ? CONV_APPLY : CONV_ADJOINT); map++)
            k->pack(&b->s, map, b->w, b->packed[kind][map]);
    else if (pass == APPLY)
        k->apply(&b->s, o->images, back ? b->dx : b->x, b->packed[kind][CONV_APPLY],
                 back ? b->dy : b->y, (conv_out){0}, scratch);
    else if (pass == ADJOINT)
        k->adjoint(&b->s, o->images, back ? b->dy : b->y, b->packed[kind][CONV_ADJOINT],
                   back ? b->dx : b->x, (conv_out){0}, scratch);
    else if (b->transposed)
        k->grad(&b->s, o->images, b->dx, b->y, b->dw, false, scratch);
    else
        k->grad(&b->s, o->images, b->x, b->dy, b->dw, false, scratch);
}

static void timed(bench *b, const options *o, int kind, int pass, int round,
                  float *scratch)
{
    double start = clock_seconds();
    run_pass(b, o, kind, pass, scratch);
    b->seconds[kind][pass][round] = clock_seconds() - start;
}

typedef struct quantizer {
    float *z, *codes, *scratch;
    int32_t *index;
    double seconds[KINDS][ROUNDS_MAX];
} quantizer;

static void step(bench *b, quantizer *q, const options *o, int kind, int round,
                 float *scratch)
{
    for (int i = 0; i < LAYERS; i++)
        timed(&b[i], o, kind, PACK, round, scratch);
    for (int i = 0; i < LAYERS; i++) {
        if (i == QUANTIZER) {
            double start = clock_seconds();
            nearest_code(q->z, o->images * 64, q->codes, CODES, DIM, q->index,
                         q->scratch);
            q->seconds[kind][round] = clock_seconds() - start;
        }
        timed(&b[i], o, kind, layers[i].transposed ? ADJOINT : APPLY, round, scratch);
    }
    for (int i = LAYERS - 1; i >= 0; i--) {
        timed(&b[i], o, kind, GRAD, round, scratch);
        int back = layers[i].transposed ? APPLY : ADJOINT;
        if (has_pass(&layers[i], back))
            timed(&b[i], o, kind, back, round, scratch);
    }
}

/* ---- the table ---------------------------------------------------------------------
 */

typedef struct row {
    const char *name, *pass, *kernel;
    double flop, seconds, reference;
} row;

static void print_row(const row *r, const machine *m, const options *o, bool last)
{
    double rate = r->flop / r->seconds * 1e-9;
    if (o->json)
        printf("    {\"layer\": \"%s\", \"pass\": \"%s\", \"kernel\": \"%s\", "
               "\"us\": %.2f, \"gflops\": %.2f, \"reference_us\": %.2f}%s\n",
               r->name, r->pass, r->kernel, r->seconds * 1e6, rate, r->reference * 1e6,
               last ? "" : ",");
    else
        printf("%-25s %-8s %-16s %9.1f %8.1f %6.0f%% %9.1f %6.2f\n", r->name, r->pass,
               r->kernel, r->seconds * 1e6, rate, m->fma > 0 ? 100 * rate / m->fma : 0,
               r->reference * 1e6, r->reference / r->seconds);
}

static void print_tail(const row *total, double packing, const machine *m,
                       const options *o)
{
    if (o->json) {
        printf(
            "  ],\n  \"images\": %d, \"us\": %.2f, \"reference_us\": %.2f, "
            "\"pack_us\": %.2f,\n  \"sgemm_gflops\": %.2f, \"fma_gflops\": %.2f\n}\n",
            o->images, total->seconds * 1e6, total->reference * 1e6, packing * 1e6,
            m->sgemm, m->fma);
        return;
    }
    print_row(total, m, o, true);
    printf("\npacking all weights once per step: %.1f us\n", packing * 1e6);
    printf("sgemm 2048^3 %.1f GFLOP/s, FMA peak %.1f GFLOP/s, one thread\n", m->sgemm,
           m->fma);
}

static void print_all(bench *b, quantizer *q, const machine *m, const options *o)
{
    static const char *const names[PASSES] = {"pack", "apply", "adjoint", "gradient"};
    row total = {.name = "all, without pack", .pass = "", .kernel = ""};
    double packing = 0;
    if (o->json)
        printf("{\n  \"layers\": [\n");
    else
        printf("%-25s %-8s %-16s %9s %8s %7s %9s %6s\n", "layer", "pass", "kernel",
               "us", "GFLOP/s", "of peak", "reference", "ratio");
    row r = {"nearest code",
             "forward",
             simd_best()->name,
             2.0 * o->images * 64 * CODES * DIM,
             median(q->seconds[FAST], o->rounds),
             median(q->seconds[REFERENCE], o->rounds)};
    total.flop = r.flop;
    total.seconds = r.seconds;
    total.reference = r.reference;
    print_row(&r, m, o, false);
    for (int i = 0; i < LAYERS; i++)
        for (int pass = 0; pass < PASSES; pass++) {
            const conv_shape *s = &b[i].s;
            if (!has_pass(&layers[i], pass))
                continue;
            r = (row){layers[i].name,
                      names[pass],
                      b[i].kernel[FAST]->name,
                      2.0 * o->images * s->oh * s->ow * s->oc * s->kh * s->kw * s->c,
                      median(b[i].seconds[FAST][pass], o->rounds),
                      median(b[i].seconds[REFERENCE][pass], o->rounds)};
            if (pass == PACK) {
                packing += r.seconds;
                continue;
            }
            total.flop += r.flop;
            total.seconds += r.seconds;
            total.reference += r.reference;
            print_row(&r, m, o, i == LAYERS - 1 && pass == PASSES - 1);
        }
    print_tail(&total, packing, m, o);
}

static bool parse(options *o, int argc, char **argv)
{
    *o = (options){.images = 8, .rounds = 101};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            o->json = true;
        else if (strcmp(argv[i], "--images") == 0 && i + 1 < argc)
            o->images = atoi(argv[++i]);
        else if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc)
            o->rounds = atoi(argv[++i]);
        else
            return false;
    }
    return o->images > 0 && o->images <= 1024 && o->rounds > 0 &&
           o->rounds <= ROUNDS_MAX;
}

int main(int argc, char **argv)
{
    static bench b[LAYERS];
    static quantizer q;
    options o;
    if (!parse(&o, argc, argv)) {
        fprintf(stderr, "usage: bench_layers [--json] [--images N] [--rounds N]\n");
        return 2;
    }
    gemm_init();
    size_t scratch_size = 0;
    for (int i = 0; i < LAYERS; i++) {
        size_t size = bench_init(&b[i], &layers[i], o.images, i ? &b[i - 1] : NULL);
        if (size > scratch_size)
            scratch_size = size;
    }
    float *scratch = numbers(scratch_size);
    q.z = numbers((size_t)(o.images * 64 * DIM));
    q.codes = numbers(CODES * DIM);
    q.scratch = numbers(nearest_scratch(CODES, DIM));
    q.index = (int32_t *)numbers((size_t)(o.images * 64));
    machine m = measure_machine();
    for (int round = 0; round < o.rounds; round++)
        for (int kind = 0; kind < KINDS; kind++) {
            step(b, &q, &o, kind, round, scratch); /* fills the caches */
            step(b, &q, &o, kind, round, scratch);
        }
    print_all(b, &q, &m, &o);
    return 0;
}
