/*
 * SPDX-License-Identifier: MIT
 *
 * A training step of the default model shared by ranks: what it takes, what goes over
 * the wire, and how long a rank is busy with it or waits. Built twice:
 *
 *   mpirun -n N build/release/bench-ranks-mpi [--batch B] [--threads T] [--steps N]
 *
 * prints one line for N ranks; bench-ranks, which is alone, measures the parts of a
 * step on one core and prints what follows for clusters of machines: shards divide
 * among all cores; every machine packs the weights, moves them and adds its slots up
 * with its own cores; the choice of the batch and the codes' averages are one thread's;
 * and a rank sends (M - 1) / M of two gradients.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bench/machine.h"
#include "bench/steps.h"
#include "cluster/cluster.h"

#define STEPS_MAX 1000
#define SLOTS 64      /* of a batch of 512 */
#define LATENCY 30e-6 /* of a message between machines */
#define MESSAGES 4    /* of a step that wait for each other: agree, losses, halves */

typedef struct bench {
    step_lab s;
    int batch, threads, steps;
    double seconds[STEPS_MAX];
} bench;

/* Steps of all ranks; the median in *seconds. */
static vq_status run_steps(bench *b, double *seconds, vq_error *err)
{
    for (int i = 0; i < b->steps; i++) {
        double began = clock_seconds();
        vq_status status = steps_gradient(&b->s, err);
        if (status != VQ_OK)
            return status;
        stepper_update(&b->s.step, &b->s.opt);
        steps_move_codes(&b->s, i + 1);
        b->seconds[i] = clock_seconds() - began;
    }
    *seconds = median(b->seconds, b->steps);
    return VQ_OK;
}

static vq_status measure_ranks(bench *b, vq_error *err)
{
    double seconds = 0;
    const cluster_cost before = cluster_spent();
    vq_status status = run_steps(b, &seconds, err);
    const cluster_cost after = cluster_spent();
    if (status == VQ_OK && cluster_rank() == 0)
        printf("%d ranks, %d threads each, batch %d: %.2f ms a step, %.0f images/s; "
               "%.2f MB sent and %.2f ms in exchange and waiting, a rank and step\n",
               cluster_ranks(), b->s.step.threads, b->batch, 1e3 * seconds,
               b->batch / seconds,
               1e-6 * (double)(after.bytes - before.bytes) / b->steps,
               1e3 * (after.seconds - before.seconds) / b->steps);
    return status;
}

/* ---- what follows -----------------------------------------------------------------
 */

typedef struct parts {
    double shards, pack, add, adam, codes; /* seconds on one core; add: of one slot */
    double bytes;                          /* of a gradient */
} parts;

static vq_status nothing(void *user, int i, int worker, vq_error *err)
{
    (void)user, (void)i, (void)worker, (void)err;
    return VQ_OK;
}

static vq_status measure_parts(bench *b, parts *p, vq_error *err)
{
    double pack[STEPS_MAX], add[STEPS_MAX], update[STEPS_MAX], codes[STEPS_MAX];
    double at[6];
    for (int i = 0; i < b->steps; i++) {
        at[0] = clock_seconds();
        vq_status status = steps_gradient(&b->s, err);
        if (status != VQ_OK)
            return status;
        at[1] = clock_seconds();
        graph_pack(&b->s.g, 0, b->s.g.n_nodes, b->s.step.packed);
        at[2] = clock_seconds();
        cluster_sum_run(&b->s.step.sum, b->s.step.slots, nothing, NULL, err);
        at[3] = clock_seconds();
        stepper_update(&b->s.step, &b->s.opt);
        at[4] = clock_seconds();
        steps_move_codes(&b->s, i + 1);
        at[5] = clock_seconds();
        b->seconds[i] = at[1] - at[0];
        pack[i] = at[2] - at[1];
        add[i] = at[3] - at[2];
        update[i] = at[4] - at[3];
        codes[i] = at[5] - at[4];
    }
    *p = (parts){.pack = median(pack, b->steps),
                 .add = median(add, b->steps) / (b->s.step.n_slots - 1),
                 .adam = median(update, b->steps),
                 .codes = median(codes, b->steps),
                 .bytes = (double)b->s.net.p.size * sizeof(float)};
    p->shards =
        median(b->seconds, b->steps) - p->pack - p->add * (b->s.step.n_slots - 1);
    return VQ_OK;
}

/* Seconds of a step on machines of so many cores, at bytes a second; 0: no wire. */
static double predicted(const parts *p, int machines, int cores, double rate)
{
    const double own = (double)SLOTS / machines - 1, share = 1.0 / machines;
    const double sum = p->add * (own + (machines - 1) * share);
    double seconds =
        p->shards / (machines * cores) + (p->pack + p->adam + sum) / cores + p->codes;
    if (machines > 1)
        seconds += 2 * p->bytes * (1 - share) / rate + MESSAGES * LATENCY;
    return seconds;
}

static void print_predicted(const parts *p, int batch)
{
    static const int clusters[][2] = {{1, 64}, {8, 1},  {8, 8},
                                      {16, 1}, {16, 4}, {64, 1}};
    static const double gigabits[] = {1, 10, 100};
    const double one = predicted(p, 1, 1, 0);
    printf("batch %d on one core: shards %.2f ms, packing %.2f, adding a slot %.3f, "
           "Adam %.2f, codes %.3f; a gradient of %.2f MB\n",
           batch, 1e3 * p->shards, 1e3 * p->pack, 1e3 * p->add, 1e3 * p->adam,
           1e3 * p->codes, 1e-6 * p->bytes);
    printf("%8s %6s %22s %22s %22s\n", "machines", "cores", "1 Gbit/s", "10 Gbit/s",
           "100 Gbit/s");
    for (size_t i = 0; i < sizeof clusters / sizeof *clusters; i++) {
        const int machines = clusters[i][0], cores = clusters[i][1];
        printf("%8d %6d", machines, cores);
        for (int g = 0; g < 3; g++) {
            double s = predicted(p, machines, cores, gigabits[g] * 1e9 / 8);
            printf("  %8.2f ms %5.1f%%   ", 1e3 * s,
                   100 * one / s / (machines * cores));
        }
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    static bench b = {.batch = 512, .threads = 1, .steps = 10};
    parts p;
    vq_error err = {""};
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--batch") == 0)
            b.batch = atoi(argv[i + 1]);
        if (strcmp(argv[i], "--threads") == 0)
            b.threads = atoi(argv[i + 1]);
        if (strcmp(argv[i], "--steps") == 0)
            b.steps = atoi(argv[i + 1]);
    }
    if (argc % 2 == 0 || b.batch < 16 || b.steps < 1 || b.steps > STEPS_MAX) {
        fprintf(stderr, "usage: bench_ranks [--batch B] [--threads T] [--steps N]\n");
        return 2;
    }
    vq_status status = steps_open(&b.s, b.batch, b.threads, &err);
    if (status == VQ_OK)
        status = measure_ranks(&b, &err);
    if (status == VQ_OK && cluster_ranks() == 1 && b.threads == 1) {
        status = measure_parts(&b, &p, &err);
        if (status == VQ_OK && b.s.step.n_slots == SLOTS)
            print_predicted(&p, b.batch);
    }
    if (status != VQ_OK)
        fprintf(stderr, "bench_ranks: %s\n", err.message);
    steps_close(&b.s);
    return status == VQ_OK ? 0 : 70;
}
