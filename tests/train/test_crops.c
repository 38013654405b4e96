/* SPDX-License-Identifier: MIT */
/* Training on crops of a folder of pictures, and evaluating the pictures whole. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "eval/gallery.h"
#include "tiny.h"

static const int sizes[][2] = {{60, 41}, {33, 90}, {48, 48}, {24, 200}};

typedef struct lab {
    char folder[256], data[300];
    int64_t stop_at, steps;
    double epoch;
} lab;

static int watch(const vq_progress *p, void *user)
{
    lab *l = user;
    if (p->event == VQ_EVENT_LOG)
        l->epoch = p->epoch;
    if (p->event == VQ_EVENT_STEP && ++l->steps == 2)
        support_alloc_reset();
    if (p->event == VQ_EVENT_STEP && l->steps > 2)
        assert_int_equal(support_alloc_count(), 0);
    return p->event == VQ_EVENT_STEP && p->step == l->stop_at;
}

/* Four pictures of the train split and two of the test split. */
static lab *lab_open(void)
{
    lab *l = calloc(1, sizeof *l);
    vq_error err;
    char path[400];
    support_folder_make(l->folder);
    snprintf(l->data, sizeof l->data, "%s/pictures", l->folder);
    for (int i = 0; i < 6; i++) {
        snprintf(path, sizeof path, "%s/%s", l->data, i < 4 ? "train" : "test");
        assert_ok(file_make_dirs(path, &err), &err);
        snprintf(path, sizeof path, "%s/%s/%d.png", l->data, i < 4 ? "train" : "test",
                 i);
        vq_image image = {.width = sizes[i % 4][0],
                          .height = sizes[i % 4][1],
                          .rgb = tiny_picture(sizes[i % 4][0], sizes[i % 4][1], i)};
        assert_ok(vq_image_write(&image, path, &err), &err);
        vq_image_release(&image);
    }
    return l;
}

static void lab_close(lab *l)
{
    support_folder_remove(l->folder);
    free(l);
}

static vq_config lab_config(const lab *l, const char *name)
{
    vq_config c = tiny_config("sonnet");
    c.steps = 6;
    c.log_every = 1000; /* writing the log allocates */
    c.downsample = 8;
    c.crop = 24;
    c.force = true;
    snprintf(c.data, sizeof c.data, "%s", l->data);
    snprintf(c.out, sizeof c.out, "%s/%s", l->folder, name);
    return c;
}

static void assert_same_file(const vq_config *a, const vq_config *b, const char *name)
{
    const vq_config *config[2] = {a, b};
    unsigned char *bytes[2];
    size_t size[2];
    for (int i = 0; i < 2; i++) {
        char path[VQ_PATH_MAX + 64];
        vq_error err;
        snprintf(path, sizeof path, "%s/%s", config[i]->out, name);
        assert_ok(file_read(path, 1 << 24, &bytes[i], &size[i], &err), &err);
    }
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(bytes[0], bytes[1], size[0]);
    free(bytes[0]);
    free(bytes[1]);
}

static void test_crops__same_bytes(void **state)
{
    (void)state;
    lab *l = lab_open();
    vq_error err;
    vq_config one = lab_config(l, "one"), two = lab_config(l, "two");
    one.threads = 1;
    assert_ok(vq_train(&one, watch, l, &err), &err);
    two.threads = 3;
    l->stop_at = 3;
    l->steps = 0;
    assert_fails(vq_train(&two, watch, l, &err), VQ_ESTOPPED, &err, "step 3");
    two.resume = true;
    l->stop_at = l->steps = 0;
    assert_ok(vq_train(&two, watch, l, &err), &err);
    assert_same_file(&one, &two, "model.safetensors");
    assert_same_file(&one, &two, "checkpoint.safetensors");
    assert_same_file(&one, &two, "samples/000006.png");
    lab_close(l);
}

/* A pass is as many crops as have the pixels of the train split: 12534 / 24^2 = 21. */
static void test_crops__epochs(void **state)
{
    (void)state;
    lab *l = lab_open();
    vq_error err;
    vq_config c = lab_config(l, "run");
    c.steps = 0;
    c.epochs = 3;
    c.batch_size = 10;
    c.log_every = 2;
    l->steps = -1000000; /* do not count allocations: the log makes some */
    int64_t pixels = 0;
    for (int i = 0; i < 4; i++)
        pixels += sizes[i][0] * sizes[i][1];
    double pass = (double)(pixels / 24 / 24) / 10;
    assert_ok(vq_train(&c, watch, l, &err), &err);
    assert_true(fabs(l->epoch - ceil(3 * pass) / pass) < 1e-9);
    lab_close(l);
}

