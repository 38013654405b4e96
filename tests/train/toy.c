/* SPDX-License-Identifier: MIT */
#include "train/toy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/rng.h"
#include "io/safetensors.h"
#include "train/run_folder.h"

/* ---- the toy --------------------------------------------------------------------- */

static vq_status toy_open(void *self, learner_watch watch, void *user, double *epoch,
                          vq_error *err)
{
    toy *t = self;
    t->opened++;
    *epoch = EPOCH;
    if (watch(user, 1, 2))
        return vq_fail(err, VQ_ESTOPPED, "stopped while looking");
    t->big = calloc(t->ballast / sizeof(float) + 1, sizeof(float));
    return VQ_OK;
}

static vq_status toy_describe(void *self, int64_t number, char **json, vq_error *err)
{
    (void)self, (void)err;
    *json = malloc(64);
    snprintf(*json, 64, "{\"run\": \"%lld\"}", (long long)number);
    return VQ_OK;
}

static vq_status toy_begin(void *self, vq_error *err)
{
    toy *t = self;
    (void)err;
    t->begun++;
    t->w[0] = t->w[1] = 1;
    t->momentum[0] = t->momentum[1] = 0;
    return VQ_OK;
}

static vq_status toy_ready(void *self, vq_error *err)
{
    (void)self, (void)err;
    return VQ_OK;
}

static bool toy_setting(void *self, int i, learner_setting *s)
{
    (void)self;
    *s = (learner_setting){.key = "toy", .text = "yes"};
    return i == 0;
}

static void toy_give(void *self, learner_state *state)
{
    toy *t = self;
    state->n_buffers = 3;
    state->buffer[0] = (learner_buffer){"w", t->w, 2};
    state->buffer[1] = (learner_buffer){"momentum", t->momentum, 2};
    state->buffer[2] = (learner_buffer){"big", t->big, t->ballast / sizeof(float)};
    state->n_numbers = 1;
    state->number[0] = (learner_number){"images", LEARNER_DATA, t->images};
}

static void toy_take(void *self, const learner_state *state)
{
    (void)self, (void)state;
}

static vq_status toy_gradient(void *self, int64_t step, double progress,
                              learner_fault *fault, vq_error *err)
{
    (void)progress;
    toy *t = self;
    (void)err;
    for (int i = 0; i < 2; i++) {
        rng r = rng_make(1, RNG_CROP, (uint32_t)step);
        r.position = (uint64_t)i;
        t->gradient[i] = t->w[i] - rng_uniform(&r, 0, 1);
        t->loss += (double)(t->gradient[i] * t->gradient[i]);
    }
    if (step == t->bad_step)
        *fault = "the toy's loss";
    return VQ_OK;
}

static vq_status toy_update(void *self, double progress, vq_error *err)
{
    toy *t = self;
    (void)err;
    for (int i = 0; i < 2; i++) {
        t->momentum[i] = 0.5f * t->momentum[i] + t->gradient[i];
        t->w[i] -= 0.1f * (1 - (float)progress) * t->momentum[i];
    }
    if (t->poison_step >= 0 && t->poison_step-- == 0)
        t->w[1] = (float)NAN;
    return VQ_OK;
}

static int toy_panels(void *self, plot_panel panel[PLOT_PANELS_MAX])
{
    (void)self;
    panel[0] = (plot_panel){.title = "Loss", .label = "of the toy", .figure = {"loss"}};
    return 1;
}

static int toy_figures(void *self, int64_t steps, vq_figure *figure)
{
    const toy *t = self;
    figure[0] = (vq_figure){"loss", t->loss / (double)(steps > 0 ? steps : 1)};
    return 1;
}

static void toy_restart(void *self)
{
    ((toy *)self)->loss = 0;
}

static bool toy_remark(void *self, int64_t first, int64_t steps, char text[320])
{
    (void)self, (void)steps;
    strcpy(text, "it \"learns\"");
    return first == 4;
}

