/* SPDX-License-Identifier: MIT */
#include "files.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/cifar.h"

#define RECORD_10 (1 + DATASET_PIXELS)
#define RECORD_100 (2 + DATASET_PIXELS)

/* Append one file to an empty dataset and check how it was understood. */
static void check_layout(const char *path, cifar_kind kind, int record, int count)
{
    vq_error err;
    dataset ds = {0};
    assert_ok(cifar_append(&ds, path, kind, &err), &err);
    assert_int_equal(ds.n_files, 1);
    assert_int_equal(ds.n, count);
    assert_int_equal(ds.file[0].count, count);
    assert_int_equal(ds.file[0].record, record);
    assert_int_equal(ds.file[0].skip, record - DATASET_PIXELS);
    assert_string_equal(ds.file[0].path, path);
    for (int i = 0; i<count; i += count> 1 ? count - 1 : 1) {
        unsigned char pixels[DATASET_PIXELS];
        assert_ok(cifar_read(&ds.file[0], i, pixels, &err), &err);
        for (int j = 0; j < DATASET_PIXELS; j++)
            assert_int_equal(pixels[j], files_pixel(i, j));
    }
    dataset_close(&ds);
}

/* Append one bad file; the dataset must stay empty and no file open. */
static void check_refused(const char *path, cifar_kind kind, vq_status want,
                          const char *part)
{
    vq_error err;
    dataset ds = {0};
    int next = dup(0);
    close(next);
    assert_fails(cifar_append(&ds, path, kind, &err), want, &err, part);
    assert_int_equal(ds.n_files, 0);
    assert_int_equal(ds.n, 0);
    int after = dup(0); /* the lowest free descriptor: the same if none leaked */
    close(after);
    assert_int_equal(after, next);
}

static void test_cifar__layout_by_size(void **state)
{
    (void)state;
    char dir[256];
    support_folder_make(dir);
    files_write(dir, "ten", 1, 130); /* more than two blocks */
    files_write(dir, "hundred", 2, 130);
    files_write(dir, "one", 1, 1);
    check_layout(files_path(dir, "ten"), CIFAR_ANY, RECORD_10, 130);
    check_layout(files_path(dir, "ten"), CIFAR_10, RECORD_10, 130);
    check_layout(files_path(dir, "hundred"), CIFAR_ANY, RECORD_100, 130);
    check_layout(files_path(dir, "hundred"), CIFAR_100, RECORD_100, 130);
    check_layout(files_path(dir, "one"), CIFAR_ANY, RECORD_10, 1);
    support_folder_remove(dir);
}

/*
 * 3074 records of CIFAR-10 are as long as 3073 of CIFAR-100: the labels decide. The
 * pixels differ from record to record, so a wrong layout meets many bad labels.
 */
static void test_cifar__layout_by_labels(void **state)
{
    (void)state;
    char dir[256];
    support_folder_make(dir);
    files_write(dir, "ten", 1, RECORD_100);
    files_write(dir, "hundred", 2, RECORD_10);
    check_layout(files_path(dir, "ten"), CIFAR_ANY, RECORD_10, RECORD_100);
    check_layout(files_path(dir, "hundred"), CIFAR_ANY, RECORD_100, RECORD_10);
    support_folder_remove(dir);
}

/* The largest labels of each layout are good, one more is not. */
static void test_cifar__label_out_of_range(void **state)
{
    (void)state;
    char dir[256];
    support_folder_make(dir);
    files_write(dir, "ten", 1, 80);
    files_poke(dir, "ten", 70 * RECORD_10, 9);
    check_layout(files_path(dir, "ten"), CIFAR_ANY, RECORD_10, 80);
    files_poke(dir, "ten", 70 * RECORD_10, 10);
    files_poke(dir, "ten", 71 * RECORD_10, 255); /* the first one is named */
    check_refused(files_path(dir, "ten"), CIFAR_ANY, VQ_EINPUT,
                  "/ten': label 10 at byte 215110 (record 70) is out of range: "
                  "CIFAR-10 has 0 to 9");

    files_write(dir, "hundred", 2, 3);
    files_poke(dir, "hundred", 2 * RECORD_100, 19);
    files_poke(dir, "hundred", 2 * RECORD_100 + 1, 99);
    check_layout(files_path(dir, "hundred"), CIFAR_ANY, RECORD_100, 3);
    files_poke(dir, "hundred", 2 * RECORD_100 + 1, 100);
    check_refused(files_path(dir, "hundred"), CIFAR_ANY, VQ_EINPUT,
                  "fine label 100 at byte 6149 (record 2) is out of range: CIFAR-100 "
                  "has 0 to 99");
    files_poke(dir, "hundred", 2 * RECORD_100, 20);
    check_refused(files_path(dir, "hundred"), CIFAR_100, VQ_EINPUT,
                  "coarse label 20 at byte 6148 (record 2) is out of range: CIFAR-100 "
                  "has 0 to 19");
    support_folder_remove(dir);
}

