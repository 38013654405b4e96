/* SPDX-License-Identifier: MIT */
#include "codec/tokens.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

vq_error tokens_err;

void tokens_set_up(tokens_scene *s)
{
    unsigned char *rgb = malloc((size_t)MANY * SIDE * SIDE * 3), *p = rgb;
    *s = (tokens_scene){.t = trained_open("sonnet", 4)};
    vq_model_set_refine(s->t->model, 0);
    support_folder_make(s->dir);
    for (int i = 0; i < MANY; i++)
        for (int k = 0; k < SIDE * SIDE * 3; k++)
            *p++ = files_byte(i, k / 3 % SIDE, k / 3 / SIDE, k % 3);
    char shape[64];
    snprintf(shape, sizeof shape, "%d, %d, %d, 3", MANY, SIDE, SIDE);
    snprintf(s->array, sizeof s->array, "%s",
             files_npy(s->dir, "in.npy", "|u1", "False", shape, rgb,
                       (size_t)MANY * SIDE * SIDE * 3));
    free(rgb);
    snprintf(s->out, sizeof s->out, "%s/out", s->dir);
    assert_ok(file_make_dirs(s->out, &tokens_err), &tokens_err);
    s->data = s->array;
    s->set = (vq_token_set){.data = &s->data, .n_data = 1};
}

void tokens_tear_down(tokens_scene *s)
{
    trained_close(s->t);
    support_folder_remove(s->dir);
}

vq_status tokens_run(const tokens_scene *s, vq_progress_fn progress, void *user)
{
    return vq_encode_set(s->t->model, &s->set, progress, user, &tokens_err);
}

void tokens_same_files(const char *a, const char *b)
{
    unsigned char *x, *y;
    size_t n, m;
    assert_ok(file_read(a, 1 << 24, &x, &n, &tokens_err), &tokens_err);
    assert_ok(file_read(b, 1 << 24, &y, &m, &tokens_err), &tokens_err);
    assert_int_equal(n, m);
    assert_memory_equal(x, y, n);
    free(x);
    free(y);
}

int tokens_tell(const vq_progress *now, void *user)
{
    tokens_told *t = user;
    if (now->event == VQ_EVENT_STEP) {
        assert_true(now->step >= t->last && now->step <= now->steps);
        assert_true(now->images_per_s >= 0);
        t->last = now->step;
    } else if (now->event == VQ_EVENT_NOTE && strncmp(now->text, "codes: ", 7) == 0)
        assert_non_null(strstr(now->text, ", each one of "));
    else if (now->event == VQ_EVENT_NOTE)
        snprintf(t->note, sizeof t->note, "%s", now->text);
    else
        assert_int_equal(now->event, VQ_EVENT_LOAD);
    return ++t->calls == t->stop_at;
}