static vq_status toy_save_model(void *self, int64_t step, const char *path,
                                vq_error *err)
{
    toy *t = self;
    char text[32];
    const char *key = "step", *value = text;
    snprintf(text, sizeof text, "%lld", (long long)step);
    const st_tensor w = {.name = (char *)(uintptr_t) "w",
                         .dtype = ST_F32,
                         .rank = 1,
                         .dims = {2},
                         .data = (unsigned char *)t->w};
    return st_write(path, &w, 1, &key, &value, 1, err);
}

static vq_status toy_draw(void *self, const char *folder, vq_error *err)
{
    (void)folder;
    return ((toy *)self)->no_pictures ? vq_fail(err, VQ_EIO, "no pencil") : VQ_OK;
}

static vq_status toy_sample(void *self, const char *png_path, vq_error *err)
{
    return ((toy *)self)->no_pictures ? vq_fail(err, VQ_EIO, "no pencil")
                                      : file_write(png_path, "p", 1, err);
}

static void toy_close(void *self)
{
    toy *t = self;
    free(t->big);
    t->big = NULL;
}

/* ---- a training of it -------------------------------------------------------------
 */

static int watch(const vq_progress *p, void *user)
{
    toyrun *r = user;
    if (p->event == VQ_EVENT_LOAD)
        return r->stop_load;
    if (p->event == VQ_EVENT_NOTE)
        snprintf(r->notes + strlen(r->notes), sizeof r->notes - strlen(r->notes),
                 "%s\n", p->text);
    if (p->event != VQ_EVENT_STEP)
        return 0;
    r->steps++;
    r->epoch = p->epoch;
    return (r->stop && r->stop()) || p->step == r->stop_at;
}

void toyrun_open(toyrun *r)
{
    *r = (toyrun){.stop_at = -1};
    r->toy = (toy){.bad_step = -1, .poison_step = -1, .images = 7};
    support_folder_make(r->folder);
    snprintf(r->out, sizeof r->out, "%s/run", r->folder);
    r->settings = (loop_settings){
        .name = "toy", .out = r->out, .log_every = 4, .batch_size = 1, .lr = .1};
}

void toyrun_close(toyrun *r)
{
    support_folder_remove(r->folder);
}

vq_status toyrun_run(toyrun *r)
{
    const learner l = {.self = &r->toy,
                       .open = toy_open,
                       .describe = toy_describe,
                       .begin = toy_begin,
                       .ready = toy_ready,
                       .setting = toy_setting,
                       .give = toy_give,
                       .take = toy_take,
                       .gradient = toy_gradient,
                       .update = toy_update,
                       .figures = toy_figures,
                       .panels = toy_panels,
                       .restart = toy_restart,
                       .remark = toy_remark,
                       .save_model = toy_save_model,
                       .draw = toy_draw,
                       .sample = toy_sample,
                       .close = toy_close};
    r->toy.opened = r->toy.begun = 0;
    r->toy.loss = 0;
    r->toy.w[0] = r->toy.w[1] = 100; /* of no run */
    r->steps = 0;
    r->notes[0] = r->err.message[0] = '\0';
    return loop_run(&r->settings, &l, watch, r, &r->err);
}

int64_t toyrun_model_step(const toyrun *r)
{
    char path[400];
    st_file f;
    snprintf(path, sizeof path, "%s/" RUN_MODEL, r->out);
    if (st_read(&f, path, NULL) != VQ_OK)
        return -1;
    int64_t step = strtoll(st_metadata(&f, "step"), NULL, 10);
    st_release(&f);
    return step;
}

bool toyrun_holds(const toyrun *r, const char *name)
{
    char path[400];
    snprintf(path, sizeof path, "%s/%s", r->out, name);
    return file_exists(path);
}

void toyrun_remove(const toyrun *r, const char *name)
{
    char path[400];
    snprintf(path, sizeof path, "%s/%s", r->out, name);
    assert_int_equal(unlink(path), 0);
}

void assert_same_results(const toyrun *a, const toyrun *b)
{
    char command[1500];
    snprintf(command, sizeof command,
             "cmp '%s/" RUN_MODEL "' '%s/" RUN_MODEL "' && cmp '%s/" RUN_CHECKPOINT
             "' '%s/" RUN_CHECKPOINT "'",
             a->out, b->out, a->out, b->out);
    assert_int_equal(support_run(command, NULL, 0, NULL, 0), 0);
}