static void test_crops__refuses(void **state)
{
    (void)state;
    lab *l = lab_open();
    vq_error err;
    vq_config c = lab_config(l, "run");
    c.crop = 36;
    assert_fails(vq_train(&c, NULL, NULL, &err), VQ_EUSAGE, &err,
                 "crop is a multiple of downsample, 8, not 36");
    c.crop = 32;
    assert_fails(vq_train(&c, NULL, NULL, &err), VQ_EINPUT, &err,
                 "3.png' is 24 x 200 pixels, smaller than a crop of 32 x 32");
    c.shift = 16;
    assert_fails(vq_train(&c, NULL, NULL, &err), VQ_EUSAGE, &err,
                 "shift is less than half of crop, 32, not 16");
    c.shift = 0;
    snprintf(c.data, sizeof c.data, "shapes");
    c.crop = 40;
    assert_fails(vq_train(&c, NULL, NULL, &err), VQ_EINPUT, &err,
                 "'shapes[0]' is 32 x 32 pixels, smaller than a crop of 40 x 40");
    lab_close(l);
}

/* The scores are those of the pictures one by one, whole, through the codec. */
static void test_crops__evaluate(void **state)
{
    (void)state;
    lab *l = lab_open();
    vq_error err;
    vq_config c = lab_config(l, "run");
    vq_model *m;
    vq_scores s;
    vq_codes codes;
    char path[VQ_PATH_MAX + 64];
    assert_ok(vq_train(&c, NULL, NULL, &err), &err);
    snprintf(path, sizeof path, "%s/model.safetensors", c.out);
    assert_ok(vq_model_open(&m, path, &err), &err);
    assert_ok(vq_evaluate(m, l->data, "", "train", &s, &err), &err);
    double psnr = 0, ssim = 0, bits = 0, pixels = 0;
    for (int i = 0; i < 4; i++) {
        char in[400], out[400];
        vq_quality q;
        snprintf(in, sizeof in, "%s/train/%d.png", l->data, i);
        snprintf(out, sizeof out, "%s/out.png", l->folder);
        assert_ok(vq_reconstruct_file(m, in, out, false, &q, &err), &err);
        psnr += q.psnr / 4;
        ssim += q.ssim / 4;
        pixels += sizes[i][0] * sizes[i][1];
        bits += q.bpp * sizes[i][0] * sizes[i][1];
    }
    assert_int_equal(s.images, 4);
    assert_true(fabs(s.psnr_mean - psnr) < 1e-9);
    assert_true(fabs(s.ssim - ssim) < 1e-12);
    assert_true(fabs(s.bpp - bits / pixels) < 1e-12);
    assert_true(fabs(s.mse * 255 * 255 - 255 * 255 / pow(10, s.psnr / 10)) <
                0.05 * s.mse * 255 * 255);
    vq_scores all, test;
    assert_ok(vq_evaluate(m, l->data, "", "all", &all, &err), &err);
    assert_ok(vq_evaluate(m, l->data, "", "test", &test, &err), &err);
    assert_int_equal(test.images, 2);
    assert_int_equal(all.images, 6);
    assert_true(fabs(6 * all.psnr_mean - 4 * s.psnr_mean - 2 * test.psnr_mean) < 1e-9);
    assert_fails(vq_encode_file(m, l->data, &codes, &err), VQ_EINPUT, &err,
                 "/pictures' differ in size, and one array needs one: 4 of 6 are not ");
    char worst[400], atlas[400];
    snprintf(worst, sizeof worst, "%s/worst.png", l->folder);
    snprintf(atlas, sizeof atlas, "%s/atlas.png", l->folder);
    const vq_eval_pictures pictures = {.worst = worst, .atlas = atlas};
    vq_image shown;
    assert_ok(vq_evaluate_pictures(m, l->data, "", "train", &pictures, &test, &err),
              &err);
    assert_true(test.psnr == s.psnr);
    assert_ok(vq_image_read(&shown, worst, &err), &err);
    /* the narrowest picture is 24 wide: 4 times that, four pictures in a row */
    assert_int_equal(shown.width, 4 * 96 + 3 * GALLERY_GAP);
    assert_int_equal(shown.height, LABEL_HEIGHT + 8 + GALLERY_CELL_HEIGHT(96));
    vq_image_release(&shown);
    vq_model_close(m);
    lab_close(l);
}

const struct CMUnitTest test_crops_suite[] = {
    cmocka_unit_test(test_crops__same_bytes),
    cmocka_unit_test(test_crops__epochs),
    cmocka_unit_test(test_crops__refuses),
    cmocka_unit_test(test_crops__evaluate),
    {0},
};
