/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "data/dataset.h"
#include "data/files.h"
#include "data/shapes.h"
#include "data/variance.h"

static uint32_t image_crc(bool test, int64_t i)
{
    unsigned char pixels[SHAPES_PIXELS];
    shapes_image(test, i, pixels);
    return (uint32_t)crc32(0, pixels, sizeof pixels);
}

/*
 * The first 16 images of each split on every machine. When a change of the generator is
 * meant, these figures change with it, and so do all figures reported for shapes.
 */
static void test_shapes__golden(void **state)
{
    (void)state;
    static const uint32_t want[2] = {0x92cac061, 0x9aac5695};
    for (int split = 0; split < 2; split++) {
        uLong crc = 0;
        for (int i = 0; i < 16; i++) {
            unsigned char rgb[SHAPES_PIXELS], planar[SHAPES_PIXELS];
            shapes_image(split == 1, i, rgb);
            for (int k = 0; k < SHAPES_PIXELS; k++)
                planar[k % 3 * FIELD_AREA + k / 3] = rgb[k];
            crc = crc32(crc, planar, sizeof planar);
        }
        if (crc != want[split])
            fail_msg("split %d: crc 0x%08lx, want 0x%08x", split, crc, want[split]);
    }
}

static int compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* No image comes twice, within a split or in both. */
static void test_shapes__all_differ(void **state)
{
    (void)state;
    enum { N = 1000 };
    static uint32_t crc[2 * N];
    for (int i = 0; i < N; i++) {
        crc[i] = image_crc(false, i);
        crc[N + i] = image_crc(true, i);
    }
    qsort(crc, 2 * N, sizeof *crc, compare);
    for (int i = 1; i < 2 * N; i++)
        assert_int_not_equal(crc[i - 1], crc[i]);
}

/* The dataset holds what shapes_image makes, whatever was made before it. */
static void test_shapes__dataset(void **state)
{
    (void)state;
    vq_error err;
    dataset ds;
    unsigned char got[SHAPES_PIXELS], want[SHAPES_PIXELS];
    assert_ok(files_open(&ds, "shapes", "no-such-folder", "test", &err), &err);
    assert_string_equal(ds.name, "shapes");
    assert_int_equal(ds.n, SHAPES_TEST);
    for (int64_t i = SHAPES_TEST - 1; i >= 0; i -= 13) {
        shapes_image(true, i, want);
        assert_ok(dataset_read(&ds, i, got, &err), &err);
        assert_memory_equal(got, want, sizeof got);
    }
    double variance;
    assert_ok(variance_measure(&ds, 2, NULL, NULL, &variance, &err), &err);
    if (!(variance > 0.045 && variance < 0.060)) /* CIFAR-10 has 0.063 */
        fail_msg("variance %g", variance);
    dataset_close(&ds);
    assert_null(ds.source.ops);
}

static void test_shapes__train_split(void **state)
{
    (void)state;
    vq_error err;
    dataset ds;
    unsigned char got[SHAPES_PIXELS], want[SHAPES_PIXELS];
    for (int all = 0; all < 2; all++) {
        assert_ok(files_open(&ds, "shapes", "", all ? "all" : "train", &err), &err);
        assert_int_equal(ds.n, SHAPES_TRAIN + all * SHAPES_TEST);
        for (int test = 0; test <= all; test++) {
            int64_t last = test ? SHAPES_TEST - 1 : SHAPES_TRAIN - 1;
            shapes_image(test, last, want);
            assert_ok(dataset_read(&ds, test * SHAPES_TRAIN + last, got, &err), &err);
            assert_memory_equal(got, want, sizeof got);
        }
        dataset_close(&ds);
    }
}

/* Every image has something to see: no single colour, nothing all but black. */
static void test_shapes__something_to_see(void **state)
{
    (void)state;
    for (int64_t i = 0; i < 1000; i++) {
        unsigned char pixels[SHAPES_PIXELS];
        double sum = 0, squares = 0;
        shapes_image(false, i, pixels);
        for (int j = 0; j < SHAPES_PIXELS; j++) {
            sum += pixels[j];
            squares += (double)pixels[j] * pixels[j];
        }
        double mean = sum / SHAPES_PIXELS;
        double deviation = sqrt(squares / SHAPES_PIXELS - mean * mean);
        if (!(mean > 15 && mean < 240 && deviation > 6))
            fail_msg("image %d: mean %g, deviation %g", (int)i, mean, deviation);
    }
}

static void test_shapes__errors(void **state)
{
    (void)state;
    vq_error err;
    dataset ds;
    assert_fails(files_open(&ds, "shapes", "", "valid", &err), VQ_EUSAGE, &err,
                 "no split 'valid'");
    assert_fails(files_open(&ds, "shapes", "", "val", &err), VQ_EUSAGE, &err,
                 "shapes has no split val, but train and test");
    support_alloc_fail_at(1);
    assert_fails(files_open(&ds, "shapes", "", "test", &err), VQ_ENOMEM, &err,
                 "cannot allocate 6144000 bytes");
    assert_int_equal(ds.n, 0);
    dataset_close(&ds);
}

const struct CMUnitTest test_shapes_suite[] = {
    cmocka_unit_test(test_shapes__golden),
    cmocka_unit_test(test_shapes__all_differ),
    cmocka_unit_test(test_shapes__dataset),
    cmocka_unit_test(test_shapes__train_split),
    cmocka_unit_test(test_shapes__something_to_see),
    cmocka_unit_test(test_shapes__errors),
    {0},
};
