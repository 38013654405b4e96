/* SPDX-License-Identifier: MIT */
#include "files.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "data/dataset.h"

/* A folder of three files with 3, 1 and 4 images of both layouts, opened. */
static void open_three(dataset *ds, char dir[256])
{
    vq_error err;
    support_folder_make(dir);
    files_write(dir, "a.bin", 1, 3);
    files_write(dir, "b.bin", 2, 1);
    files_write(dir, "c.bin", 1, 4);
    assert_ok(dataset_open(ds, dir, "", "train", &err), &err);
    assert_int_equal(ds->n, 8);
}

static void check_pixels(const dataset *ds, int64_t i)
{
    static const int image_in_file[] = {0, 1, 2, 0, 0, 1, 2, 3};
    vq_error err;
    unsigned char pixels[DATASET_PIXELS];
    assert_ok(dataset_read(ds, i, pixels, &err), &err);
    for (int j = 0; j < DATASET_PIXELS; j++)
        assert_int_equal(pixels[j], files_pixel(image_in_file[i], j));
}

/* In any order of calls, the same bytes. */
static void test_dataset__read(void **state)
{
    (void)state;
    char dir[256];
    dataset ds;
    open_three(&ds, dir);
    for (int64_t i = 0; i < ds.n; i++)
        check_pixels(&ds, i);
    for (int64_t i = ds.n; i-- > 0;)
        check_pixels(&ds, i * 3 % ds.n);
    dataset_close(&ds);
    support_folder_remove(dir);
}

static void test_dataset__read_from_many_threads(void **state)
{
    (void)state;
    char dir[256];
    dataset ds;
    open_three(&ds, dir);
    unsigned char want[8][DATASET_PIXELS];
    vq_error err;
    for (int i = 0; i < 8; i++)
        assert_ok(dataset_read(&ds, i, want[i], &err), &err);
    int wrong = 0; /* cmocka's checks may only be called from the test's own thread */
#pragma omp parallel for num_threads(4) reduction(+ : wrong)
    for (int i = 0; i < 4000; i++) {
        unsigned char pixels[DATASET_PIXELS];
        wrong += dataset_read(&ds, i * 5 % 8, pixels, NULL) != VQ_OK ||
                 memcmp(pixels, want[i * 5 % 8], sizeof pixels) != 0;
    }
    assert_int_equal(wrong, 0);
    dataset_close(&ds);
    support_folder_remove(dir);
}

/* Reading allocates nothing: a training step must not. */
static void test_dataset__read_does_not_allocate(void **state)
{
    (void)state;
    char dir[256];
    dataset ds;
    open_three(&ds, dir);
    support_alloc_reset();
    for (int64_t i = 0; i < ds.n; i++)
        check_pixels(&ds, i);
    assert_int_equal(support_alloc_count(), 0);
    dataset_close(&ds);
    support_folder_remove(dir);
}

/* Two passes in double, the plain way. */
static double plain_variance(const dataset *ds)
{
    vq_error err;
    double n = (double)ds->n * DATASET_PIXELS, mean = 0, variance = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int64_t i = 0; i < ds->n; i++) {
            unsigned char pixels[DATASET_PIXELS];
            assert_ok(dataset_read(ds, i, pixels, &err), &err);
            for (int j = 0; j < DATASET_PIXELS; j++) {
                double x = pixels[j] / 255.0;
                if (pass == 0)
                    mean += x / n;
                else
                    variance += (x - mean) * (x - mean) / n;
            }
        }
    return variance;
}

static void check_variance(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("variance %.17g, want %.17g", got, want);
}

static void test_dataset__variance(void **state)
{
    (void)state;
    char dir[256];
    dataset ds;
    open_three(&ds, dir);
    vq_error err;
    double variance = -1;
    assert_ok(dataset_variance(&ds, &variance, &err), &err);
    check_variance(variance, plain_variance(&ds), 1e-13);
    dataset_close(&ds);
    support_folder_remove(dir);
}

/* Write n images that are `low` but for their last n_high pixels of 255. */
static void write_two_colours(const char *dir, int n, int low, int n_high)
{
    FILE *f = fopen(files_path(dir, "two.bin"), "wb");
    assert_non_null(f);
    for (int i = 0; i < n; i++) {
        fputc(0, f);
        for (int j = 0; j < DATASET_PIXELS; j++)
            fputc(j < DATASET_PIXELS - n_high ? low : 255, f);
    }
    assert_int_equal(fclose(f), 0);
}

