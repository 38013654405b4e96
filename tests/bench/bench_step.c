/*
 * SPDX-License-Identifier: MIT
 *
 * Times the whole training step of the default model, at batch 32 and 128 and at 1 and
 * 2 workers, cut into its phases: the ones that workers share and the ones that one
 * thread does alone. From the serial share follows what more cores would give. A figure
 * is the median over the steps. "of limit" is the share of what direct convolution
 * could reach at most: threads x the measured sgemm peak / 0.273 GFLOP an image.
 *
 *   bench_step [--json] [--steps N]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bench/machine.h"
#include "bench/steps.h"
#include "data/sampler.h"

#define STEPS_MAX 1000
#define GFLOP_PER_IMAGE 0.273

enum { GRADIENTS, UPDATE, SAMPLE, CODEBOOK, PHASES, WHOLE = PHASES };

static const char *const phase_name[PHASES] = {"gradients", "Adam", "sampler",
                                               "codebook"};
static const bool phase_shared[PHASES] = {true, true, false, false};

/* A training's machinery without files around it. */
typedef struct bench {
    step_lab s;
    sampler sampler;
    int64_t index[128];
    double seconds[PHASES + 1][STEPS_MAX];
} bench;

/* Medians of one setting, in seconds. */
typedef struct result {
    int batch, threads;
    double phase[PHASES + 1];
} result;

static vq_status run_step(bench *b, int i, vq_error *err)
{
    double at[PHASES + 1];
    at[0] = clock_seconds();
    vq_status status = steps_gradient(&b->s, err);
    at[1] = clock_seconds();
    stepper_update(&b->s.step, &b->s.opt);
    at[2] = clock_seconds();
    sampler_batch(&b->sampler, i, b->index);
    at[3] = clock_seconds();
    steps_move_codes(&b->s, i + 1);
    at[4] = clock_seconds();
    for (int phase = 0; phase < PHASES; phase++)
        b->seconds[phase][i] = at[phase + 1] - at[phase];
    b->seconds[WHOLE][i] = at[PHASES] - at[0];
    return status;
}

static vq_status measure(result *r, int batch, int threads, int steps, vq_error *err)
{
    bench *b = calloc(1, sizeof *b);
    if (!b)
        return vq_fail_memory(err, sizeof *b);
    vq_status status;
    TRY(steps_open(&b->s, batch, threads, err));
    TRY(sampler_init(&b->sampler, SAMPLER_EPOCHS, 50000, batch, 1, err));
    for (int i = 0; i < steps; i++)
        TRY(run_step(b, i, err));
    *r = (result){.batch = batch, .threads = threads};
    for (int phase = 0; phase <= PHASES; phase++)
        r->phase[phase] = median(b->seconds[phase], steps);
out:
    sampler_release(&b->sampler);
    steps_close(&b->s);
    free(b);
    return status;
}

/* Seconds of a step on that many cores: shared phases divide among at most the slots.
 */
static double predicted(const result *one, int cores)
{
    const int shard = shard_images(SIDE * SIDE);
    int shards = (one->batch + shard - 1) / shard;
    int slots = shards < SLOTS_MAX ? shards : SLOTS_MAX;
    double seconds = 0;
    for (int phase = 0; phase < PHASES; phase++) {
        int share = phase == GRADIENTS && slots < cores ? slots : cores;
        seconds += one->phase[phase] / (phase_shared[phase] ? share : 1);
    }
    return seconds;
}

static void print_json(const result *r, int n, const machine *m)
{
    printf("{\"steps\": [\n");
    for (int i = 0; i < n; i++) {
        printf(
            "  {\"batch\": %d, \"threads\": %d, \"ms\": %.4f, \"images_per_s\": %.1f",
            r[i].batch, r[i].threads, 1e3 * r[i].phase[WHOLE],
            r[i].batch / r[i].phase[WHOLE]);
        for (int phase = 0; phase < PHASES; phase++)
            printf(", \"%s_ms\": %.4f", phase_name[phase], 1e3 * r[i].phase[phase]);
        printf("}%s\n", i + 1 < n ? "," : "");
    }
    printf("], \"sgemm_gflops\": %.2f, \"fma_gflops\": %.2f}\n", m->sgemm, m->fma);
}

static void print_table(const result *r, int n, const machine *m)
{
    printf("%-6s %-8s %9s %9s %8s %8s", "batch", "threads", "ms/step", "images/s",
           "GFLOP/s", "of limit");
    for (int phase = 0; phase < PHASES; phase++)
        printf(" %11s", phase_name[phase]);
    printf("\n");
    for (int i = 0; i < n; i++) {
        double rate = r[i].batch / r[i].phase[WHOLE];
        double limit = r[i].threads * m->sgemm / GFLOP_PER_IMAGE;
        printf("%-6d %-8d %9.2f %9.0f %8.0f %7.2fx", r[i].batch, r[i].threads,
               1e3 * r[i].phase[WHOLE], rate, rate * GFLOP_PER_IMAGE, rate / limit);
        for (int phase = 0; phase < PHASES; phase++)
            printf(" %8.3f ms", 1e3 * r[i].phase[phase]);
        printf("\n");
    }
    printf("\nserial part (sampler, codebook) and what it predicts, images/s:\n");
    for (int i = 0; i < n; i += 2) {
        double serial = r[i].phase[SAMPLE] + r[i].phase[CODEBOOK];
        printf("batch %-4d serial %.2f%% of a step on one core;", r[i].batch,
               100 * serial / r[i].phase[WHOLE]);
        for (int cores = 8; cores <= 64; cores *= cores == 8 ? 2 : 4)
            printf(" %d cores: %.0f", cores, r[i].batch / predicted(&r[i], cores));
        printf("\n");
    }
    printf("\nlimit of direct convolution: threads x sgemm / %.3f GFLOP an image\n"
           "sgemm 2048^3 %.1f GFLOP/s, FMA peak %.1f GFLOP/s, one thread\n",
           GFLOP_PER_IMAGE, m->sgemm, m->fma);
}

int main(int argc, char **argv)
{
    static const int settings[][2] = {{32, 1}, {32, 2}, {128, 1}, {128, 2}};
    result r[4];
    vq_error err = {""};
    bool json = false;
    int steps = 40;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0)
            json = true;
        else if (strcmp(argv[i], "--steps") == 0 && i + 1 < argc)
            steps = atoi(argv[++i]);
        else
            steps = 0;
    }
    if (steps < 1 || steps > STEPS_MAX) {
        fprintf(stderr, "usage: bench_step [--json] [--steps N]\n");
        return 2;
    }
    for (int i = 0; i < 4; i++)
        if (measure(&r[i], settings[i][0], settings[i][1], steps, &err) != VQ_OK) {
            fprintf(stderr, "bench_step: %s\n", err.message);
            return 70;
        }
    machine m = measure_machine();
    (json ? print_json : print_table)(r, 4, &m);
    return 0;
}
