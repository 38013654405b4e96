/* SPDX-License-Identifier: MIT */
#include "model/optimize.h"

#include "model/codebook.h"
#include "model/schedule.h"

void optimize(train_state *s, stepper *st, double progress)
{
    s->opt.lr = schedule_lr(&s->net.config, progress, s->step);
    stepper_update(st, &s->opt);
    codebook_update(s, stepper_gradient(st));
    s->step++;
}
