/* SPDX-License-Identifier: MIT */
#include "train/checkpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "io/safetensors.h"

#define FIELDS_MAX 128

/* Must resume find this field as it was? */
static bool is_fixed(config_part part)
{
    return part == CONFIG_ARCHITECTURE || part == CONFIG_RECIPE;
}

typedef struct buffer {
    const char *name;
    float *v;
} buffer;

#define BUFFERS_MAX 5

/* The flat buffers of a state, each of net.p.size floats; returns how many. */
static int buffers_of(const train_state *s, buffer b[BUFFERS_MAX])
{
    int n = 0;
    b[n++] = (buffer){"values", s->net.p.value};
    b[n++] = (buffer){"moment1", s->opt.m};
    b[n++] = (buffer){"moment2", s->opt.v};
    if (s->opt.v_max)
        b[n++] = (buffer){"moment2_max", s->opt.v_max};
    if (s->average.p.value)
        b[n++] = (buffer){"average", s->average.p.value};
    return n;
}

/* The numbers of a state, kept as metadata; whole ones are exact below 2^53. */
#define N_NUMBERS 6

static const char *const number_key[N_NUMBERS] = {
    "checkpoint_step", "checkpoint_ema_step",   "checkpoint_adam_step",
    "checkpoint_nmse", "checkpoint_perplexity", "checkpoint_seconds"};

static void get_numbers(const train_state *s, double v[N_NUMBERS])
{
    v[0] = (double)s->step;
    v[1] = (double)s->ema_step;
    v[2] = (double)s->opt.t;
    v[3] = s->nmse;
    v[4] = s->perplexity;
    v[5] = s->seconds;
}

static void set_numbers(train_state *s, const double v[N_NUMBERS])
{
    s->step = (int64_t)v[0];
    s->ema_step = (int64_t)v[1];
    s->opt.t = (int64_t)v[2];
    s->nmse = v[3];
    s->perplexity = v[4];
    s->seconds = v[5];
}

vq_status checkpoint_save(const train_state *s, const char *path, vq_error *err)
{
    char keys[FIELDS_MAX][CONFIG_KEY_MAX], number_text[N_NUMBERS][32];
    char(*texts)[CONFIG_TEXT_MAX] = malloc(sizeof *texts * FIELDS_MAX);
    const char *key[FIELDS_MAX], *value[FIELDS_MAX];
    if (!texts)
        return vq_fail_memory(err, sizeof *texts * FIELDS_MAX);
    int n = 0;
    config_part part;
    for (int i = 0; config_field_at(&s->net.config, i, keys[n], &part, texts[n]); i++)
        if (is_fixed(part)) {
            key[n] = keys[n];
            value[n] = texts[n];
            n++;
        }
    double numbers[N_NUMBERS];
    get_numbers(s, numbers);
    for (int i = 0; i < N_NUMBERS; i++, n++) {
        config_double_text(numbers[i], number_text[i]);
        key[n] = number_key[i];
        value[n] = number_text[i];
    }
    buffer b[BUFFERS_MAX];
    st_tensor t[BUFFERS_MAX] = {{0}};
    int n_tensors = buffers_of(s, b);
    for (int i = 0; i < n_tensors; i++)
        t[i] = (st_tensor){.name = (char *)b[i].name,
                           .dtype = ST_F32,
                           .rank = 1,
                           .dims = {(int64_t)s->net.p.size},
                           .data = (unsigned char *)b[i].v};
    vq_status status = st_write(path, t, n_tensors, key, value, n, err);
    free(texts);
    return status;
}

static vq_status check_recipe(const vq_config *config, const st_file *f,
                              const char *path, vq_error *err)
{
    char key[CONFIG_KEY_MAX], text[CONFIG_TEXT_MAX], unsaid[CONFIG_TEXT_MAX];
    config_part part;
    for (int i = 0; config_field_at(&config_base, i, key, &part, unsaid); i++) {
        config_field_at(config, i, key, &part, text);
        if (!is_fixed(part))
            continue;
        /* a run older than the option had what is now the default */
        const char *was = st_metadata(f, key);
        was = was ? was : unsaid;
        if (strcmp(was, text) != 0)
            return vq_fail(
                err, VQ_EINPUT,
                "cannot resume '%s': it was trained with %s %.400s, not %.400s", path,
                key, was, text);
    }
    return VQ_OK;
}

static vq_status read_numbers(train_state *s, const st_file *f, const char *path,
                              vq_error *err)
{
    double numbers[N_NUMBERS];
    for (int i = 0; i < N_NUMBERS; i++) {
        const char *text = st_metadata(f, number_key[i]);
        if (!text && i == N_NUMBERS - 1)
            text = "0"; /* of a run older than time budgets */
        char *end = NULL;
        numbers[i] = text ? strtod(text, &end) : -1;
        if (!text || *end || !(numbers[i] >= 0 && numbers[i] < 0x1p53))
            return vq_fail(err, VQ_EINPUT, "'%s' is not a checkpoint: no good '%s'",
                           path, number_key[i]);
    }
    set_numbers(s, numbers);
    return VQ_OK;
}

vq_status checkpoint_load(train_state *s, const char *path, vq_error *err)
{
    st_file f;
    buffer b[BUFFERS_MAX];
    int n = buffers_of(s, b);
    vq_status status = st_read(&f, path, err);
    if (status != VQ_OK)
        return status;
    TRY(check_recipe(&s->net.config, &f, path, err));
    TRY(read_numbers(s, &f, path, err));
    for (int i = 0; i < n; i++) {
        const st_tensor *t = st_find(&f, b[i].name);
        if (!t || t->count != (int64_t)s->net.p.size) {
            status = vq_fail(err, VQ_EINPUT,
                             "'%s': tensor '%s' is missing or of another size", path,
                             b[i].name);
            goto out;
        }
        TRY(st_floats(t, b[i].v, err));
    }
out:
    st_release(&f);
    return status;
}
