/*
 * SPDX-License-Identifier: MIT
 *
 * Pictures on demand: a few, and a four-figure number of tiny ones.
 */
#include "files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/dataset.h"
#include "data/variance.h"

/* Which corner is this a crop of? */
static void locate(const unsigned char *rgb, int side, int limit_y, int limit_x, int *y,
                   int *x)
{
    for (*y = 0; *y <= limit_y; ++*y)
        for (*x = 0; *x <= limit_x; ++*x) {
            bool same = true;
            for (int i = 0; i < side * side * 3 && same; i++)
                same = rgb[i] ==
                       files_byte(1, *x + i / 3 % side, *y + i / 3 / side, i % 3);
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
    files_picture(dir, "a.png", W, H, 1);
    const source_request request = {.data = dir, .side = SIDE, .cache = 1000};
    assert_ok(dataset_open(&ds, &request, &err), &err);
    assert_int_equal(dataset_samples(&ds), W * H / SIDE / SIDE);
    assert_false(ds.whole);
    for (int i = 0; i < DRAWS; i++) {
        rng r = rng_make(1, RNG_CROP, (uint32_t)i), same = r;
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
        files_picture(dir, name, sizes[i][0], sizes[i][1], i);
        for (int y = 0; y < sizes[i][1]; y++)
            for (int x = 0; x < 3 * sizes[i][0]; x++, n++) {
                double v = files_byte(i, x / 3, y, x % 3) / 255.0;
                sum += v;
                squares += v * v;
            }
    }
    assert_ok(files_open(&ds, dir, "", "train", &err), &err);
    assert_ok(variance_measure(&ds, 2, NULL, NULL, &variance, &err), &err);
    assert_true(fabs(variance - (squares / n - sum / n * sum / n)) < 1e-12);
    dataset_close(&ds);
    support_folder_remove(dir);
}

enum { MANY = 1500, SIDE = 8, PICTURE = SIDE * SIDE * 3 };

/* A thousand and a half tiny pictures of both kinds, in ten folders. */
static void make_many(char dir[256])
{
    char name[64];
    support_folder_make(dir);
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "class%d/%04d.%s", i % 10, i,
                 i % 3 ? "png" : "jpg");
        files_picture(dir, name, SIDE, SIDE, i);
    }
}

/*
 * Twice over all pictures from four threads, in an order of its own each time: the same
 * bytes as without a cache, and no more kept than the limit says.
 */
static void test_pictures__same_bytes_at_any_cache(void **state)
{
    (void)state;
    static const int64_t caches[] = {0, 100 * PICTURE + 50, 1 << 30};
    char dir[256];
    vq_error err;
    unsigned char *want = malloc((size_t)MANY * PICTURE);
    make_many(dir);
    for (int k = 0; k < 3; k++) {
        dataset ds;
        const source_request r = {
            .data = dir, .split = SPLIT_ALL, .side = SIDE, .cache = caches[k]};
        assert_ok(dataset_open(&ds, &r, &err), &err);
        assert_int_equal(ds.n, MANY);
        assert_true(ds.whole);
        assert_int_equal(dataset_classes(&ds), 10);
        for (int i = 0; i < MANY && k == 0; i++)
            assert_ok(dataset_read(&ds, i, want + (size_t)i * PICTURE, &err), &err);
        int wrong = 0;
#pragma omp parallel for num_threads(4) reduction(+ : wrong)
        for (int i = 0; i < 2 * MANY; i++) {
            unsigned char rgb[PICTURE];
            int at = i * 7 % MANY;
            wrong += dataset_sample(&ds, at, NULL, rgb, NULL) != VQ_OK ||
                     memcmp(rgb, want + (size_t)at * PICTURE, PICTURE) != 0;
        }
        assert_int_equal(wrong, 0);
        dataset_close(&ds);
    }
    free(want);
    support_folder_remove(dir);
}

