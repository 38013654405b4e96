/* SPDX-License-Identifier: MIT */
#include "train/checkpoint.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/regular.h"
#include "io/checksum.h"
#include "io/safetensors.h"

#define ENTRIES_MAX 128
#define KEY_PREFIX "checkpoint_"

/* ---- saving ---------------------------------------------------------------------- */

/* Metadata in the making. */
typedef struct entries {
    const char *key[ENTRIES_MAX], *value[ENTRIES_MAX];
    char keys[ENTRIES_MAX][LEARNER_KEY_MAX + sizeof KEY_PREFIX];
    char texts[ENTRIES_MAX][LEARNER_TEXT_MAX];
    int n;
} entries;

static void add_text(entries *e, const char *prefix, const char *key, const char *text)
{
    snprintf(e->keys[e->n], sizeof e->keys[0], "%s%s", prefix, key);
    snprintf(e->texts[e->n], sizeof e->texts[0], "%s", text);
    e->key[e->n] = e->keys[e->n];
    e->value[e->n] = e->texts[e->n];
    e->n++;
}

static void add_number(entries *e, const char *key, double x)
{
    char text[32];
    decimal_text(x, text);
    add_text(e, KEY_PREFIX, key, text);
}

static void fill_entries(entries *e, const learner *l, const checkpoint_facts *facts,
                         const learner_state *state)
{
    learner_setting setting;
    e->n = 0;
    add_text(e, "", "format", "vqvae checkpoint");
    add_text(e, "", "version", VQ_VERSION);
    add_text(e, "", CHECKSUM_KEY, CHECKSUM_BLANK);
    for (int i = 0; l->setting(l->self, i, &setting); i++)
        if (setting.kind != LEARNER_FREE)
            add_text(e, "", setting.key, setting.text);
    add_number(e, "run", (double)facts->run);
    add_number(e, "step", (double)facts->step);
    add_number(e, "seconds", facts->seconds);
    for (int i = 0; i < state->n_numbers; i++)
        add_number(e, state->number[i].key, state->number[i].value);
}

vq_status checkpoint_save(const learner *l, const checkpoint_facts *facts,
                          const char *path, vq_error *err)
{
    learner_state state = {.n_buffers = 0};
    st_tensor t[LEARNER_BUFFERS_MAX] = {{0}};
    entries *e = malloc(sizeof *e);
    if (!e)
        return vq_fail_memory(err, sizeof *e);
    l->give(l->self, &state);
    fill_entries(e, l, facts, &state);
    for (int i = 0; i < state.n_buffers; i++)
        t[i] = (st_tensor){.name = (char *)state.buffer[i].name,
                           .dtype = ST_F32,
                           .rank = 1,
                           .dims = {(int64_t)state.buffer[i].n},
                           .data = (unsigned char *)state.buffer[i].v};
    vq_status status = st_write(path, t, state.n_buffers, e->key, e->value, e->n, err);
    free(e);
    return status;
}

/* ---- loading --------------------------------------------------------------------- */

/* A file being read: what messages name. */
typedef struct reading {
    const st_file *f;
    const char *path;
    bool same_data; /* as far as the file says */
    vq_error *err;
} reading;

/* The number under a key, or `unsaid` in an older file; below 0: it must be there. */
static vq_status read_number(const reading *r, const char *key, double unsaid,
                             double *x)
{
    char full[LEARNER_KEY_MAX + sizeof KEY_PREFIX];
    snprintf(full, sizeof full, "%s%s", KEY_PREFIX, key);
    const char *text = st_metadata(r->f, full);
    *x = unsaid;
    if ((text && !decimal_read(text, x)) || !(*x >= 0 && *x < 0x1p53))
        return vq_fail(r->err, VQ_EINPUT, "'%s' is not a checkpoint: no good '%s'",
                       r->path, full);
    return VQ_OK;
}

