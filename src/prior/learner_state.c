/*
 * SPDX-License-Identifier: MIT
 *
 * What the checkpoint of a prior's training holds, and which settings it fixes.
 */
#include <string.h>

#include "prior/learner.h"

/* ---- checkpoints ------------------------------------------------------------------
 */

static learner_setting_kind kind_of(const char *key)
{
    if (strcmp(key, "data") == 0)
        return LEARNER_SOURCE;
    return strcmp(key, "init") == 0 || strcmp(key, "order") == 0 ||
                   strcmp(key, "model") == 0
               ? LEARNER_FILE
               : LEARNER_PLAIN;
}

bool prior_trainer_setting(void *self, int i, learner_setting *s)
{
    const prior_trainer *t = self;
    config_part part;
    vq_prior_config usual;
    vq_prior_config_default(&usual);
    for (int row = 0; prior_config_field_at(&t->described, row, s->key, &part, s->text);
         row++) {
        if (part == CONFIG_RUN || i-- > 0)
            continue;
        const bool schedule = part == CONFIG_SCHEDULE;
        prior_config_field_at(&usual, row, s->key, &part, s->unsaid);
        s->kind = schedule ? LEARNER_FREE : kind_of(s->key);
        return true;
    }
    return false;
}

void prior_trainer_give(void *self, learner_state *state)
{
    const prior_trainer *t = self;
    const size_t n = t->net.p.size;
    learner_buffer *b = state->buffer;
    *b++ = (learner_buffer){"values", t->net.p.value, n};
    *b++ = (learner_buffer){"moment1", t->opt.m, n};
    *b++ = (learner_buffer){"moment2", t->opt.v, n};
    *b++ = (learner_buffer){"best", t->best, n};
    if (t->average)
        *b++ = (learner_buffer){"average", t->average, n};
    state->n_buffers = (int)(b - state->buffer);
    const learner_number numbers[] = {
        {"adam_step", LEARNER_COUNT, (double)t->opt.t},
        {"best_nats", LEARNER_REAL, t->best_nats},
        {"best_step", LEARNER_COUNT, (double)t->best_step},
        {"valid_nats", LEARNER_REAL, t->valid_nats},
        {"valid_step", LEARNER_COUNT, (double)t->valid_step},
        {"codes", LEARNER_DATA, (double)t->hash},
    };
    state->n_numbers = sizeof numbers / sizeof numbers[0];
    memcpy(state->number, numbers, sizeof numbers);
}

void prior_trainer_take(void *self, const learner_state *state)
{
    prior_trainer *t = self;
    t->opt.t = (int64_t)state->number[0].value;
    t->best_nats = state->number[1].value;
    t->best_step = (int64_t)state->number[2].value;
    t->valid_nats = state->number[3].value;
    t->valid_step = (int64_t)state->number[4].value;
}
