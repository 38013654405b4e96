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

double schedule_lr(const vq_config *config, double progress, int64_t step)
{
    double lr = config->lr * shape(config, progress);
    return step + 1 < config->warmup ? lr * (double)(step + 1) / (double)config->warmup
                                     : lr;
}
