/*
 * SPDX-License-Identifier: MIT
 *
 * Pictures and plots, read and written, while calls of the system fail one at a time.
 * What libjpeg itself allocates is beyond the suite: scripts/torture.py.
 */
#include "faults.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "image/plot.h"
#include "tiny.h"

/* Large enough that a stream does not hold it; noise, which no codec makes small. */
enum { SIDE = 300 };

static const char *name;
static vq_image image;

static vq_status write_image(vq_error *err)
{
    return vq_image_write(&image, in_folder(name), err);
}

static vq_status read_image(vq_error *err)
{
    vq_image back;
    vq_status status = vq_image_read(&back, in_folder(name), err);
    vq_image_release(&back);
    return status;
}

static void remove_it(void)
{
    unlink(in_folder(name));
}

static void assert_all_or_nothing(vq_status status)
{
    const bool there = file_exists(in_folder(name));
    assert_true(there || status != VQ_OK);
    assert_int_equal(folder_entries(), there);
}

static void test_image_faults__pictures(void **state)
{
    (void)state;
    static const char *const names[] = {"a.png", "a.jpg"};
    static const call_fault writing[] = {{"open", EACCES, 1, "cannot create"},
                                         {"write", ENOSPC, SOME, "No space"},
                                         {"write", EINTR, 0, ""},
                                         {"fsync", EIO, 2, "Input/output"},
                                         {"rename", EPERM, 1, "cannot replace"},
                                         {ALLOCATION, ENOMEM, SOME, "out of memory"},
                                         {0}},
                            reading[] = {{"open", EACCES, 1, "cannot open"},
                                         {"read", EIO, SOME, "cannot read"},
                                         {"read", EINTR, 0, ""},
                                         {ALLOCATION, ENOMEM, SOME, "out of memory"},
                                         {0}};
    uint32_t noise = 1;
    image = (vq_image){.width = SIDE, .height = SIDE, .rgb = malloc(SIDE * SIDE * 3)};
    assert_non_null(image.rgb);
    for (size_t i = 0; i < (size_t)SIDE * SIDE * 3; i++) {
        noise = noise * 1664525 + 1013904223;
        image.rgb[i] = (unsigned char)(noise >> 24);
    }
    for (int i = 0; i < 2; i++) {
        vq_error err;
        name = names[i];
        assert_call_faults(writing, remove_it, write_image, assert_all_or_nothing);
        assert_ok(write_image(&err), &err);
        assert_call_faults(reading, NULL, read_image, NULL);
        remove_it();
    }
    vq_image_release(&image);
}

static vq_status compare_images(vq_error *err)
{
    vq_comparison result;
    return vq_compare(&image, &image, &result, err);
}

static vq_status subtract_images(vq_error *err)
{
    vq_image difference;
    vq_status status = vq_difference(&image, &image, 4, &difference, err);
    vq_image_release(&difference);
    return status;
}

static void test_image_faults__compare(void **state)
{
    (void)state;
    static const call_fault faults[] = {{ALLOCATION, ENOMEM, SOME, "out of memory"},
                                        {0}};
    image = (vq_image){.width = 20, .height = 20, .rgb = tiny_picture(20, 20, 3)};
    assert_call_faults(faults, NULL, compare_images, NULL);
    assert_call_faults(faults, NULL, subtract_images, NULL);
    for (int a = 0; a < 2; a++)
        for (int b = 0; b < 2; b++) { /* gray only where both are */
            vq_error err;
            vq_image first = image, second = image, difference;
            first.gray = a;
            second.gray = b;
            assert_ok(vq_difference(&first, &second, 4, &difference, &err), &err);
            assert_int_equal(difference.gray, a && b);
            vq_image_release(&difference);
        }
    vq_image_release(&image);
}

static const plot_panel panels[2] = {
    {.title = "Error", .label = "nmse", .figure = {"nmse"}, .log_y = true},
    {.title = "Usage", .label = "codes", .figure = {"perplexity"}}};

static vq_status plot_log(vq_error *err)
{
    return plot_curves(in_folder("log"), panels, 2, in_folder("f.svg"), err);
}

static vq_status plot_codes(vq_error *err)
{
    static const double count[] = {5, 3, 0, 1, 7, 7};
    return plot_usage(count, 2, 3, in_folder("f.svg"), err);
}

static void write_log(void)
{
    static const char lines[] = "{\"step\": 1, \"nmse\": 1, \"perplexity\": 2}\n"
                                "{\"step\": 2, \"nmse\": 0.5, \"perplexity\": 3}\n";
    vq_error err;
    assert_ok(file_write(in_folder("log"), lines, sizeof lines - 1, &err), &err);
}

static void assert_log_alone(vq_status status)
{
    assert_int_equal(folder_entries(), 1 + file_exists(in_folder("f.svg")));
    assert_true(status != VQ_OK || file_exists(in_folder("f.svg")));
    unlink(in_folder("f.svg"));
}

static void test_image_faults__plots(void **state)
{
    (void)state;
    static const call_fault faults[] = {{"open", EACCES, SOME, "Permission"},
                                        {"write", ENOSPC, 1, "No space"},
                                        {"rename", EIO, 1, "cannot replace"},
                                        {ALLOCATION, ENOMEM, SOME, "out of memory"},
                                        {0}};
    assert_call_faults(faults, write_log, plot_log, assert_log_alone);
    assert_call_faults(faults, write_log, plot_codes, assert_log_alone);
}

const struct CMUnitTest test_image_faults_suite[] = {
    folder_test(test_image_faults__pictures),
    folder_test(test_image_faults__compare),
    folder_test(test_image_faults__plots),
    {0},
};
