/* SPDX-License-Identifier: MIT */
#include "codec/tokens.h"

#include <stdio.h>

#include "base/file.h"

/* Pictures of four sizes and both kinds. */
static const struct {
    const char *name;
    int width, height;
} mixed[] = {{"a/1.png", 16, 12}, {"a/2.png", 16, 12}, {"b/3.jpg", 9, 30},
             {"b/4.png", 16, 12}, {"b/5.jpg", 40, 8},  {"c.png", 33, 33}};
enum { MIXED = sizeof mixed / sizeof *mixed };

static void make_mixed(tokens_scene *s, char folder[300])
{
    snprintf(folder, 300, "%s/mixed", s->dir);
    assert_ok(file_make_dirs(folder, &tokens_err), &tokens_err);
    for (int i = 0; i < MIXED; i++)
        files_picture(folder, mixed[i].name, mixed[i].width, mixed[i].height, i);
    s->data = folder;
}

static void assert_each(const tokens_scene *s, const char *folder)
{
    for (int i = 0; i < MIXED; i++) {
        vq_codes c, want;
        vq_image image;
        char name[32];
        snprintf(name, sizeof name, "%05d.vqt", i);
        assert_ok(vq_codes_read(&c, files_path(s->out, name), &tokens_err),
                  &tokens_err);
        assert_ok(vq_image_read(&image, files_path(folder, mixed[i].name), &tokens_err),
                  &tokens_err);
        assert_ok(vq_encode(s->t->model, &image, 1, &want, &tokens_err), &tokens_err);
        assert_true(c.n == 1 && c.width == mixed[i].width &&
                    c.height == mixed[i].height);
        assert_true(c.fingerprint == want.fingerprint);
        assert_memory_equal(c.index, want.index, (size_t)c.h * c.w * 4);
        vq_image_release(&image);
        vq_codes_release(&want);
        vq_codes_release(&c);
    }
    assert_true(file_exists(files_path(s->out, "index.tsv")));
    assert_false(file_exists(files_path(s->out, "encode.part")));
}

static void test_token_folder__as_encode(void **state)
{
    (void)state;
    tokens_scene s;
    char folder[300];
    tokens_set_up(&s);
    make_mixed(&s, folder);
    s.set.folder = s.out;
    assert_ok(tokens_run(&s, NULL, NULL), &tokens_err);
    assert_each(&s, folder);
    assert_ok(tokens_run(&s, NULL, NULL), &tokens_err); /* over what is there */
    assert_each(&s, folder);
    s.set.folder = NULL;
    s.set.array = files_path(s.out, "t.npy");
    assert_fails(tokens_run(&s, NULL, NULL), VQ_EINPUT, &tokens_err,
                 "3 of 6 are not 16 x 12: '"); /* which are half of them */
    tokens_tear_down(&s);
}

/* Stopped at every call, and gone on with. */
static void test_token_folder__stopped(void **state)
{
    (void)state;
    tokens_scene s;
    char folder[300];
    tokens_set_up(&s);
    make_mixed(&s, folder);
    vq_model_set_threads(s.t->model, 1);
    s.set.folder = s.out;
    s.set.resume = true;
    int stops = 0;
    for (int at = 1; at < 1000; at++, stops++) {
        tokens_told t = {.stop_at = at};
        vq_status status = tokens_run(&s, tokens_tell, &t);
        if (status == VQ_OK)
            break;
        assert_int_equal(status, VQ_ESTOPPED);
        assert_false(file_exists(files_path(s.out, "index.tsv")));
    }
    assert_true(stops >= 3);
    assert_each(&s, folder);
    tokens_tear_down(&s);
}

/* ---- faults ------------------------------------------------------------------------
 */

const struct CMUnitTest test_token_folder_suite[] = {
    cmocka_unit_test(test_token_folder__as_encode),
    cmocka_unit_test(test_token_folder__stopped),
    {0},
};