/* What is kept needs its file no longer; what is not kept, does, and says so. */
static void test_pictures__deleted_and_changed(void **state)
{
    (void)state;
    char dir[256], path[300];
    dataset ds;
    vq_error err;
    unsigned char rgb[PICTURE], want[PICTURE];
    support_folder_make(dir);
    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%d.png", i);
        files_picture(dir, path, SIDE, SIDE, i);
    }
    const source_request r = {.data = dir, .cache = PICTURE + PICTURE / 2};
    assert_ok(dataset_open(&ds, &r, &err), &err);
    assert_ok(dataset_read(&ds, 0, want, &err), &err);
    unlink(files_path(dir, "0.png"));
    unlink(files_path(dir, "1.png"));
    files_picture(dir, "2.png", SIDE, SIDE + 1, 2);
    files_put(dir, "3.png", "x", 1);
    assert_ok(dataset_read(&ds, 0, rgb, &err), &err);
    assert_memory_equal(rgb, want, PICTURE);
    assert_fails(dataset_read(&ds, 1, rgb, &err), VQ_EIO, &err,
                 "/1.png': No such file or directory");
    assert_fails(dataset_read(&ds, 2, rgb, &err), VQ_EINPUT, &err,
                 "/2.png' was changed after the data was looked through");
    assert_fails(dataset_read(&ds, 3, rgb, &err), VQ_EINPUT, &err,
                 "/3.png' was changed after the data was looked through");
    files_make_folder(dir, "1.png");
    assert_fails(dataset_read(&ds, 1, rgb, &err), VQ_EINPUT, &err,
                 "/1.png' is not a regular file");
    dataset_close(&ds);
    support_folder_remove(dir);
}

/* Every picture that cannot be used is named, as far as a message goes. */
static void test_pictures__all_that_is_wrong(void **state)
{
    (void)state;
    char dir[256], name[64];
    dataset ds;
    vq_error err;
    support_folder_make(dir);
    for (int i = 0; i < 12; i++) {
        snprintf(name, sizeof name, "%02d.png", i);
        files_picture(dir, name, 40, 40, i);
    }
    files_picture(dir, "03.png", 40, 31, 3);
    files_put(dir, "05.png", "<html>", 6);
    files_resize(dir, "07.png", 200); /* a sound header */
    source_request r = {.data = dir, .split = SPLIT_ALL, .side = 32};
    assert_fails(dataset_open(&ds, &r, &err), VQ_EINPUT, &err, "2 of 12 pictures of '");
    assert_null(strstr(err.message, "--skip-bad")); /* which not every command has */
    r.bad = SOURCE_BAD_OFFER;
    assert_fails(dataset_open(&ds, &r, &err), VQ_EINPUT, &err, "2 of 12 pictures of '");
    assert_non_null(
        strstr(err.message,
               "' cannot be used: '03.png' is 40 x 31 pixels, smaller than a crop "
               "of 32 x 32; '05.png' is neither a PNG nor a JPEG, but looks like "
               "a web page (--skip-bad goes on without them)"));
    r.check = true; /* of few pixels all are read */
    assert_fails(
        dataset_open(&ds, &r, &err), VQ_EINPUT, &err,
        "a web page; '07.png' is not a valid PNG: it ends at byte 200 (--skip");
    assert_non_null(strstr(err.message, "3 of 12 pictures"));
    r.bad = SOURCE_BAD_SKIP;
    assert_ok(dataset_open(&ds, &r, &err), &err);
    assert_int_equal(ds.n, 9);
    assert_non_null(strstr(ds.note, "left out 3 of 12 pictures, which cannot be used: "
                                    "'03.png' is 40 x 31 pixels, "));
    for (int i = 0; i < 9; i++) {
        static const char *const good[] = {"00.png", "01.png", "02.png",
                                           "04.png", "06.png", "08.png",
                                           "09.png", "10.png", "11.png"};
        unsigned char rgb[40 * 40 * 3];
        char path[VQ_PATH_MAX];
        dataset_image_name(&ds, i, path);
        assert_string_equal(strrchr(path, '/') + 1, good[i]);
        assert_ok(dataset_read(&ds, i, rgb, &err), &err);
        assert_int_equal(rgb[0], files_byte(atoi(good[i]), 0, 0, 0));
    }
    dataset_close(&ds);
    r.side = 64;
    assert_fails(dataset_open(&ds, &r, &err), VQ_EINPUT, &err, "12 of 12 pictures");
    assert_null(strstr(err.message, "--skip-bad")); /* that it did */
    r.bad = SOURCE_BAD_OFFER;
    assert_fails(dataset_open(&ds, &r, &err), VQ_EINPUT, &err, "12 of 12 pictures");
    assert_null(strstr(err.message, "--skip-bad")); /* that would leave none */
    support_folder_remove(dir);
}

