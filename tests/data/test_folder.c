/* SPDX-License-Identifier: MIT */
#include "files.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "data/dataset.h"

/* The names of a split below the folder, each with its class and a blank. */
static void check_split(const char *folder, const char *split, const char *want)
{
    char got[512] = "";
    dataset ds;
    vq_error err;
    assert_ok(files_open(&ds, folder, "", split, &err), &err);
    for (int64_t i = 0; i < ds.n; i++) {
        char name[VQ_PATH_MAX];
        size_t at = strlen(got);
        int label = dataset_label(&ds, i);
        dataset_image_name(&ds, i, name);
        snprintf(got + at, sizeof got - at, "%s%s%s ", name + strlen(folder) + 1,
                 label < 0 ? "" : "=", label < 0 ? "" : dataset_class_name(&ds, label));
    }
    assert_string_equal(got, want);
    dataset_close(&ds);
}

static void check_refused(const char *folder, const char *split, vq_status want,
                          const char *part)
{
    dataset ds;
    vq_error err;
    assert_fails(files_open(&ds, folder, "", split, &err), want, &err, part);
    assert_null(ds.source.ops);
}

static void check_note(const char *folder, const char *want)
{
    dataset ds;
    vq_error err;
    assert_ok(files_open(&ds, folder, "", "all", &err), &err);
    assert_string_equal(ds.note, want);
    dataset_close(&ds);
}

/* What lies in a folder without data is named, the first of it that can be. */
static void test_folder__of_something_else(void **state)
{
    (void)state;
    static const struct {
        const char *name, *bytes, *message;
    } files[] = {
        {"m", "hello", "no data in '"},
        {"k", "\x80\4\x95",
         "/k' is a Python pickle, not a data file: of CIFAR the binary "},
        {"b", "RIFF....WEBPVP8 ", "/b' is a WebP picture, not a data file"},
        {".a", "<!DOCTYPE html>", "/b' is a WebP picture"},
    };
    char dir[256], path[300];
    vq_error err;
    support_folder_make(dir);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, files[i].name);
        assert_ok(file_write(path, files[i].bytes, strlen(files[i].bytes), &err), &err);
        check_refused(dir, "train", i ? VQ_EINPUT : VQ_EIO, files[i].message);
    }
    support_folder_remove(dir);
}

/* Every tenth file, files named test, folders: the later rule beats the earlier. */
static void test_folder__splits(void **state)
{
    (void)state;
    char dir[256], name[16];
    support_folder_make(dir);
    check_refused(dir, "train", VQ_EIO, "no data in '");
    for (int i = 9; i >= 1; i--) {
        snprintf(name, sizeof name, "%02d.%s", i, i % 2 ? "png" : "jpg");
        files_picture(dir, name, 2, 2, i);
    }
    files_picture(dir, ".hidden.png", 2, 2, 0);
    check_split(dir, "train",
                "01.png 02.jpg 03.png 04.jpg 05.png 06.jpg 07.png 08.jpg 09.png ");
    check_refused(dir, "test", VQ_EIO, "no picture of the test split in '");
    check_refused(dir, "val", VQ_EIO, "no picture of the val split in '");
    check_refused(dir, "valid", VQ_EUSAGE, "no split 'valid'");
    files_picture(dir, "10.PNG", 2, 2, 10);
    check_split(dir, "test", "10.PNG ");
    files_picture(dir, "a-test.png", 2, 2, 11);
    check_split(dir, "test", "a-test.png ");
    check_split(dir, "all",
                "01.png 02.jpg 03.png 04.jpg 05.png 06.jpg 07.png 08.jpg 09.png "
                "10.PNG a-test.png ");
    files_make_folder(dir, "train");
    check_split(dir, "test", "a-test.png ");
    files_picture(dir, "train/b.png", 2, 2, 12);
    files_picture(dir, "train/contest.png", 2, 2, 13);
    check_split(dir, "train", "train/b.png train/contest.png ");
    check_refused(dir, "test", VQ_EIO, "no picture of the test split");
    files_picture(dir, "Val/c.png", 2, 2, 14);
    check_split(dir, "test", "Val/c.png "); /* there is no other */
    files_picture(dir, "test/d.png", 2, 2, 15);
    check_split(dir, "train", "train/b.png train/contest.png ");
    check_split(dir, "val", "Val/c.png ");
    check_split(dir, "test", "test/d.png ");
    check_split(dir, "all", "Val/c.png test/d.png train/b.png train/contest.png ");
    check_note(dir, "left out 11 pictures beside the folder train");
    support_folder_remove(dir);
}