static vq_status read_count(const reading *r, const char *key, double unsaid, double *x)
{
    vq_status status = read_number(r, key, unsaid, x);
    if (status == VQ_OK && *x != floor(*x))
        status = vq_fail(r->err, VQ_EINPUT,
                         "'%s' is damaged: " KEY_PREFIX "%s is %g, not a whole number",
                         r->path, key, *x);
    return status;
}

static vq_status read_facts(const reading *r, checkpoint_facts *facts)
{
    double run, step;
    vq_status status;
    TRY(read_count(r, "run", 1, &run));
    TRY(read_count(r, "step", -1, &step));
    TRY(read_number(r, "seconds", 0, &facts->seconds));
    if ((int64_t)run != facts->run)
        return vq_fail(r->err, VQ_EINPUT,
                       "'%s' belongs to run %" PRId64
                       " of its folder, config.json to run %" PRId64,
                       r->path, (int64_t)run, facts->run);
    facts->step = (int64_t)step;
out:
    return status;
}

/* The learner's numbers, as a copy; and whether its data is still the same. */
static vq_status read_numbers(reading *r, learner_state *state, char note[320])
{
    char was[160] = "", is[160] = "";
    vq_status status = VQ_OK;
    r->same_data = true;
    for (int i = 0; i < state->n_numbers; i++) {
        learner_number *n = &state->number[i];
        double now = n->value;
        if (n->kind == LEARNER_COUNT)
            TRY(read_count(r, n->key, -1, &n->value));
        else
            TRY(read_number(r, n->key, n->kind == LEARNER_DATA ? now : -1, &n->value));
        if (n->kind != LEARNER_DATA)
            continue;
        r->same_data = r->same_data && n->value == now;
        size_t w = strlen(was), s = strlen(is);
        snprintf(was + w, sizeof was - w, "%s%s %.9g", w ? ", " : "", n->key, n->value);
        snprintf(is + s, sizeof is - s, "%s%s %.9g", s ? ", " : "", n->key, now);
        n->value = now;
    }
    if (!r->same_data)
        snprintf(note, 320, "the data has changed: it had %.130s; now it has %.130s",
                 was, is);
out:
    return status;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static vq_status check_settings(const reading *r, const learner *l)
{
    learner_setting s;
    for (int i = 0; l->setting(l->self, i, &s); i++) {
        const char *was = st_metadata(r->f, s.key);
        was = was ? was : s.unsaid;
        if (s.kind == LEARNER_FREE || strcmp(was, s.text) == 0 ||
            (s.kind == LEARNER_SOURCE && r->same_data) ||
            (s.kind == LEARNER_FILE && strcmp(last_part(was), last_part(s.text)) == 0))
            continue;
        return vq_fail(r->err, VQ_EINPUT,
                       "cannot resume '%s': it was trained with %s %.400s, not %.400s",
                       r->path, s.key, was, s.text);
    }
    return VQ_OK;
}

static vq_status read_buffers(const reading *r, const learner_state *state)
{
    for (int i = 0; i < state->n_buffers; i++) {
        const learner_buffer *b = &state->buffer[i];
        const st_tensor *t = st_find(r->f, b->name);
        if (!t || t->count != (int64_t)b->n)
            return vq_fail(r->err, VQ_EINPUT,
                           "'%s': tensor '%s' is missing or of another size", r->path,
                           b->name);
        vq_status status = st_floats(t, b->v, r->err);
        if (status != VQ_OK)
            return status;
    }
    return VQ_OK;
}

vq_status checkpoint_load(const learner *l, checkpoint_facts *facts, const char *path,
                          char note[320], vq_error *err)
{
    st_file f;
    learner_state state = {.n_buffers = 0};
    reading r = {.f = &f, .path = path, .err = err};
    note[0] = '\0';
    vq_status status = regular_check(path, err);
    if (status == VQ_OK)
        status = st_read(&f, path, err);
    if (status != VQ_OK)
        return status;
    l->give(l->self, &state);
    TRY(read_facts(&r, facts));
    TRY(read_numbers(&r, &state, note));
    TRY(check_settings(&r, l));
    TRY(read_buffers(&r, &state));
    l->take(l->self, &state);
out:
    st_release(&f);
    return status;
}
