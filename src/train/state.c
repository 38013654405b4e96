/* SPDX-License-Identifier: MIT */
#include "train/state.h"

#include <string.h>

#include "config/config.h"
#include "config/presets.h"

void state_give(const train_state *s, learner_state *state)
{
    const size_t n = s->net.p.size;
    learner_buffer *b = state->buffer;
    *b++ = (learner_buffer){"values", s->net.p.value, n};
    *b++ = (learner_buffer){"moment1", s->opt.m, n};
    *b++ = (learner_buffer){"moment2", s->opt.v, n};
    if (s->opt.v_max)
        *b++ = (learner_buffer){"moment2_max", s->opt.v_max, n};
    if (s->average.p.value)
        *b++ = (learner_buffer){"average", s->average.p.value, n};
    state->n_buffers = (int)(b - state->buffer);

    const learner_number numbers[] = {
        {"ema_step", LEARNER_COUNT, (double)s->ema_step},
        {"adam_step", LEARNER_COUNT, (double)s->opt.t},
        {"nmse", LEARNER_REAL, s->nmse},
        {"perplexity", LEARNER_REAL, s->perplexity},
    };
    state->n_numbers = sizeof numbers / sizeof numbers[0];
    memcpy(state->number, numbers, sizeof numbers);
}

/* The numbers in the order that state_give has them. */
void state_take(train_state *s, const learner_state *state)
{
    s->ema_step = (int64_t)state->number[0].value;
    s->opt.t = (int64_t)state->number[1].value;
    s->nmse = state->number[2].value;
    s->perplexity = state->number[3].value;
}

static learner_setting_kind kind_of(const char *key)
{
    if (strcmp(key, "data") == 0)
        return LEARNER_SOURCE;
    return strcmp(key, "init") == 0 || strcmp(key, "order") == 0 ? LEARNER_FILE
                                                                 : LEARNER_PLAIN;
}

bool state_setting(const vq_config *config, int i, learner_setting *s)
{
    config_part part;
    for (int row = 0; config_field_at(config, row, s->key, &part, s->text); row++) {
        if (part == CONFIG_RUN || i-- > 0)
            continue;
        const bool schedule = part == CONFIG_SCHEDULE;
        /* a run older than the option had what is now the default */
        config_field_at(&preset_base, row, s->key, &part, s->unsaid);
        s->kind = schedule ? LEARNER_FREE : kind_of(s->key);
        return true;
    }
    return false;
}