/*
 * Half black and half white is 1/4, one colour is exactly 0, nothing overflows when all
 * of many bytes are 255, and p of 255 among 254 is p (1 - p) / 255^2 to the last
 * digits.
 */
static void test_dataset__variance_known(void **state)
{
    (void)state;
    static const struct {
        int n, low, n_high;
        double want;
    } known[] = {{1, 0, DATASET_PIXELS / 2, 0.25},
                 {200, 0, DATASET_PIXELS / 2, 0.25},
                 {200, 255, 0, 0},
                 {3, 77, 0, 0},
                 {3, 254, 1000, 1000 * 2072 / (3072.0 * 3072.0 * 65025.0)}};
    char dir[256];
    support_folder_make(dir);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        vq_error err;
        dataset ds;
        double variance = -1;
        write_two_colours(dir, known[i].n, known[i].low, known[i].n_high);
        assert_ok(dataset_open(&ds, files_path(dir, "two.bin"), "", "", &err), &err);
        assert_ok(dataset_variance(&ds, &variance, &err), &err);
        check_variance(variance, known[i].want, known[i].want * 1e-14);
        dataset_close(&ds);
    }
    support_folder_remove(dir);
}

static void test_dataset__file_cut_short(void **state)
{
    (void)state;
    char dir[256];
    dataset ds;
    open_three(&ds, dir);
    files_resize(dir, "c.bin", 3073 * 2);
    vq_error err;
    unsigned char pixels[DATASET_PIXELS];
    double variance;
    assert_ok(dataset_read(&ds, 5, pixels, &err), &err);
    assert_fails(dataset_read(&ds, 6, pixels, &err), VQ_EINPUT, &err,
                 "/c.bin' ends at byte 6147, inside record 2");
    assert_fails(dataset_variance(&ds, &variance, &err), VQ_EINPUT, &err,
                 "/c.bin' ends at byte 6146, inside record 2");
    dataset_close(&ds);
    support_folder_remove(dir);
}

/* Let each allocation of opening and of the variance fail in turn. */
static void test_dataset__failed_allocations(void **state)
{
    (void)state;
    char dir[256];
    dataset ds;
    open_three(&ds, dir);
    dataset_close(&ds);
    long failures = 0;
    vq_status status = VQ_ENOMEM;
    while (status == VQ_ENOMEM) {
        vq_error err;
        double variance;
        support_alloc_fail_at(++failures);
        status = dataset_open(&ds, dir, "", "train", &err);
        if (status == VQ_OK)
            status = dataset_variance(&ds, &variance, &err);
        if (status != VQ_OK)
            assert_fails(status, VQ_ENOMEM, &err, "out of memory: cannot allocate");
        dataset_close(&ds);
    }
    support_alloc_fail_at(0);
    assert_int_equal(status, VQ_OK);
    assert_int_equal(failures - 1, 3 + 1 + 3); /* b.bin is looked at twice */
    support_folder_remove(dir);
}

static void test_dataset__interleave(void **state)
{
    (void)state;
    enum { AREA = DATASET_SIDE * DATASET_SIDE };
    unsigned char planar[DATASET_PIXELS], rgb[DATASET_PIXELS];
    for (int i = 0; i < DATASET_PIXELS; i++)
        planar[i] = files_pixel(5, i);
    dataset_interleave(planar, rgb);
    for (int c = 0; c < 3; c++)
        for (int y = 0; y < DATASET_SIDE; y++)
            for (int x = 0; x < DATASET_SIDE; x++)
                assert_int_equal(rgb[(y * DATASET_SIDE + x) * 3 + c],
                                 planar[c * AREA + y * DATASET_SIDE + x]);
}

const struct CMUnitTest test_dataset_suite[] = {
    cmocka_unit_test(test_dataset__read),
    cmocka_unit_test(test_dataset__read_from_many_threads),
    cmocka_unit_test(test_dataset__read_does_not_allocate),
    cmocka_unit_test(test_dataset__variance),
    cmocka_unit_test(test_dataset__variance_known),
    cmocka_unit_test(test_dataset__file_cut_short),
    cmocka_unit_test(test_dataset__failed_allocations),
    cmocka_unit_test(test_dataset__interleave),
    {0},
};
