/* SPDX-License-Identifier: MIT */
#include "files.h"

#include <string.h>
#include <unistd.h>

#include "data/cifar.h"
#include "data/dataset.h"

/* A folder of three files with 3, 1 and 4 images of both layouts, opened. */
static void open_three(dataset *ds, char dir[256])
{
    vq_error err;
    support_folder_make(dir);
    files_write(dir, "a.bin", 1, 3);
    files_write(dir, "b.bin", 2, 1);
    files_write(dir, "c.bin", 1, 4);
    assert_ok(files_open(ds, dir, "", "train", &err), &err);
    assert_int_equal(ds->n, 8);
}

static void check_pixels(const dataset *ds, int64_t i)
{
    static const int image_in_file[] = {0, 1, 2, 0, 0, 1, 2, 3};
    vq_error err;
    unsigned char pixels[CIFAR_PIXELS];
    assert_ok(dataset_read(ds, i, pixels, &err), &err);
    for (int j = 0; j < CIFAR_PIXELS; j++)
        assert_int_equal(pixels[j],
                         files_pixel(image_in_file[i], j % 3 * 1024 + j / 3));
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
    unsigned char want[8][CIFAR_PIXELS];
    vq_error err;
    for (int i = 0; i < 8; i++)
        assert_ok(dataset_read(&ds, i, want[i], &err), &err);
    int wrong = 0; /* cmocka's checks may only be called from the test's own thread */
#pragma omp parallel for num_threads(4) reduction(+ : wrong)
    for (int i = 0; i < 4000; i++) {
        unsigned char pixels[CIFAR_PIXELS];
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

static void test_dataset__file_cut_short(void **state)
{
    (void)state;
    char dir[256];
    dataset ds;
    open_three(&ds, dir);
    files_resize(dir, "c.bin", 3073 * 2);
    vq_error err;
    unsigned char pixels[CIFAR_PIXELS];
    assert_ok(dataset_read(&ds, 5, pixels, &err), &err);
    assert_fails(dataset_read(&ds, 6, pixels, &err), VQ_EINPUT, &err,
                 "/c.bin' ends at byte 6147, inside record 2");
    dataset_close(&ds);
    support_folder_remove(dir);
}

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
        support_alloc_fail_at(++failures);
        status = files_open(&ds, dir, "", "train", &err);
        if (status != VQ_OK)
            assert_fails(status, VQ_ENOMEM, &err, "out of memory: cannot allocate");
        dataset_close(&ds);
    }
    support_alloc_fail_at(0);
    assert_int_equal(status, VQ_OK);
    assert_true(failures > 12); /* 3 files: name, list, path, labels, block */
    support_folder_remove(dir);
}

/* 32x32 images are samples as they are, and of smaller samples the crops. */
static void test_dataset__samples(void **state)
{
    (void)state;
    char dir[256];
    dataset ds;
    vq_error err;
    int height, width;
    unsigned char image[CIFAR_PIXELS], sample[CIFAR_PIXELS];
    open_three(&ds, dir);
    assert_int_equal(ds.pixels, 8 * 1024);
    assert_false(ds.whole);
    assert_true(dataset_one_size(&ds, &height, &width));
    assert_true(height == 32 && width == 32);
    assert_ok(dataset_read(&ds, 5, image, &err), &err);
    dataset_close(&ds);
    source_request request = {.data = dir, .side = 32};
    assert_ok(dataset_open(&ds, &request, &err), &err);
    assert_true(ds.whole);
    assert_int_equal(dataset_samples(&ds), 8);
    rng r = rng_make(1, RNG_CROP, 0);
    assert_ok(dataset_sample(&ds, 5, &r, sample, &err), &err);
    assert_memory_equal(sample, image, sizeof image);
    dataset_close(&ds);
    request.side = 16;
    request.most = 6;
    assert_ok(dataset_open(&ds, &request, &err), &err);
    assert_false(ds.whole);
    assert_int_equal(ds.n, 6);
    assert_int_equal(dataset_samples(&ds), 24);
    /* evenly spread: the fifth of six is the sixth of eight */
    assert_ok(dataset_sample(&ds, 4, NULL, sample, &err), &err);
    for (int y = 0; y < 16; y++)
        assert_memory_equal(sample + y * 48, image + ((y + 8) * 32 + 8) * 3, 48);
    dataset_close(&ds);
    request.side = 33;
    assert_fails(dataset_open(&ds, &request, &err), VQ_EINPUT, &err,
                 "/a.bin[0]' is 32 x 32 pixels, smaller than a crop of 33 x 33");
    dataset_close(&ds);
    support_folder_remove(dir);
}

static void test_dataset__labels(void **state)
{
    (void)state;
    char dir[256];
    dataset ds;
    vq_error err;
    open_three(&ds, dir); /* of both kinds: no labels */
    assert_int_equal(dataset_classes(&ds), 0);
    assert_int_equal(dataset_label(&ds, 0), -1);
    dataset_close(&ds);
    files_poke(dir, "c.bin", 3073, 6);
    assert_ok(files_open(&ds, files_path(dir, "c.bin"), "", "train", &err), &err);
    assert_int_equal(dataset_classes(&ds), 10);
    assert_int_equal(dataset_label(&ds, 0), 0);
    assert_int_equal(dataset_label(&ds, 1), 6);
    assert_string_equal(dataset_class_name(&ds, 6), "frog");
    dataset_close(&ds);
    support_folder_remove(dir);
}

/* Files of other kinds are told from damaged data, with what to do about it. */
static void test_dataset__foreign_files(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        size_t size;
        const char *want;
    } cases[] = {
        {"\x1f\x8b\x08 a tar or a file", 20, "/x' is a gzip file, not a data file: "},
        {"\x89HDF\r\n\x1a\n", 8, "/x' is an HDF5 file, not a data file: save its"},
        {"RIFF____WEBPVP8 ", 16, "/x' is a WebP picture, not a data file: convert"},
        {"hello", 5, "/x' is 5 bytes, no whole number of CIFAR-10 records"},
        {"", 0, "/x' is empty"}};
    char dir[256];
    vq_error err;
    support_folder_make(dir);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dataset ds;
        files_put(dir, "x", cases[i].head, cases[i].size);
        assert_fails(files_open(&ds, files_path(dir, "x"), "", "train", &err),
                     VQ_EINPUT, &err, cases[i].want);
    }
    support_folder_remove(dir);
}

/* A remark that is too long is cut, and nothing is written behind it. */
static void test_dataset__notes(void **state)
{
    (void)state;
    char room[SOURCE_NOTE_MAX + 1] = "";
    const source_request r = {.note = room};
    room[SOURCE_NOTE_MAX] = '!';
    source_note(&r, "one %d", 1);
    source_note(&r, "two");
    assert_string_equal(room, "one 1; two");
    for (int i = 0; i < 400; i++)
        source_note(&r, "number %d", i);
    assert_int_equal(strlen(room), SOURCE_NOTE_MAX - 1);
    assert_int_equal(room[SOURCE_NOTE_MAX], '!');
}

const struct CMUnitTest test_dataset_suite[] = {
    cmocka_unit_test(test_dataset__read),
    cmocka_unit_test(test_dataset__read_from_many_threads),
    cmocka_unit_test(test_dataset__read_does_not_allocate),
    cmocka_unit_test(test_dataset__file_cut_short),
    cmocka_unit_test(test_dataset__failed_allocations),
    cmocka_unit_test(test_dataset__samples),
    cmocka_unit_test(test_dataset__labels),
    cmocka_unit_test(test_dataset__foreign_files),
    cmocka_unit_test(test_dataset__notes),
    {0},
};
