/* SPDX-License-Identifier: MIT */
#include "train/lab.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "tiny.h"

int lab_watch(const vq_progress *p, void *user)
{
    lab *l = user;
    if (p->event == VQ_EVENT_LOG) {
        assert_true(p->seconds_left >= 0);
        if (l->first_loss == 0)
            l->first_loss = vq_progress_figure(p, "recon");
        l->last_loss = vq_progress_figure(p, "recon");
    }
    if (p->event != VQ_EVENT_STEP)
        return 0;
    l->steps++;
    if (l->steps == 2)
        support_alloc_reset();
    l->allocations = support_alloc_count();
    return l->stop_at && p->step == l->stop_at;
}

lab *lab_open(int n_images)
{
    lab *l = calloc(1, sizeof *l);
    support_folder_make(l->folder);
    tiny_data(l->folder, n_images, l->data);
    return l;
}

void lab_close(lab *l)
{
    support_folder_remove(l->folder);
    free(l);
}

vq_config lab_config(const lab *l, const char *preset, const char *run, int64_t steps)
{
    vq_config c = tiny_config(preset);
    c.steps = steps;
    snprintf(c.data, sizeof c.data, "%s", l->data);
    snprintf(c.out, sizeof c.out, "%s/%s", l->folder, run);
    return c;
}

vq_config lab_kind(const lab *l, int k, const char *run, int64_t steps)
{
    static const char *const presets[LAB_KINDS] = {"sonnet", "mishalaskin", "zalando",
                                                   "sonnet"};
    vq_config c = lab_config(l, presets[k], run, steps);
    if (k == LAB_KINDS - 1) {
        c.optimizer = VQ_MUON;
        c.refine_share = 0.4;
        c.schedule = VQ_SCHEDULE_COSINE;
        c.warmup = 2;
        c.weight_decay = 0.1;
        c.clip = 0.5;
        c.weight_ema = 0.9;
        c.flip = true;
        c.shift = 2;
        c.loss = VQ_LOSS_L1;
        c.precision = VQ_BF16;
        c.revive = 3;
    }
    return c;
}

unsigned char *lab_file(const vq_config *c, const char *name, size_t *size)
{
    char path[VQ_PATH_MAX + 64];
    unsigned char *bytes;
    vq_error err;
    snprintf(path, sizeof path, "%s/%s", c->out, name);
    assert_ok(file_read(path, 1 << 24, &bytes, size, &err), &err);
    return bytes;
}

void lab_assert_same(const vq_config *a, const vq_config *b, const char *name)
{
    size_t a_size, b_size;
    unsigned char *x = lab_file(a, name, &a_size), *y = lab_file(b, name, &b_size);
    assert_int_equal(a_size, b_size);
    assert_memory_equal(x, y, a_size);
    free(x);
    free(y);
}
