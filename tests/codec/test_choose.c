/*
 * SPDX-License-Identifier: MIT
 *
 * Which built-in model is used where nobody names one.
 */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "io/codes.h"

static vq_error err;

static void test_choose__by_size(void **state)
{
    (void)state;
    assert_string_equal(vq_model_for_size(32, 32), "cifar10");
    assert_string_equal(vq_model_for_size(64, 64), "cifar10");
    assert_string_equal(vq_model_for_size(65, 1), "photo");
    assert_string_equal(vq_model_for_size(1, 65), "photo");
    assert_string_equal(vq_model_name_at(0), "cifar10");
    assert_string_equal(vq_model_name_at(1), "photo");
    assert_null(vq_model_name_at(2));
    assert_null(vq_model_name_at(-1));
}

static void write_picture(const char *path, int width, int height)
{
    vq_image image = {.width = width,
                      .height = height,
                      .rgb = calloc((size_t)width * (size_t)height, 3)};
    assert_non_null(image.rgb);
    assert_ok(vq_image_write(&image, path, &err), &err);
    vq_image_release(&image);
}

static void test_choose__by_data(void **state)
{
    (void)state;
    char folder[256], path[300];
    const char *name;
    support_folder_make(folder);
    assert_ok(vq_model_for_data(&name, "shapes", NULL, &err), &err);
    assert_string_equal(name, "cifar10");
    snprintf(path, sizeof path, "%s/a.png", folder);
    write_picture(path, 80, 8);
    assert_ok(vq_model_for_data(&name, folder, NULL, &err), &err);
    assert_string_equal(name, "photo");
    write_picture(path, 64, 64);
    assert_ok(vq_model_for_data(&name, folder, NULL, &err), &err);
    assert_string_equal(name, "cifar10");
    assert_ok(vq_model_for_data(&name, path, NULL, &err), &err);
    assert_string_equal(name, "cifar10");
    /* by the first that can be used; where there is none, it is said why */
    write_picture(path, 80, 8);
    snprintf(path, sizeof path, "%s/0.png", folder);
    assert_ok(file_write(path, "no picture", 10, &err), &err);
    assert_ok(vq_model_for_data(&name, folder, NULL, &err), &err);
    assert_string_equal(name, "photo");
    snprintf(path, sizeof path, "%s/a.png", folder);
    assert_ok(file_write(path, "nor this", 8, &err), &err);
    assert_fails(vq_model_for_data(&name, folder, NULL, &err), VQ_EINPUT, &err,
                 "2 of 2 pictures");
    assert_fails(vq_model_for_data(&name, "no/such", NULL, &err), VQ_EIO, &err,
                 "no/such");
    assert_null(name);
    support_folder_remove(folder);
}

/* Codes find the model that made them: by its fingerprint, and without one as theirs
 * are alone in being so many a position, or of a picture of that size. */
static void test_choose__by_codes(void **state)
{
    (void)state;
    static const int sizes[][2] = {{32, 32}, {200, 40}, {64, 8}, {70, 90}};
    unsetenv("VQVAE_MODEL");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const int width = sizes[i][0], height = sizes[i][1];
        const char *usual = vq_model_for_size(width, height), *name;
        vq_image image = {.width = width,
                          .height = height,
                          .rgb = calloc((size_t)(width * height), 3)};
        assert_non_null(image.rgb);
        for (int k = 0; (name = vq_model_name_at(k)); k++) {
            vq_model *m;
            vq_codes codes;
            const char *found;
            assert_ok(vq_model_open(&m, name, &err), &err);
            vq_model_set_refine(m, 0);
            assert_ok(vq_encode(m, &image, 1, &codes, &err), &err);
            assert_ok(vq_model_for_codes(&found, &codes, &err), &err);
            assert_string_equal(found, name);
            codes.fingerprint = 0;
            assert_ok(vq_model_for_codes(&found, &codes, &err), &err);
            if (strcmp(name, usual) == 0)
                assert_string_equal(found, name);
            vq_codes_release(&codes);
            vq_model_close(m);
        }
        vq_image_release(&image);
    }
}

static void test_choose__unknown(void **state)
{
    (void)state;
    const char *name = "";
    vq_codes codes = {.n = 1, .h = 1, .w = 1, .fingerprint = 0x123};
    assert_ok(vq_model_for_fingerprint(&name, 0x123, &err), &err);
    assert_null(name);
    assert_fails(vq_model_for_codes(&name, &codes, &err), VQ_EINPUT, &err,
                 "made by the model 0000000000000123, which is neither built in nor "
                 "the latest: give --model");
    codes.fingerprint = 0;
    codes.depth = 77; /* nobody's: the first one will say so */
    assert_ok(vq_model_for_codes(&name, &codes, &err), &err);
    assert_string_equal(name, "cifar10");
}

/* Each prior in the box is of a model in the box. */
static void test_choose__prior(void **state)
{
    (void)state;
    static const char *const both[][2] = {{"builtin", "cifar10"}, {"photo", "photo"}};
    for (int i = 0; i < 2; i++) {
        vq_prior *prior;
        vq_prior_info info;
        const char *name;
        assert_ok(vq_prior_open(&prior, both[i][0], &err), &err);
        vq_prior_describe(prior, &info);
        assert_ok(vq_model_for_fingerprint(&name, info.model, &err), &err);
        assert_string_equal(name, both[i][1]);
        vq_prior_close(prior);
    }
}

const struct CMUnitTest test_choose_suite[] = {
    cmocka_unit_test(test_choose__by_size),  cmocka_unit_test(test_choose__by_data),
    cmocka_unit_test(test_choose__by_codes), cmocka_unit_test(test_choose__unknown),
    cmocka_unit_test(test_choose__prior),    {0},
};
