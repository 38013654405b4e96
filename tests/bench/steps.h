/*
 * SPDX-License-Identifier: MIT
 *
 * Training steps of the default model without files around them, for the benchmarks
 * that cut one into parts. Code, included by each.
 */
#ifndef VQ_TESTS_BENCH_STEPS_H
#define VQ_TESTS_BENCH_STEPS_H

#include "autograd/ema.h"
#include "network/network.h"
#include "train/stepper.h"

#define SIDE 32

typedef struct step_lab {
    vq_config config;
    network net;
    graph g;
    network_nodes nodes;
    stepper step;
    adam opt;
} step_lab;

/* Pictures that differ: what they show does not matter for the time. */
static vq_status steps_load(void *user, int first, int n, float *x, vq_error *err)
{
    (void)user, (void)err;
    for (int i = 0; i < n * SIDE * SIDE * 3; i++)
        x[i] = (float)(((unsigned)i * 37 + (unsigned)(first + 1) * 101) % 255) / 255 -
               0.5f;
    return VQ_OK;
}

static vq_status steps_open(step_lab *s, int batch, int threads, vq_error *err)
{
    vq_status status;
    TRY(vq_config_preset(&s->config, "sonnet", err));
    TRY(network_init(&s->net, &s->config, err));
    network_draw(&s->net);
    s->nodes = network_train_graph(&s->net, &s->g, SIDE, SIDE, 0.06);
    TRY(graph_plan(&s->g, shard_images(SIDE * SIDE), GRAPH_TRAIN, err));
    TRY(stepper_init(&s->step, &s->g, &s->net.p, batch, threads, err));
    TRY(adam_init(&s->opt, s->net.p.size, s->config.lr, false, err));
out:
    return status;
}

static void steps_close(step_lab *s)
{
    adam_release(&s->opt);
    stepper_release(&s->step);
    network_release(&s->net);
}

/* The gradient of a batch. */
static vq_status steps_gradient(step_lab *s, vq_error *err)
{
    double loss[LOSS_PARTS];
    return stepper_gradients(&s->step, s->nodes.input, steps_load, s, loss, err);
}

/* The codes' averages, for the t-th time from 1. */
static void steps_move_codes(step_lab *s, int64_t t)
{
    const params *p = &s->net.p;
    const ema_rule rule = {.kind = VQ_EMA_DEBIASED,
                           .decay = 0.99,
                           .k = s->config.codes,
                           .d = s->config.code_dim};
    const size_t count = p->table[s->net.ema_count].offset;
    const size_t sum = p->table[s->net.ema_sum].offset;
    const float *gradient = stepper_gradient(&s->step);
    ema_update(&rule, t, gradient + count, gradient + sum, p->value + count,
               p->value + sum, p->value + p->table[s->net.codebook].offset);
}

#endif
