/* SPDX-License-Identifier: MIT */
#include "files.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/cifar.h"

#define RECORD_10 (1 + CIFAR_PIXELS)
#define RECORD_100 (2 + CIFAR_PIXELS)

/* The whole of an image, as the planar bytes of its record. */
static vq_status read_planar(source *s, int64_t i, unsigned char planar[CIFAR_PIXELS],
                             vq_error *err)
{
    const source_area whole = {.height = CIFAR_SIDE, .width = CIFAR_SIDE};
    unsigned char rgb[CIFAR_PIXELS];
    vq_status status = s->ops->read(s->state, i, whole, rgb, err);
    for (int k = 0; k < CIFAR_PIXELS; k++)
        planar[k % 3 * CIFAR_SIDE * CIFAR_SIDE + k / 3] = rgb[k];
    return status;
}

/* Open one file and check how it was understood. */
static void check_layout(const char *path, cifar_kind kind, int record, int count)
{
    vq_error err;
    source s;
    char name[VQ_PATH_MAX], want[VQ_PATH_MAX];
    assert_ok(cifar_open(&s, &path, 1, kind, &err), &err);
    assert_int_equal(s.n, count);
    assert_int_equal(s.n_classes, record == RECORD_10 ? 10 : 100);
    for (int i = 0; i<count; i += count> 1 ? count - 1 : 1) {
        unsigned char pixels[CIFAR_PIXELS];
        int height, width;
        s.ops->size(s.state, i, &height, &width);
        assert_true(height == CIFAR_SIDE && width == CIFAR_SIDE);
        s.ops->name(s.state, i, name);
        snprintf(want, sizeof want, "%s[%d]", path, i);
        assert_string_equal(name, want);
        assert_ok(read_planar(&s, i, pixels, &err), &err);
        for (int j = 0; j < CIFAR_PIXELS; j++)
            assert_int_equal(pixels[j], files_pixel(i, j));
    }
    s.ops->close(s.state);
}

/* Open one bad file; nothing may stay open. */
static void check_refused(const char *path, cifar_kind kind, vq_status want,
                          const char *part)
{
    vq_error err;
    source s;
    int next = dup(0);
    close(next);
    assert_fails(cifar_open(&s, &path, 1, kind, &err), want, &err, part);
    assert_null(s.ops);
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

/* Files of another kind are named as that, also where their size would do. */
static void test_cifar__foreign(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"\xff\xd8\xff", "/x' is a JPEG picture, not a data file"},
        {"\x1f\x8b\x08", "/x' is a gzip file, not a data file: unpack it first"},
        {"\x80\2}q\1(U\x0b"
         "batch_label",
         "/x' is a Python pickle, not a data file: of CIFAR the binary version is "
         "read"},
        {"version https://git-lfs.github.com/spec/v1\n", "/x' is a Git LFS pointer"},
    };
    char dir[256];
    support_folder_make(dir);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (long size = RECORD_10; size < RECORD_10 + 2; size++) {
            files_write(dir, "x", 1, 1);
            files_resize(dir, "x", size);
            for (size_t k = 0; k < strlen(cases[i][0]); k++)
                files_poke(dir, "x", (long)k, (unsigned char)cases[i][0][k]);
            check_refused(files_path(dir, "x"), CIFAR_ANY, VQ_EINPUT, cases[i][1]);
        }
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
    const char *path = files_path(dir, "hundred");
    vq_status status = VQ_ENOMEM;
    int failures = 0;
    for (int at = 1; status != VQ_OK; at++) {
        vq_error err;
        source s;
        support_alloc_fail_at(at);
        status = cifar_open(&s, &path, 1, CIFAR_100, &err);
        support_alloc_fail_at(0);
        if (status != VQ_OK) {
            assert_fails(status, VQ_ENOMEM, &err, "out of memory: cannot allocate");
            failures++;
        } else
            s.ops->close(s.state);
        assert_true(at < 100);
    }
    assert_true(failures >= 4); /* state, files, path, labels, block */
    support_folder_remove(dir);
}

