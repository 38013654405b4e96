/*
 * SPDX-License-Identifier: MIT
 *
 * Times a training step of the prior, 8x8 codes of 512, batch 64, at 1 and 2 workers:
 * pictures a second, and each kind of op's share of one worker's time. Then 64 pictures
 * drawn by one worker, a position after the other, beside as many passes of the whole
 * net over them, which is what drawing would take if nothing were kept.
 *
 *   bench_prior [--json] [--seconds N] [--width N] [--depth N] [--batch N] [--bf16 1]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "bench/machine.h"
#include "prior/draw.h"
#include "prior/score.h"
#include "train/stepper.h"

enum { SIDE = 8, STEPS_MAX = 4000 };

typedef struct bench {
    prior_shape shape;
    int batch, threads;
    bool bf16;
    double seconds;
    pixelcnn net;
    graph g;
    pixelcnn_nodes nodes;
    stepper step;
    adam opt;
    double took[STEPS_MAX];
} bench;

/* Codes that differ: which they are does not matter for the time. */
static vq_status load(void *user, int first, int n, float *x, vq_error *err)
{
    const bench *b = user;
    (void)err;
    for (int i = 0; i < n * SIDE * SIDE; i++, x += 2) {
        x[0] = (float)(((unsigned)i * 37 + (unsigned)(first + 1) * 101) %
                       (unsigned)b->shape.codes);
        x[1] = (float)((first + i / (SIDE * SIDE)) % b->shape.classes);
    }
    return VQ_OK;
}

static vq_status bench_open(bench *b, vq_error *err)
{
    vq_status status;
    TRY(pixelcnn_init(&b->net, &b->shape, err));
    pixelcnn_draw(&b->net, 1);
    b->nodes = pixelcnn_graph(&b->net, &b->g, SIDE, SIDE,
                              b->bf16 ? CONV_BF16 : CONV_FASTEST, 0);
    TRY(graph_plan(&b->g, SHARD_IMAGES, GRAPH_TRAIN, err));
    TRY(stepper_init(&b->step, &b->g, &b->net.p, b->batch, b->threads, err));
    TRY(adam_init(&b->opt, b->net.p.size, 1e-3, false, err));
out:
    return status;
}

static void bench_close(bench *b)
{
    adam_release(&b->opt);
    stepper_release(&b->step);
    pixelcnn_release(&b->net);
}

/* Median and smallest time of a step, in seconds. */
static vq_status bench_steps(bench *b, double *middle, double *least, vq_error *err)
{
    int n = 0;
    double loss[LOSS_PARTS], end = clock_seconds() + b->seconds;
    for (int i = 0; n < 3 || (n < STEPS_MAX && clock_seconds() < end); i++) {
        double begin = clock_seconds();
        vq_status status =
            stepper_gradients(&b->step, b->nodes.input, load, b, loss, err);
        if (status != VQ_OK)
            return status;
        stepper_update(&b->step, &b->opt);
        if (i >= 2)
            b->took[n++] = clock_seconds() - begin;
    }
    *middle = median(b->took, n);
    *least = b->took[0];
    return VQ_OK;
}

/* ---- ops --------------------------------------------------------------------------
 */

#define KINDS_MAX 16

typedef struct kind {
    const char *name;
    double forward, backward; /* seconds */
    double work;              /* multiply-adds of forward */
} kind;

static kind *kind_of(kind *kinds, const char *name)
{
    while (kinds->name && strcmp(kinds->name, name) != 0)
        kinds++;
    kinds->name = name;
    return kinds;
}

/* A label that tells convolutions of different kernels apart. */
static const char *label(const node *nd)
{
    static const char *const names[] = {"conv 1x1", "conv along", "conv down"};
    if (strcmp(nd->op->name, "conv") != 0)
        return nd->op->name;
    const conv_shape *s = &nd->attr.conv.shape;
    return names[s->kh > 1 ? 2 : s->kw > 1 ? 1 : 0];
}

/* Processor time of this thread: other programs do not count. */
static double thread_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Multiply-adds of a node for n images, forward. */
static double work(const node *nd, int n)
{
    const conv_shape *s = &nd->attr.conv.shape;
    if (strcmp(nd->op->name, "conv") != 0)
        return 0;
    return (double)n * s->oh * s->ow * s->oc * s->kh * s->kw * s->c;
}

/* Where the time of one worker's shards goes. */
static void time_ops(bench *b, kind *kinds)
{
    run *r = &b->step.runs[0];
    for (int round = 0; round < 40; round++) {
        r->grad = b->step.slots;
        r->n = SHARD_IMAGES;
        run_zero(r);
        load(b, 0, r->n, run_y(r, b->nodes.input), NULL);
        for (const node *nd = b->g.nodes; nd < b->g.nodes + b->g.n_nodes; nd++) {
            kind *k = kind_of(kinds, label(nd));
            double begin = thread_seconds();
            if (nd->op->forward)
                nd->op->forward(nd, r);
            k->forward += thread_seconds() - begin;
            k->work += work(nd, r->n);
        }
        for (const node *nd = b->g.nodes + b->g.n_nodes; nd-- > b->g.nodes;) {
            double begin = thread_seconds();
            if (nd->op->backward && nd->needs_dy)
                nd->op->backward(nd, r);
            kind_of(kinds, label(nd))->backward += thread_seconds() - begin;
        }
        r->fresh = false;
    }
}