/* What is said of a file of odd size is said in the layout its labels speak for. */
static void test_cifar__odd_size(void **state)
{
    (void)state;
    char dir[256];
    support_folder_make(dir);
    files_write(dir, "ten", 1, 5);
    files_resize(dir, "ten", 5 * RECORD_10 - 1);
    check_refused(files_path(dir, "ten"), CIFAR_ANY, VQ_EINPUT,
                  "/ten' is 15364 bytes, no whole number of CIFAR-10 records: the last "
                  "whole one ends at byte 12292");
    files_write(dir, "hundred", 2, 5);
    files_resize(dir, "hundred", 5 * RECORD_100 - 1);
    check_refused(files_path(dir, "hundred"), CIFAR_ANY, VQ_EINPUT,
                  "/hundred' is 15369 bytes, no whole number of CIFAR-100 records: the "
                  "last whole one ends at byte 12296");
    files_resize(dir, "ten", 100);
    check_refused(files_path(dir, "ten"), CIFAR_ANY, VQ_EINPUT, "ends at byte 0");
    /* a CIFAR-100 file where CIFAR-10 is due, and the other way round */
    files_write(dir, "hundred", 2, 5);
    check_refused(files_path(dir, "hundred"), CIFAR_10, VQ_EINPUT,
                  "no whole number of CIFAR-10 records");
    files_write(dir, "ten", 1, 5);
    check_refused(files_path(dir, "ten"), CIFAR_100, VQ_EINPUT,
                  "no whole number of CIFAR-100 records");
    support_folder_remove(dir);
}

static void test_cifar__not_a_file(void **state)
{
    (void)state;
    char dir[256], name[2000];
    support_folder_make(dir);
    files_write(dir, "empty", 1, 0);
    check_refused(files_path(dir, "empty"), CIFAR_ANY, VQ_EINPUT, "/empty' is empty");
    check_refused(files_path(dir, "absent"), CIFAR_ANY, VQ_EIO,
                  "/absent': No such file or directory");
    check_refused(dir, CIFAR_ANY, VQ_EINPUT, "is not a regular file");
    assert_int_equal(mkfifo(files_path(dir, "pipe"), 0600), 0);
    check_refused(files_path(dir, "pipe"), CIFAR_ANY, VQ_EINPUT,
                  "/pipe' is not a regular file");
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    check_refused(name, CIFAR_ANY, VQ_EUSAGE, "path is longer than 1023 bytes: 'xxxx");
    support_folder_remove(dir);
}

static void test_cifar__failed_allocation(void **state)
{
    (void)state;
    char dir[256];
    support_folder_make(dir);
    files_write(dir, "hundred", 2, 3); /* looked at as CIFAR-100 alone */
    support_alloc_fail_at(1);
    check_refused(files_path(dir, "hundred"), CIFAR_100, VQ_ENOMEM,
                  "cannot allocate 196736 bytes");
    files_write(dir, "bad", 1, 3); /* looked at as both */
    files_poke(dir, "bad", 0, 200);
    support_alloc_fail_at(2);
    check_refused(files_path(dir, "bad"), CIFAR_ANY, VQ_ENOMEM, "cannot allocate");
    support_alloc_fail_at(0);
    support_folder_remove(dir);
}

/* A file cut short, or an error of the disk, while it is in use. */
static void test_cifar__read_fails_later(void **state)
{
    (void)state;
    char dir[256];
    support_folder_make(dir);
    files_write(dir, "ten", 1, 5);
    vq_error err;
    dataset ds = {0};
    unsigned char pixels[DATASET_PIXELS];
    assert_ok(cifar_append(&ds, files_path(dir, "ten"), CIFAR_ANY, &err), &err);
    files_resize(dir, "ten", 4 * RECORD_10 + 100);
    assert_ok(cifar_read(&ds.file[0], 3, pixels, &err), &err);
    assert_fails(cifar_read(&ds.file[0], 4, pixels, &err), VQ_EINPUT, &err,
                 "/ten' ends at byte 12392, inside record 4: it was cut short after it "
                 "was opened");
    int writable = open(files_path(dir, "ten"), O_WRONLY);
    int readable = ds.file[0].fd;
    ds.file[0].fd = writable;
    assert_fails(cifar_read(&ds.file[0], 1, pixels, &err), VQ_EIO, &err,
                 "/ten' at byte 3074: Bad file descriptor");
    ds.file[0].fd = readable;
    close(writable);
    dataset_close(&ds);
    support_folder_remove(dir);
}

const struct CMUnitTest test_cifar_suite[] = {
    cmocka_unit_test(test_cifar__layout_by_size),
    cmocka_unit_test(test_cifar__layout_by_labels),
    cmocka_unit_test(test_cifar__label_out_of_range),
    cmocka_unit_test(test_cifar__odd_size),
    cmocka_unit_test(test_cifar__not_a_file),
    cmocka_unit_test(test_cifar__failed_allocation),
    cmocka_unit_test(test_cifar__read_fails_later),
    {0},
};
