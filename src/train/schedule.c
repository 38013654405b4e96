/* SPDX-License-Identifier: MIT */
#include "train/schedule.h"

#include <math.h>

#define PI 3.14159265358979323846

double schedule_progress(double done, double all)
{
    return done < all ? done / all : 1;
}

/* What remains of the full rate. */
static double shape(const vq_config *c, double progress)
{
    switch (c->schedule) {
    case VQ_SCHEDULE_COSINE:
        return c->lr_end + (1 - c->lr_end) * (1 + cos(PI * progress)) / 2;
    case VQ_SCHEDULE_STEP:
        /* so that 3 / 10 of the steps, divided by .1, are three drops and not two */
        return pow(c->lr_factor, floor(progress / c->lr_every + 1e-9));
    default:
        return 1;
    }
}

bool schedule_refines(const vq_config *config, double progress)
{
    return config->refine_share > 0 && progress >= 1 - config->refine_share;
}

/* 400 steps on from the model in the box, at an hour's end: a fifth of its 1.5e-3. */
#define REFINE_RATE 0.2

double schedule_lr(const vq_config *config, double progress, int64_t step)
{
    const double share = config->refine_share, before = 1 - share;
    double lr = config->lr;
    if (schedule_refines(config, progress))
        lr *= REFINE_RATE * shape(config, (progress - before) / share);
    else
        lr *= shape(config, share > 0 ? progress / before : progress);
    return step + 1 < config->warmup ? lr * (double)(step + 1) / (double)config->warmup
                                     : lr;
}