static void print_ops(const kind *kinds)
{
    double sum = 0;
    for (int i = 0; kinds[i].name; i++)
        sum += kinds[i].forward + kinds[i].backward;
    for (int i = 0; kinds[i].name; i++) {
        const kind *k = &kinds[i];
        printf("  %-14s forward %4.1f%%  backward %4.1f%%", k->name,
               100 * k->forward / sum, 100 * k->backward / sum);
        if (k->work > 0)
            printf("  %3.0f and %3.0f GFLOP/s", 2e-9 * k->work / k->forward,
                   4e-9 * k->work / k->backward);
        printf("\n");
    }
    printf("  one worker alone: %.1f pictures/s of processor time\n",
           40 * SHARD_IMAGES / sum);
}

/* ---- drawing ----------------------------------------------------------------------
 */

enum { DRAWN = SIDE * SIDE };

/* Seconds of one worker for DRAWN pictures: drawn, and one pass over them. */
static vq_status time_drawing(const bench *b, double *drawn, double *pass,
                              vq_error *err)
{
    static int32_t codes[DRAWN][SIDE * SIDE];
    int label[DRAWN] = {0};
    columns_net cn = {0};
    scorer s = {0};
    double took[3];
    const drawing d = {.n = DRAWN,
                       .h = SIDE,
                       .w = SIDE,
                       .label = label,
                       .cuts = {.temperature = 1, .top_p = 1},
                       .threads = 1};
    vq_status status;
    TRY(columns_net_init(&cn, &b->net, err));
    for (int i = 0; i < 3; i++) {
        took[i] = thread_seconds();
        TRY(prior_draw(&cn, &d, codes[0], err));
        took[i] = thread_seconds() - took[i];
    }
    *drawn = median(took, 3);
    TRY(score_open(&s, &b->net, SIDE, SIDE, 1, err));
    for (int i = 0; i < 3; i++) {
        run *r = &s.runs[0];
        graph_pack(&s.g, 0, s.g.n_nodes, s.packed);
        took[i] = thread_seconds();
        for (int first = 0; first < DRAWN; first += r->n) {
            r->n = DRAWN - first < s.g.max_n ? DRAWN - first : s.g.max_n;
            for (int k = 0; k < r->n; k++)
                score_input(&b->net.shape, codes[first + k], 0, SIDE * SIDE,
                            run_y(r, s.nodes.input) + k * SIDE * SIDE * 2);
            graph_forward(r);
        }
        took[i] = thread_seconds() - took[i];
    }
    *pass = median(took, 3);
out:
    score_close(&s);
    columns_net_release(&cn);
    return status;
}

int main(int argc, char **argv)
{
    static bench b;
    prior_shape shape = {.codes = 512,
                         .books = 1,
                         .classes = 10,
                         .width = 64,
                         .depth = 15,
                         .first = 7,
                         .kernel = 3,
                         .hidden = 512};
    bool json = false, bf16 = false;
    int batch = 64;
    double seconds = 5;
    for (int i = 1; i < argc; i++) {
        int value = i + 1 < argc ? atoi(argv[i + 1]) : 0;
        json = json || strcmp(argv[i], "--json") == 0;
        if (strcmp(argv[i], "--seconds") == 0)
            seconds = value;
        if (strcmp(argv[i], "--width") == 0)
            shape.width = value;
        if (strcmp(argv[i], "--depth") == 0)
            shape.depth = value;
        if (strcmp(argv[i], "--batch") == 0)
            batch = value;
        if (strcmp(argv[i], "--bf16") == 0)
            bf16 = value;
    }
    for (int threads = 1; threads <= 2; threads++) {
        vq_error err = {""};
        double middle, least;
        kind kinds[KINDS_MAX] = {0};
        b = (bench){.shape = shape,
                    .batch = batch,
                    .threads = threads,
                    .bf16 = bf16,
                    .seconds = seconds};
        if (bench_open(&b, &err) != VQ_OK ||
            bench_steps(&b, &middle, &least, &err) != VQ_OK) {
            fprintf(stderr, "bench_prior: %s\n", err.message);
            return 70;
        }
        printf(json ? "{\"threads\": %d, \"pictures_per_s\": %.1f, \"best\": %.1f}\n"
                    : "%d threads: %.1f pictures/s, at best %.1f\n",
               threads, batch / middle, batch / least);
        if (threads == 1 && !json) {
            double drawn, pass;
            time_ops(&b, kinds);
            print_ops(kinds);
            if (time_drawing(&b, &drawn, &pass, &err) != VQ_OK) {
                fprintf(stderr, "bench_prior: %s\n", err.message);
                return 70;
            }
            printf("  %d pictures drawn: %.2f s; a pass over them %.2f s, %d of them "
                   "%.1f times as long\n",
                   DRAWN, drawn, pass, DRAWN, DRAWN * pass / drawn);
        }
        bench_close(&b);
    }
    return 0;
}