static void test_pictures__message_is_bounded(void **state)
{
    (void)state;
    char dir[256], name[64];
    dataset ds;
    vq_error err;
    support_folder_make(dir);
    for (int i = 0; i < 1200; i++) {
        snprintf(name, sizeof name, "picture-number-%04d.png", i);
        files_put(dir, name, "?", 1);
    }
    files_picture(dir, "sound.png", 40, 40, 0);
    const source_request r = {
        .data = dir, .split = SPLIT_ALL, .threads = 3, .bad = SOURCE_BAD_OFFER};
    assert_fails(dataset_open(&ds, &r, &err), VQ_EINPUT, &err,
                 "1200 of 1201 pictures of '");
    assert_non_null(strstr(err.message, ": 'picture-number-0000.png' is neither"));
    const char *more = strstr(err.message, "; and ");
    assert_non_null(more);
    int left = atoi(more + 6), named = 0;
    for (const char *at = err.message; (at = strstr(at, "'picture-")); at++)
        named++;
    assert_int_equal(named + left, 1200);
    assert_true(named >= 10);
    assert_non_null(strstr(more, " more (--skip-bad goes on without them)"));
    support_folder_remove(dir);
}

/* The watch may end it at any word; it is told ever more, up to all. */
typedef struct told {
    int64_t last, all;
    int calls, stop_at;
} told;

static bool watch(void *user, int64_t done, int64_t all)
{
    told *t = user;
    assert_true(all == 0 || all == t->all); /* 0: not counted yet */
    assert_true(done >= 0 && (all == 0 || done < all));
    t->last = done;
    return ++t->calls == t->stop_at;
}

static void test_pictures__stopped(void **state)
{
    (void)state;
    char dir[256];
    vq_error err;
    make_many(dir);
    int calls = 1000;
    for (int stop_at = 0; stop_at <= calls; stop_at++) {
        dataset ds;
        told t = {.all = MANY, .stop_at = stop_at};
        source_request r = {
            .data = dir, .split = SPLIT_ALL, .check = true, .watch = watch, .user = &t};
        files_make_folder(dir, "odd.png"); /* frees what it noted, too */
        vq_status status = dataset_open(&ds, &r, &err);
        if (stop_at == 0) {
            assert_ok(status, &err);
            calls = t.calls;
            assert_true(calls >= 4 && t.last > MANY / 2);
            dataset_close(&ds);
        } else
            assert_fails(status, VQ_ESTOPPED, &err, "stopped while");
        rmdir(files_path(dir, "odd.png"));
    }
    support_folder_remove(dir);
}

/* Only the first so many are looked at, and only they can be wrong. */
static void test_pictures__most(void **state)
{
    (void)state;
    char dir[256];
    dataset ds;
    vq_error err;
    support_folder_make(dir);
    files_picture(dir, "a.png", 5, 4, 1);
    files_picture(dir, "b.png", 5, 4, 2);
    files_put(dir, "c.png", "?", 1);
    const source_request r = {.data = dir, .most = 2};
    assert_ok(dataset_open(&ds, &r, &err), &err);
    assert_int_equal(ds.n, 2);
    dataset_close(&ds);
    support_folder_remove(dir);
}

const struct CMUnitTest test_pictures_suite[] = {
    cmocka_unit_test(test_pictures__samples),
    cmocka_unit_test(test_pictures__variance),
    cmocka_unit_test(test_pictures__same_bytes_at_any_cache),
    cmocka_unit_test(test_pictures__deleted_and_changed),
    cmocka_unit_test(test_pictures__all_that_is_wrong),
    cmocka_unit_test(test_pictures__message_is_bounded),
    cmocka_unit_test(test_pictures__stopped),
    cmocka_unit_test(test_pictures__most),
    {0},
};
