/* SPDX-License-Identifier: MIT */
#include "model/optimize.h"

#include "autograd/ema.h"
#include "model/schedule.h"

static void update_codebook(train_state *s, const float *gradient)
{
    const network *net = &s->net;
    const vq_config *c = &net->config;
    if (c->codebook != VQ_CODEBOOK_EMA)
        return;
    const ema_rule rule = {c->ema_rule, c->ema_decay, c->codes, c->code_dim};
    size_t count = net->p.table[net->ema_count].offset;
    size_t sum = net->p.table[net->ema_sum].offset;
    float *value = net->p.value;
    ema_update(&rule, ++s->ema_step, gradient + count, gradient + sum, value + count,
               value + sum, value + net->p.table[net->codebook].offset);
}

void optimize(train_state *s, stepper *st, double progress)
{
    s->opt.lr = schedule_lr(&s->net.config, progress, s->step);
    stepper_update(st, &s->opt);
    update_codebook(s, stepper_gradient(st));
    s->step++;
}
