/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "program.h"

/* Two pictures of one size, and one of another. */
static void set_up(char folder[256])
{
    char path[300];
    support_folder_make(folder);
    snprintf(path, sizeof path, "%s/b.png", folder);
    program_picture(path, 30, 30);
    snprintf(path, sizeof path, "%s/a.png", folder);
    program_picture(path, 45, 30);
}

/* It measures as reconstruct does, and draws what it measured. */
static void test_cmd_compare__as_reconstruct(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    assert_ran(program_run("cd '%s'; vqvae compare a.png a.png -o d.png", folder), 0,
               "PSNR inf dB, SSIM 1.0000, SSIM of luma 1.0000, largest difference 0 of "
               "255\n",
               "");
    assert_ran(
        program_run("cd '%s'; vqvae reconstruct -q --refine 0 --json a.png r.png "
                    "| sed 's/, .bpp.*//' >want && vqvae compare --json a.png "
                    "r.png --gain 8 -o d.png >got && grep -F \"$(cut -c2- want)\" "
                    "got",
                    folder),
        0, "\"ssim_luma\": ", "");
    assert_ran(program_run("cd '%s'; vqvae compare --json d.png d.png", folder), 0,
               "{\"mse\": 0.0, \"psnr\": null, \"ssim\": 1.0,", "");
    support_folder_remove(folder);
}

static void test_cmd_compare__refuses(void **state)
{
    (void)state;
    static const struct {
        const char *command, *message;
        int code;
    } wrong[] = {
        {"vqvae compare a.png b.png -o d.png", "not 45 x 30 and 30 x 30 pixels", 3},
        {"vqvae compare a.png none.png", "'none.png'", 4},
        {"vqvae compare a.png a.png -o none/d.png", "'none/d.png'", 4},
        {"vqvae compare a.png", "missing operand", 2},
        {"vqvae compare a.png a.png --gain 0", "--gain is a whole number from 1", 2},
    };
    char folder[256];
    set_up(folder);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_ran(program_run("cd '%s'; %s", folder, wrong[i].command), wrong[i].code,
                   "", wrong[i].message);
    assert_ran(program_run("cd '%s'; ls", folder), 0, "a.png\nb.png\n", "");
    support_folder_remove(folder);
}

const struct CMUnitTest test_cmd_compare_suite[] = {
    cmocka_unit_test(test_cmd_compare__as_reconstruct),
    cmocka_unit_test(test_cmd_compare__refuses),
    {0},
};
