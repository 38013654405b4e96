/* SPDX-License-Identifier: MIT */
#include "files.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/cifar.h"
#include "data/variance.h"

/* Two passes in double, the plain way. */
static double plain_variance(const dataset *ds)
{
    vq_error err;
    double n = (double)ds->n * CIFAR_PIXELS, mean = 0, variance = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int64_t i = 0; i < ds->n; i++) {
            unsigned char pixels[CIFAR_PIXELS];
            assert_ok(dataset_read(ds, i, pixels, &err), &err);
            for (int j = 0; j < CIFAR_PIXELS; j++) {
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

/* The same bits at any number of threads. */
static void test_variance__plain(void **state)
{
    (void)state;
    char dir[256];
    vq_error err;
    dataset ds;
    double variance = -1, again;
    support_folder_make(dir);
    files_write(dir, "a.bin", 1, 700); /* several blocks, the last not full */
    assert_ok(files_open(&ds, dir, "", "train", &err), &err);
    assert_ok(variance_measure(&ds, 1, NULL, NULL, &variance, &err), &err);
    check_variance(variance, plain_variance(&ds), 2e-12);
    for (int threads = 2; threads < 5; threads++) {
        assert_ok(variance_measure(&ds, threads, NULL, NULL, &again, &err), &err);
        assert_true(variance == again);
    }
    files_resize(dir, "a.bin", 3073 * 600 + 7);
    assert_fails(variance_measure(&ds, 2, NULL, NULL, &variance, &err), VQ_EINPUT, &err,
                 "/a.bin' ends at byte 1843807, inside record 600");
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
        for (int j = 0; j < CIFAR_PIXELS; j++)
            fputc(j < CIFAR_PIXELS - n_high ? low : 255, f);
    }
    assert_int_equal(fclose(f), 0);
}

/*
 * Half black and half white is 1/4, one colour is exactly 0, nothing overflows when all
 * of many bytes are 255, and p of 255 among 254 is p (1 - p) / 255^2 to the last
 * digits.
 */
static void test_variance__known(void **state)
{
    (void)state;
    static const struct {
        int n, low, n_high;
        double want;
    } known[] = {{1, 0, CIFAR_PIXELS / 2, 0.25},
                 {200, 0, CIFAR_PIXELS / 2, 0.25},
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
        assert_ok(files_open(&ds, files_path(dir, "two.bin"), "", "train", &err), &err);
        assert_ok(variance_measure(&ds, 2, NULL, NULL, &variance, &err), &err);
        check_variance(variance, known[i].want, known[i].want * 1e-14);
        dataset_close(&ds);
    }
    support_folder_remove(dir);
}

/* A gigapixel file of gray planes, all holes but for a white one. */
static const char *write_large(const char *dir, int white)
{
    static unsigned char plane[1 << 20];
    const char *path =
        files_npy(dir, "a.npy", "|u1", "False", "1024, 1024, 1024", NULL, 0);
    FILE *f = fopen(path, "r+b");
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    const long head = ftell(f);
    files_resize(dir, "a.npy", head + (1L << 30));
    memset(plane, 255, sizeof plane);
    assert_int_equal(fseek(f, head + ((long)white << 20), SEEK_SET), 0);
    assert_int_equal(fwrite(plane, 1, sizeof plane, f), sizeof plane);
    assert_int_equal(fclose(f), 0);
    return path;
}

typedef struct told {
    int64_t last;
    int calls, stop_at;
} told;

static bool watch(void *user, int64_t done, int64_t all)
{
    told *t = user;
    assert_int_equal(all, 1024);
    assert_true(done >= t->last && done < all);
    t->last = done;
    return ++t->calls == t->stop_at;
}

/* Of twice as much as is looked at, every other picture is. */
static void test_variance__of_a_part(void **state)
{
    (void)state;
    char dir[256];
    vq_error err;
    support_folder_make(dir);
    for (int white = 500; white < 502; white++) {
        dataset ds;
        double variance = -1, p = white % 2 ? 0 : 1.0 / 512;
        told t = {0};
        assert_ok(files_open(&ds, write_large(dir, white), "", "train", &err), &err);
        assert_int_equal(ds.pixels, 2 * SOURCE_EXACT_PIXELS);
        assert_ok(variance_measure(&ds, 2, watch, &t, &variance, &err), &err);
        check_variance(variance, p * (1 - p), 1e-14);
        assert_true(t.calls > 10);
        t = (told){.stop_at = 3};
        assert_fails(variance_measure(&ds, 2, watch, &t, &variance, &err), VQ_ESTOPPED,
                     &err, "stopped while the data was looked through");
        assert_int_equal(t.calls, 3);
        dataset_close(&ds);
    }
    support_folder_remove(dir);
}

static void test_variance__failed_allocations(void **state)
{
    (void)state;
    char dir[256];
    vq_error err;
    dataset ds;
    double variance;
    support_folder_make(dir);
    files_write(dir, "a.bin", 1, 3);
    assert_ok(files_open(&ds, dir, "", "train", &err), &err);
    for (int at = 1; at <= 2; at++) {
        support_alloc_fail_at(at);
        assert_fails(variance_measure(&ds, 1, NULL, NULL, &variance, &err), VQ_ENOMEM,
                     &err, "out of memory: cannot allocate");
    }
    support_alloc_fail_at(0);
    dataset_close(&ds);
    support_folder_remove(dir);
}

const struct CMUnitTest test_variance_suite[] = {
    cmocka_unit_test(test_variance__plain),
    cmocka_unit_test(test_variance__known),
    cmocka_unit_test(test_variance__of_a_part),
    cmocka_unit_test(test_variance__failed_allocations),
    {0},
};
