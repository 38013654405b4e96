/* SPDX-License-Identifier: MIT */
#include "files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/dataset.h"
#include "data/variance.h"

/* Byte `ch` of pixel (x, y) of picture number `salt`: no two crops look alike. */
static unsigned char byte_at(int salt, int x, int y, int ch)
{
    return (unsigned char)(x * 7 + y * 31 + ch * 5 + salt * 53);
}

static void make_picture(const char *folder, const char *name, int width, int height,
                         int salt)
{
    vq_error err;
    vq_image image = {width, height, malloc((size_t)width * height * 3)};
    unsigned char *p = image.rgb;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int ch = 0; ch < 3; ch++)
                *p++ = byte_at(salt, x, y, ch);
    assert_ok(vq_image_write(&image, files_path(folder, name), &err), &err);
    vq_image_release(&image);
}

/* The names of a split, each followed by a blank. */
static void check_split(const char *folder, const char *split, const char *want)
{
    char got[512] = "";
    dataset ds;
    vq_error err;
    assert_ok(dataset_open(&ds, folder, "", split, &err), &err);
    for (int64_t i = 0; i < ds.n; i++) {
        char name[VQ_PATH_MAX];
        size_t at = strlen(got);
        dataset_image_name(&ds, i, name);
        snprintf(got + at, sizeof got - at, "%s ", name + strlen(folder) + 1);
    }
    assert_string_equal(got, want);
    dataset_close(&ds);
}

static void check_refused(const char *folder, const char *split, vq_status want,
                          const char *part)
{
    dataset ds;
    vq_error err;
    assert_fails(dataset_open(&ds, folder, "", split, &err), want, &err, part);
    assert_null(ds.source.ops);
}

/* Every tenth file, files named test, subfolders: the later rule beats the earlier. */
static void test_pictures__splits(void **state)
{
    (void)state;
    char dir[256], name[16];
    support_folder_make(dir);
    check_refused(dir, "train", VQ_EIO, "and no PNG file");
    for (int i = 9; i >= 1; i--) {
        snprintf(name, sizeof name, "%02d.png", i);
        make_picture(dir, name, 2, 2, i);
    }
    make_picture(dir, ".hidden.png", 2, 2, 0);
    check_split(dir, "train",
                "01.png 02.png 03.png 04.png 05.png 06.png 07.png 08.png 09.png ");
    check_refused(dir, "test", VQ_EIO, "no PNG file of the test split");
    check_refused(dir, "valid", VQ_EUSAGE, "no split 'valid'");
    make_picture(dir, "10.PNG", 2, 2, 10);
    check_split(dir, "test", "10.PNG ");
    make_picture(dir, "a-test.png", 2, 2, 11);
    check_split(dir, "test", "a-test.png ");
    check_split(dir, "all",
                "01.png 02.png 03.png 04.png 05.png 06.png 07.png 08.png 09.png "
                "10.PNG a-test.png ");
    files_make_folder(dir, "train");
    check_split(dir, "test", "a-test.png ");
    make_picture(dir, "train/b.png", 2, 2, 12);
    make_picture(dir, "train/contest.png", 2, 2, 13);
    check_split(dir, "train", "train/b.png train/contest.png ");
    check_refused(dir, "test", VQ_EIO, "no PNG file of the test split");
    files_make_folder(dir, "test");
    make_picture(dir, "test/c.png", 2, 2, 14);
    check_split(dir, "train", "train/b.png train/contest.png ");
    check_split(dir, "test", "test/c.png ");
    check_split(dir, "all", "test/c.png train/b.png train/contest.png ");
    /* a data file of the split counts for more */
    files_write(dir, "data.bin", 1, 3);
    dataset ds;
    vq_error err;
    assert_ok(dataset_open(&ds, dir, "", "train", &err), &err);
    assert_true(ds.n == 3 && dataset_classes(&ds) == 10);
    dataset_close(&ds);
    support_folder_remove(dir);
}

static void test_pictures__refuses(void **state)
{
    (void)state;
    char dir[256];
    vq_error err;
    dataset ds;
    support_folder_make(dir);
    make_picture(dir, "a.png", 600, 600, 1);
    make_picture(dir, "b.png", 600, 599, 2);
    assert_ok(dataset_open(&ds, dir, "", "all", &err), &err);
    assert_ok(dataset_set_side(&ds, 599, &err), &err);
    assert_fails(dataset_set_side(&ds, 600, &err), VQ_EINPUT, &err,
                 "b.png' is 600 x 599 pixels, smaller than a crop of 600 x 600");
    dataset_close(&ds);
    files_write(dir, "c.png", 1, 1);
    check_refused(dir, "all", VQ_EINPUT, "c.png' is neither a PNG nor a JPEG");
    support_folder_remove(dir);
}