/* Labels are the last ones; names come with the kind; of two kinds there are none. */
static void test_cifar__labels(void **state)
{
    (void)state;
    char dir[256];
    vq_error err;
    source s;
    support_folder_make(dir);
    files_write(dir, "ten", 1, 3);
    files_poke(dir, "ten", 0, 9);
    files_poke(dir, "ten", 2 * RECORD_10, 3);
    files_write(dir, "more", 1, 2);
    files_poke(dir, "more", RECORD_10, 7);
    files_write(dir, "hundred", 2, 2);
    files_poke(dir, "hundred", RECORD_100, 19);
    files_poke(dir, "hundred", RECORD_100 + 1, 99);
    const char *path[] = {files_path(dir, "ten"), files_path(dir, "more"),
                          files_path(dir, "hundred")};
    static const int want[] = {9, 0, 3, 0, 7};
    assert_ok(cifar_open(&s, path, 2, CIFAR_ANY, &err), &err);
    assert_int_equal(s.n, 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(s.ops->label(s.state, i), want[i]);
    assert_int_equal(s.n_classes, 10);
    assert_string_equal(s.class_name[9], "truck");
    s.ops->close(s.state);
    assert_ok(cifar_open(&s, path + 2, 1, CIFAR_ANY, &err), &err);
    assert_int_equal(s.n_classes, 100);
    assert_int_equal(s.ops->label(s.state, 1), 99);
    assert_string_equal(s.class_name[99], "worm");
    s.ops->close(s.state);
    assert_ok(cifar_open(&s, path, 3, CIFAR_ANY, &err), &err);
    assert_int_equal(s.n, 7);
    assert_int_equal(s.n_classes, 0);
    s.ops->close(s.state);
    support_folder_remove(dir);
}

/* An area is that part of the image. */
static void test_cifar__area(void **state)
{
    (void)state;
    char dir[256];
    vq_error err;
    source s;
    support_folder_make(dir);
    files_write(dir, "ten", 1, 2);
    const char *path = files_path(dir, "ten");
    const source_area a = {.y = 3, .x = 20, .height = 5, .width = 12};
    unsigned char rgb[5 * 12 * 3], planar[CIFAR_PIXELS];
    assert_ok(cifar_open(&s, &path, 1, CIFAR_ANY, &err), &err);
    assert_ok(read_planar(&s, 1, planar, &err), &err);
    assert_ok(s.ops->read(s.state, 1, a, rgb, &err), &err);
    for (int k = 0; k < (int)sizeof rgb; k++)
        assert_int_equal(
            rgb[k], planar[k % 3 * 1024 + (3 + k / 3 / 12) * 32 + 20 + k / 3 % 12]);
    s.ops->close(s.state);
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
    source s;
    unsigned char pixels[CIFAR_PIXELS];
    const char *path = files_path(dir, "ten");
    int fd = dup(0); /* the lowest free descriptor: the file's */
    close(fd);
    assert_ok(cifar_open(&s, &path, 1, CIFAR_ANY, &err), &err);
    files_resize(dir, "ten", 4 * RECORD_10 + 100);
    assert_ok(read_planar(&s, 3, pixels, &err), &err);
    assert_fails(read_planar(&s, 4, pixels, &err), VQ_EINPUT, &err,
                 "/ten' ends at byte 12392, inside record 4: it was cut short after it "
                 "was opened");
    int writable = open(path, O_WRONLY);
    assert_int_equal(dup2(writable, fd), fd);
    close(writable);
    assert_fails(read_planar(&s, 1, pixels, &err), VQ_EIO, &err,
                 "/ten' at byte 3074: Bad file descriptor");
    s.ops->close(s.state);
    support_folder_remove(dir);
}

const struct CMUnitTest test_cifar_suite[] = {
    cmocka_unit_test(test_cifar__layout_by_size),
    cmocka_unit_test(test_cifar__layout_by_labels),
    cmocka_unit_test(test_cifar__label_out_of_range),
    cmocka_unit_test(test_cifar__odd_size),
    cmocka_unit_test(test_cifar__foreign),
    cmocka_unit_test(test_cifar__not_a_file),
    cmocka_unit_test(test_cifar__failed_allocation),
    cmocka_unit_test(test_cifar__labels),
    cmocka_unit_test(test_cifar__area),
    cmocka_unit_test(test_cifar__read_fails_later),
    {0},
};