/* Labels are the same whatever the split holds of the classes. */
static void test_folder__classes(void **state)
{
    (void)state;
    char dir[256];
    dataset ds;
    vq_error err;
    support_folder_make(dir);
    files_picture(dir, "train/cats/1.png", 2, 2, 1);
    files_picture(dir, "train/dogs/1.png", 2, 2, 2);
    files_picture(dir, "test/eels/1.png", 2, 2, 3);
    check_split(dir, "train", "train/cats/1.png=cats train/dogs/1.png=dogs ");
    check_split(dir, "test", "test/eels/1.png=eels ");
    assert_ok(files_open(&ds, dir, "", "test", &err), &err);
    assert_int_equal(dataset_classes(&ds), 3);
    assert_int_equal(dataset_label(&ds, 0), 2);
    dataset_close(&ds);
    check_note(dir, "");
    files_picture(dir, "train/stray.png", 2, 2, 4);
    check_note(dir, "no labels: 1 pictures lie outside of the class folders");
    support_folder_remove(dir);
}

/* What is named like a picture and is none is skipped, counted, and told once. */
static void test_folder__odd_entries(void **state)
{
    (void)state;
    char dir[256];
    support_folder_make(dir);
    for (int i = 0; i < 3; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d.png", i);
        files_picture(dir, name, 2, 2, i);
    }
    check_note(dir, "");
    files_make_folder(dir, "x.png");
    assert_int_equal(symlink("/nowhere/x.png", files_path(dir, "dead.png")), 0);
    assert_int_equal(symlink("/nowhere/y.png", files_path(dir, "dead.jpg")), 0);
    assert_int_equal(mkfifo(files_path(dir, "pipe.png"), 0600), 0);
    files_put(dir, "empty.png", "", 0);
    files_put(dir, "notes.txt", "x", 1);
    files_put(dir, "Thumbs.db", "x", 1);
    check_note(dir, "skipped 1 folder named like a file, 2 links to nothing, 1 pipe, "
                    "socket or device; left out 1 empty file");
    files_put(dir, "a.WebP", "x", 1);
    files_put(dir, "b.tiff", "x", 1);
    check_note(dir, "skipped 1 folder named like a file, 2 links to nothing, 1 pipe, "
                    "socket or device, 2 pictures that are no PNG or JPEG; left out 1 "
                    "empty file");
    check_split(dir, "train", "0.png 1.png 2.png ");
    for (int i = 0; i < 3; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d.png", i);
        files_resize(dir, name, 0);
    }
    check_refused(dir, "train", VQ_EINPUT, "every picture of '");
    support_folder_remove(dir);
}

/* The kind with more images has the folder; a stray file of another hides nothing. */
static void test_folder__beside_data_files(void **state)
{
    (void)state;
    char dir[256], name[16];
    unsigned char noise[5000] = {1};
    dataset ds;
    vq_error err;
    support_folder_make(dir);
    files_put(dir, "weights.bin", noise, sizeof noise);
    check_refused(dir, "train", VQ_EINPUT, "/weights.bin' is 5000 bytes, no whole");
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "%d.png", i);
        files_picture(dir, name, 2, 2, i);
    }
    check_split(dir, "train", "0.png 1.png 2.png 3.png ");
    unlink(files_path(dir, "weights.bin"));
    files_write(dir, "data.bin", 1, 4);
    check_split(dir, "train", "0.png 1.png 2.png 3.png "); /* as many: pictures */
    files_write(dir, "data.bin", 1, 5);
    assert_ok(files_open(&ds, dir, "", "train", &err), &err);
    assert_int_equal(ds.n, 5);
    assert_int_equal(dataset_classes(&ds), 10);
    assert_non_null(strstr(ds.note, "' holds data of more than one kind: took the one "
                                    "with more images"));
    dataset_close(&ds);
    check_refused(dir, "test", VQ_EIO, "no .bin file of the test split in '");
    support_folder_remove(dir);
}

static void test_folder__failed_allocations(void **state)
{
    (void)state;
    char dir[256];
    vq_error err;
    vq_status status = VQ_ENOMEM;
    int failures = 0;
    support_folder_make(dir);
    files_picture(dir, "a/1.png", 4, 4, 1);
    files_picture(dir, "b/2.jpg", 5, 4, 2);
    for (int at = 1; status != VQ_OK; at++) {
        dataset ds;
        support_alloc_fail_at(at);
        status = files_open(&ds, dir, "", "train", &err);
        support_alloc_fail_at(0);
        if (status == VQ_OK)
            dataset_close(&ds);
        else {
            assert_fails(status, VQ_ENOMEM, &err, "out of memory");
            failures++;
        }
        assert_true(at < 1000);
    }
    assert_true(failures >= 10);
    support_folder_remove(dir);
}

const struct CMUnitTest test_folder_suite[] = {
    cmocka_unit_test(test_folder__of_something_else),
    cmocka_unit_test(test_folder__splits),
    cmocka_unit_test(test_folder__classes),
    cmocka_unit_test(test_folder__odd_entries),
    cmocka_unit_test(test_folder__beside_data_files),
    cmocka_unit_test(test_folder__failed_allocations),
    {0},
};
