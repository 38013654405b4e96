/*
 * SPDX-License-Identifier: MIT
 *
 * Pictures that are tampered with between the look at their headers and the reading of
 * their pixels.
 */
#include "files.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/dataset.h"

enum { W = 24, H = 16, BYTES = 4000, CROP = 8 };

/* The picture, filled up with bytes that no decoder reads, last changed at `time`. */
static void put(const char *dir, const char *name, int width, int height, int bytes,
                time_t time)
{
    const struct timespec times[2] = {{.tv_sec = time}, {.tv_sec = time}};
    files_picture(dir, name, width, height, 1);
    files_resize(dir, name, bytes);
    assert_int_equal(utimensat(AT_FDCWD, files_path(dir, name), times, 0), 0);
}

typedef struct fault {
    const char *what;
    int width, height, bytes; /* of what takes the picture's place; 0: nothing does */
    time_t time;
    vq_status status;
    const char *message;
} fault;

/* Sizes and times that stay the same do not hide another picture, and the first rows of
 * one that was cut short are not taken for the whole. */
static const fault faults[] = {
    {"nothing", W, H, BYTES, 1000, VQ_OK, ""},
    {"vanished", 0, 0, 0, 0, VQ_EIO, "': No such file or directory"},
    {"another size", W, H + 1, BYTES, 1000, VQ_EINPUT, "' was changed after the data"},
    {"turned", H, W, BYTES, 1000, VQ_EINPUT, "' was changed after the data"},
    {"cut short", W, H, BYTES / 8, 1000, VQ_EINPUT, "' was changed after the data"},
    {"longer", W, H, BYTES + 1, 1000, VQ_EINPUT, "' was changed after the data"},
    {"written again", W, H, BYTES, 1001, VQ_EINPUT, "' was changed after the data"},
};

static void test_picture__changed_after_the_look(void **state)
{
    (void)state;
    static const char *const names[] = {"a.png", "a.jpg"};
    for (int kind = 0; kind < 2; kind++)
        for (size_t f = 0; f < sizeof faults / sizeof *faults; f++) {
            char dir[256];
            dataset ds;
            vq_error err;
            unsigned char rgb[W * H * 3];
            support_folder_make(dir);
            put(dir, names[kind], W, H, BYTES, 1000);
            const source_request r = {.data = dir, .side = CROP};
            assert_ok(dataset_open(&ds, &r, &err), &err);
            unlink(files_path(dir, names[kind]));
            if (faults[f].width > 0)
                put(dir, names[kind], faults[f].width, faults[f].height,
                    faults[f].bytes, faults[f].time);
            rng top = rng_make(1, RNG_CROP, (uint32_t)f);
            for (int whole = 0; whole < 2; whole++) {
                vq_status status = whole ? dataset_read(&ds, 0, rgb, &err)
                                         : dataset_sample(&ds, 0, &top, rgb, &err);
                if (faults[f].status == VQ_OK)
                    assert_ok(status, &err);
                else if (status == VQ_OK)
                    fail_msg("%s: '%s' was read", faults[f].what, names[kind]);
                else
                    assert_fails(status, faults[f].status, &err, faults[f].message);
            }
            dataset_close(&ds);
            support_folder_remove(dir);
        }
}

/* A sound header and pixels that end early: known when they are read. */
static void test_picture__cut_short_before_the_look(void **state)
{
    (void)state;
    static const char *const names[] = {"a.png", "a.jpg"};
    for (int kind = 0; kind < 2; kind++) {
        char dir[256];
        dataset ds;
        vq_error err;
        struct stat info;
        unsigned char rgb[64 * 64 * 3];
        support_folder_make(dir);
        files_picture(dir, names[kind], 64, 64, 1);
        assert_int_equal(stat(files_path(dir, names[kind]), &info), 0);
        files_resize(dir, names[kind], (long)info.st_size * 3 / 4);
        const source_request r = {.data = dir};
        assert_ok(dataset_open(&ds, &r, &err), &err); /* a sound header */
        assert_fails(dataset_read(&ds, 0, rgb, &err), VQ_EINPUT, &err,
                     kind ? "' is not a valid JPEG: it ends at byte "
                          : "' is not a valid PNG: it ends at byte ");
        dataset_close(&ds);
        support_folder_remove(dir);
    }
}

const struct CMUnitTest test_picture_suite[] = {
    cmocka_unit_test(test_picture__changed_after_the_look),
    cmocka_unit_test(test_picture__cut_short_before_the_look),
    {0},
};
