/* SPDX-License-Identifier: MIT */
/* Training from files of every kind, on demand, and what can go wrong with them. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "data/files.h"
#include "tiny.h"

enum { IMAGES = 36, SIDE = 32, PIXELS = 3 * SIDE * SIDE };

static vq_error err;

typedef struct lab {
    char folder[256], data[300];
    int loads, steps;
    bool stop_loading;
    const char *delete_at_first_step; /* a shell pattern; NULL: nothing */
    char note[320];
} lab;

static int watch(const vq_progress *p, void *user)
{
    lab *l = user;
    l->loads += p->event == VQ_EVENT_LOAD;
    if (p->event == VQ_EVENT_NOTE)
        snprintf(l->note, sizeof l->note, "%s", p->text);
    if (p->event == VQ_EVENT_STEP && ++l->steps == 1 && l->delete_at_first_step) {
        char command[700];
        snprintf(command, sizeof command, "rm %s/%s", l->folder,
                 l->delete_at_first_step);
        assert_int_equal(system(command), 0);
    }
    return p->event == VQ_EVENT_LOAD && l->stop_loading;
}

static vq_config config_of(const lab *l, const char *data, const char *out)
{
    vq_config c = tiny_config("sonnet");
    c.steps = 5;
    c.force = true;
    snprintf(c.data, sizeof c.data, "%s/%s", l->folder, data);
    snprintf(c.out, sizeof c.out, "%s/%s", l->folder, out);
    return c;
}

static lab *lab_open(void)
{
    lab *l = calloc(1, sizeof *l);
    support_folder_make(l->folder);
    return l;
}

static void lab_close(lab *l)
{
    support_folder_remove(l->folder);
    free(l);
}

/* The same 36 images as records, as an array, as files, and as a list of these. */
static void write_kinds(const lab *l)
{
    char path[400], list[IMAGES * 20] = "", name[32];
    tiny_data(l->folder, IMAGES, path);
    files_make_folder(l->folder, "pictures");
    unsigned char *array = malloc((size_t)IMAGES * PIXELS);
    for (int i = 0; i < IMAGES; i++) {
        vq_image image = {
            .width = SIDE, .height = SIDE, .rgb = tiny_picture(SIDE, SIDE, i)};
        snprintf(name, sizeof name, "pictures/%02d.png", i);
        assert_ok(vq_image_write(&image, files_path(l->folder, name), &err), &err);
        strcat(strcat(list, name), "\n");
        memcpy(array + (size_t)i * PIXELS, image.rgb, PIXELS);
        vq_image_release(&image);
    }
    files_npy(l->folder, "array.npy", "|u1", "False", "36, 32, 32, 3", array,
              (size_t)IMAGES * PIXELS);
    free(array);
    files_put(l->folder, "list.txt", list, strlen(list));
    /* the folder holds back every tenth picture, unless names say what is test */
    files_picture(l->folder, "pictures/test.png", SIDE, SIDE, 99);
}

static uint64_t train_and_sign(lab *l, const char *data)
{
    vq_config c = config_of(l, data, "run");
    vq_model *m;
    char path[VQ_PATH_MAX + 64];
    assert_ok(vq_train(&c, watch, l, &err), &err);
    snprintf(path, sizeof path, "%s/model.safetensors", c.out);
    assert_ok(vq_model_open(&m, path, &err), &err);
    uint64_t sign = vq_model_fingerprint(m);
    vq_model_close(m);
    return sign;
}

/* What is learned depends on the pixels, not on the kind of file they come in. */
static void test_feed__same_weights_from_every_kind(void **state)
{
    (void)state;
    static const char *const kinds[] = {"array.npy", "pictures", "list.txt"};
    lab *l = lab_open();
    write_kinds(l);
    uint64_t want = train_and_sign(l, "train.bin");
    for (int i = 0; i < 3; i++) {
        uint64_t got = train_and_sign(l, kinds[i]);
        if (got != want)
            fail_msg("%s: %016llx, want %016llx", kinds[i], (unsigned long long)got,
                     (unsigned long long)want);
    }
    lab_close(l);
}

static void make_pictures(lab *l, int n)
{
    char name[64];
    for (int i = 0; i < n; i++) {
        snprintf(name, sizeof name, "pictures/train/%04d.%s", i, i % 2 ? "png" : "jpg");
        files_picture(l->folder, name, 34 + i % 5, 40 - i % 3, i);
    }
    files_picture(l->folder, "pictures/test/0.png", 34, 34, n);
}

