/* SPDX-License-Identifier: MIT */
#include "train/optimize.h"

#include <math.h>
#include <string.h>

#include "network/quantizer.h"
#include "train/codebook.h"
#include "train/schedule.h"

vq_status optimize_init(train_state *s, vq_error *err)
{
    const vq_config *c = &s->net.config;
    vq_status status;
    TRY(adam_init(&s->opt, s->net.p.size, c->lr, c->optimizer == VQ_AMSGRAD, err));
    s->opt.weight_decay = c->weight_decay;
    if (c->optimizer == VQ_MUON)
        TRY(muon_init(&s->muon, &s->net.p, parallel_threads(c->threads), err));
    if (c->weight_ema > 0)
        TRY(network_init(&s->average, c, err));
out:
    return status;
}

void optimize_release(train_state *s)
{
    adam_release(&s->opt);
    muon_release(&s->muon);
    network_release(&s->average);
}

void optimize_begin(train_state *s)
{
    if (s->average.p.value)
        memcpy(s->average.p.value, s->net.p.value, s->net.p.size * sizeof(float));
}

void optimize_prepare(const train_state *s, stepper *st)
{
    st->wants_norm = s->net.config.clip > 0;
    st->muon = s->net.config.optimizer == VQ_MUON ? &s->muon : NULL;
}

const network *optimize_result(const train_state *s)
{
    return s->average.p.value ? &s->average : &s->net;
}

/* The average keeps this share of itself at the update that ends as number t. */
static double average_keeps(double decay, int64_t t)
{
    double young = (1 + (double)t) / (10 + (double)t);
    return young < decay ? young : decay;
}

void optimize(train_state *s, stepper *st, double progress)
{
    const vq_config *c = &s->net.config;
    const bool rests = schedule_refines(c, progress); /* encoder and codes do */
    s->opt.lr = schedule_lr(c, progress, s->step);
    double squares = rests ? 0 : codebook_gradients(s, st->slots);
    if (c->clip > 0) {
        st->norm = sqrt(st->norm * st->norm + squares);
        s->opt.scale = adam_clip(c->clip, st->norm);
    }
    stepper_update(st, &s->opt);
    if (!rests)
        codebook_update(s, stepper_gradient(st));
    s->step++;
    if (!s->average.p.value)
        return;
    stepper_average(st, s->average.p.value, 1 - average_keeps(c->weight_ema, s->step));
    if (c->cosine)
        network_unit_codes(&s->average);
}
