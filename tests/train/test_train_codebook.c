/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tiny.h"
#include "train/lab.h"

/* Every codebook method, as what is set on top of the tiny configuration. */
static const char *const methods[][12] = {
    {"cosine", "yes", NULL},
    {"cosine", "yes", "codebook", "gradient", "revive", "2", NULL},
    {"rotation-trick", "yes", "code-dim", "4", NULL},
    {"init-codes", "kmeans", "revive", "3", NULL},
    {"codebook", "simvq", NULL},
    {"codebook", "fsq", "fsq-levels", "8,5", NULL},
    {"levels", "3", "revive", "2", NULL},
    {"heads", "4", "codebook", "gradient", "rotation-trick", "yes", NULL},
    {"levels", "2", "heads", "2", "init-codes", "kmeans", "revive", "2", NULL},
    {"codebook", "gradient", "init-codes", "kmeans", "revive", "2", NULL},
};

#define METHODS (sizeof methods / sizeof methods[0])

typedef struct watch {
    int64_t stop_at; /* 0: never */
    int64_t steps, revived;
    long allocations; /* between the second and the last step */
} watch;

static int on_event(const vq_progress *p, void *user)
{
    watch *w = user;
    if (p->event == VQ_EVENT_LOG)
        w->revived += (int64_t)vq_progress_figure(p, "revived");
    if (p->event != VQ_EVENT_STEP)
        return 0;
    if (++w->steps == 2)
        support_alloc_reset();
    w->allocations = support_alloc_count();
    return w->stop_at && p->step == w->stop_at;
}

/* A training of `steps` steps in folder/run. */
static vq_config method(size_t i, const char *folder, const char *run, int64_t steps)
{
    vq_config c = tiny_config("sonnet");
    vq_error err;
    for (const char *const *s = methods[i]; s[0]; s += 2)
        assert_ok(vq_config_set(&c, s[0], s[1], &err), &err);
    c.steps = steps;
    c.force = true;
    c.log_every = 100;
    snprintf(c.data, sizeof c.data, "%s/train.bin", folder);
    snprintf(c.out, sizeof c.out, "%s/%s", folder, run);
    return c;
}

static void test_train_codebook__same_bytes(void **state)
{
    (void)state;
    char folder[256], data[300];
    vq_error err;
    int64_t revived = 0;
    support_folder_make(folder);
    tiny_data(folder, 40, data);
    for (size_t i = 0; i < METHODS; i++) {
        watch w = {0};
        vq_config whole = method(i, folder, "whole", 7), part = whole;
        assert_ok(vq_train(&whole, on_event, &w, &err), &err);
        assert_int_equal(w.allocations, 0);
        revived += w.revived;

        /* the same at another number of threads, and stopped between two revivals */
        snprintf(part.out, sizeof part.out, "%s/part", folder);
        part.threads = 3;
        w = (watch){.stop_at = 3};
        assert_fails(vq_train(&part, on_event, &w, &err), VQ_ESTOPPED, &err, "");
        part.threads = 1;
        part.resume = true;
        w = (watch){0};
        assert_ok(vq_train(&part, on_event, &w, &err), &err);
        lab_assert_same(&whole, &part, "model.safetensors");
        lab_assert_same(&whole, &part, "checkpoint.safetensors");
    }
    assert_true(revived > 0);
    support_folder_remove(folder);
}

/* Codes go through files and back, and decode to what reconstruct gives. */
static void test_train_codebook__codes(void **state)
{
    (void)state;
    static const char *const endings[] = {"npy", "txt", "vqt"};
    char folder[256], data[300], path[VQ_PATH_MAX + 64], png[300], out[300];
    vq_error err;
    support_folder_make(folder);
    tiny_data(folder, 30, data);
    snprintf(png, sizeof png, "%s/in.png", folder);
    snprintf(out, sizeof out, "%s/out.png", folder);
    vq_image image = {.width = 46, .height = 21, .rgb = tiny_picture(46, 21, 5)}, made;
    assert_ok(vq_image_write(&image, png, &err), &err);
    for (size_t i = 0; i < METHODS; i++) {
        vq_config c = method(i, folder, "run", 2);
        vq_model *m;
        vq_codes codes, back;
        vq_quality quality;
        vq_image want;
        vq_scores scores;
        assert_ok(vq_train(&c, NULL, NULL, &err), &err);
        snprintf(path, sizeof path, "%s/model.safetensors", c.out);
        assert_ok(vq_model_open(&m, path, &err), &err);
        assert_ok(vq_encode(m, &image, 1, &codes, &err), &err);
        assert_int_equal(codes.depth, c.levels * c.heads);
        assert_ok(vq_reconstruct_file(m, png, out, false, &quality, &err), &err);
        assert_ok(vq_image_read(&want, out, &err), &err);
        for (int f = 0; f < 3; f++) {
            snprintf(path, sizeof path, "%s/codes.%s", folder, endings[f]);
            assert_ok(vq_codes_write(&codes, path, VQ_CODES_AUTO, &err), &err);
            assert_ok(vq_codes_read(&back, path, &err), &err);
            back.width = 46;
            back.height = 21;
            assert_ok(vq_decode(m, &back, 0, &made, &err), &err);
            assert_memory_equal(made.rgb, want.rgb, 46 * 21 * 3);
            vq_image_release(&made);
            vq_codes_release(&back);
        }
        assert_ok(vq_evaluate(m, data, "", "test", &scores, &err), &err);
        assert_true(scores.perplexity >= 1 && scores.codes_used >= 1);
        assert_true(scores.codes_used <= c.codes * codes.depth);
        int bits = 1;
        while (1 << bits < c.codes)
            bits++;
        assert_true(scores.bpp == codes.depth * bits / 16.0);
        codes.depth++; /* another model's */
        assert_fails(vq_decode(m, &codes, 0, &made, &err), VQ_EINPUT, &err,
                     "codes, but ");
        vq_image_release(&want);
        vq_codes_release(&codes);
        vq_model_close(m);
    }
    vq_image_release(&image);
    support_folder_remove(folder);
}

const struct CMUnitTest test_train_codebook_suite[] = {
    cmocka_unit_test(test_train_codebook__same_bytes),
    cmocka_unit_test(test_train_codebook__codes),
    {0},
};