/* Crops of a thousand pictures: the same model file whatever is kept, and by whom. */
static void test_feed__same_bytes_at_any_cache(void **state)
{
    (void)state;
    static const char *const caches[] = {"0", "1M", "2G"};
    lab *l = lab_open();
    unsigned char *want = NULL, *got;
    size_t want_size = 0, size;
    make_pictures(l, 1000);
    for (int i = 0; i < 3; i++) {
        char path[VQ_PATH_MAX + 64];
        vq_config c = config_of(l, "pictures", "run");
        assert_ok(vq_config_set(&c, "cache", caches[i], &err), &err);
        c.threads = 1 + i;
        assert_ok(vq_train(&c, watch, l, &err), &err);
        snprintf(path, sizeof path, "%s/model.safetensors", c.out);
        assert_ok(
            file_read(path, 1 << 24, i ? &got : &want, i ? &size : &want_size, &err),
            &err);
        if (i == 0)
            continue;
        assert_int_equal(size, want_size);
        assert_memory_equal(got, want, size);
        free(got);
    }
    assert_true(l->loads > 10); /* 1,000 headers, then 1,000 pictures, three times */
    free(want);
    lab_close(l);
}

static void test_feed__deleted_while_training(void **state)
{
    (void)state;
    lab *l = lab_open();
    make_pictures(l, 20);
    vq_config c = config_of(l, "pictures", "run");
    l->delete_at_first_step = "pictures/train/*";
    assert_ok(vq_train(&c, watch, l, &err), &err); /* all of them are kept */
    make_pictures(l, 20);
    c.cache = l->steps = 0;
    assert_fails(vq_train(&c, watch, l, &err), VQ_EIO, &err, "/pictures/train/00");
    assert_non_null(strstr(err.message, "': No such file or directory"));
    lab_close(l);
}

/* Before the first step nothing has been written. */
static void test_feed__stopped_while_loading(void **state)
{
    (void)state;
    lab *l = lab_open();
    make_pictures(l, 20);
    vq_config c = config_of(l, "pictures", "run");
    l->stop_loading = true;
    assert_fails(vq_train(&c, watch, l, &err), VQ_ESTOPPED, &err,
                 "stopped while the data was looked through");
    assert_int_equal(l->loads, 1);
    assert_int_equal(l->steps, 0);
    assert_false(file_exists(files_path(l->folder, "run/model.safetensors")));
    assert_false(file_exists(files_path(l->folder, "run/config.json")));
    lab_close(l);
}

/* Without what is damaged, it trains as if that were not there. */
static void test_feed__skip_bad(void **state)
{
    (void)state;
    lab *l = lab_open();
    char log[4096] = "";
    make_pictures(l, 20);
    uint64_t want = train_and_sign(l, "pictures");
    files_picture(l->folder, "pictures/train/0004a.png", 40, 40, 7);
    files_resize(l->folder, "pictures/train/0004a.png", 200);
    files_picture(l->folder, "pictures/train/0007a.png", 40, 31, 7);
    vq_config c = config_of(l, "pictures", "run");
    assert_fails(vq_train(&c, watch, l, &err), VQ_EINPUT, &err,
                 "2 of 22 pictures of '");
    c.skip_bad = true;
    assert_ok(vq_train(&c, watch, l, &err), &err);
    assert_non_null(strstr(l->note, "left out 2 of 22 pictures, which cannot be used: "
                                    "'train/0007a.png' is 40 x 31"));
    FILE *f = fopen(files_path(l->folder, "run/log.jsonl"), "rb");
    assert_non_null(f);
    log[fread(log, 1, sizeof log - 1, f)] = '\0';
    fclose(f);
    assert_non_null(strstr(log, "\"note\": \"left out 2 of 22 pictures"));
    vq_model *m;
    assert_ok(vq_model_open(&m, files_path(l->folder, "run/model.safetensors"), &err),
              &err);
    assert_true(vq_model_fingerprint(m) == want);
    vq_model_close(m);
    lab_close(l);
}

const struct CMUnitTest test_feed_suite[] = {
    cmocka_unit_test(test_feed__same_weights_from_every_kind),
    cmocka_unit_test(test_feed__same_bytes_at_any_cache),
    cmocka_unit_test(test_feed__deleted_while_training),
    cmocka_unit_test(test_feed__stopped_while_loading),
    cmocka_unit_test(test_feed__skip_bad),
    {0},
};