/* Which corner is this a crop of? */
static void locate(const unsigned char *rgb, int side, int limit_y, int limit_x, int *y,
                   int *x)
{
    for (*y = 0; *y <= limit_y; ++*y)
        for (*x = 0; *x <= limit_x; ++*x) {
            bool same = true;
            for (int i = 0; i < side * side * 3 && same; i++)
                same =
                    rgb[i] == byte_at(1, *x + i / 3 % side, *y + i / 3 / side, i % 3);
            if (same)
                return;
        }
    fail_msg("the sample is no crop of the picture");
}

/* Every crop position turns up, each about equally often; the centre is the centre. */
static void test_pictures__samples(void **state)
{
    (void)state;
    enum { SIDE = 5, H = 8, W = 11, DRAWS = 2800 };
    char dir[256];
    dataset ds;
    vq_error err;
    int seen[H - SIDE + 1][W - SIDE + 1] = {{0}}, y, x;
    unsigned char rgb[SIDE * SIDE * 3], again[SIDE * SIDE * 3];
    support_folder_make(dir);
    make_picture(dir, "a.png", W, H, 1);
    assert_ok(dataset_open(&ds, dir, "", "train", &err), &err);
    assert_ok(dataset_set_side(&ds, SIDE, &err), &err);
    assert_int_equal(dataset_samples(&ds), H * W / SIDE / SIDE);
    for (uint32_t i = 0; i < DRAWS; i++) {
        rng r = rng_make(3, RNG_CROP, i), same = r;
        assert_ok(dataset_sample(&ds, 0, &r, rgb, &err), &err);
        assert_ok(dataset_sample(&ds, 0, &same, again, &err), &err);
        assert_memory_equal(rgb, again, sizeof rgb);
        locate(rgb, SIDE, H - SIDE, W - SIDE, &y, &x);
        seen[y][x]++;
    }
    for (y = 0; y <= H - SIDE; y++)
        for (x = 0; x <= W - SIDE; x++)
            assert_true(seen[y][x] > 60 && seen[y][x] < 145); /* 100, sigma 10 */
    assert_ok(dataset_sample(&ds, 0, NULL, rgb, &err), &err);
    locate(rgb, SIDE, H - SIDE, W - SIDE, &y, &x);
    assert_true(y == 1 && x == 3);
    dataset_close(&ds);
    support_folder_remove(dir);
}

/* Over all pixels of all pictures of the split, whatever their sizes. */
static void test_pictures__variance(void **state)
{
    (void)state;
    static const int sizes[][2] = {{3, 2}, {41, 60}, {70, 33}};
    char dir[256], name[16];
    dataset ds;
    vq_error err;
    double n = 0, sum = 0, squares = 0, variance;
    support_folder_make(dir);
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%d.png", i);
        make_picture(dir, name, sizes[i][0], sizes[i][1], i);
        for (int y = 0; y < sizes[i][1]; y++)
            for (int x = 0; x < 3 * sizes[i][0]; x++, n++) {
                double v = byte_at(i, x / 3, y, x % 3) / 255.0;
                sum += v;
                squares += v * v;
            }
    }
    assert_ok(dataset_open(&ds, dir, "", "train", &err), &err);
    assert_ok(variance_measure(&ds, 2, &variance, &err), &err);
    assert_true(fabs(variance - (squares / n - sum / n * sum / n)) < 1e-12);
    dataset_close(&ds);
    support_folder_remove(dir);
}

static void test_pictures__failed_allocations(void **state)
{
    (void)state;
    char dir[256];
    vq_error err;
    vq_status status = VQ_ENOMEM;
    int failures = 0;
    support_folder_make(dir);
    make_picture(dir, "a.png", 4, 4, 1);
    make_picture(dir, "b.png", 5, 4, 2);
    for (int at = 1; status != VQ_OK; at++) {
        dataset ds;
        support_alloc_fail_at(at);
        status = dataset_open(&ds, dir, "", "train", &err);
        support_alloc_fail_at(0);
        if (status == VQ_OK)
            dataset_close(&ds);
        else
            failures++;
        assert_true(at < 1000);
    }
    assert_true(failures >= 5);
    support_folder_remove(dir);
}

const struct CMUnitTest test_pictures_suite[] = {
    cmocka_unit_test(test_pictures__splits),
    cmocka_unit_test(test_pictures__refuses),
    cmocka_unit_test(test_pictures__samples),
    cmocka_unit_test(test_pictures__variance),
    cmocka_unit_test(test_pictures__failed_allocations),
    {0},
};
