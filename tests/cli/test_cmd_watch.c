/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "program.h"

#define TRAIN                                                                          \
    "vqvae train -q --preset sonnet --data data.bin --out run" TINY "--log-every 1 "

static void set_up(char folder[256])
{
    char data[300];
    support_folder_make(folder);
    snprintf(data, sizeof data, "%s/data.bin", folder);
    program_data(data, (size_t)16 * CIFAR_RECORD);
}

/* Of one that has ended, the last state. */
static void test_cmd_watch__ended(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    assert_ran(program_run("cd '%s'; " TRAIN "--steps 3 && vqvae watch run | "
                           "grep -o 'step ./3.*loss' && vqvae watch run | wc -l",
                           folder),
               0, "step 3/3  epoch 1.50  loss\n2\n", "");
    assert_ran(program_run("cd '%s'; vqvae watch run", folder), 0,
               "the training has ended\n", "");
    assert_ran(program_run("cd '%s'; vqvae watch .", folder), 3, "", "no run folder");
    assert_ran(program_run("cd '%s'; vqvae watch none", folder), 4, "", "'none'");
    assert_ran(program_run("cd '%s'; vqvae watch", folder), 2, "", "missing operand");
    support_folder_remove(folder);
}

/* One that goes on is followed until it ends, here by a signal; a signal to the watch
 * ends that alone. */
static void test_cmd_watch__follows(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    assert_ran(
        program_run("cd '%s'; \"$program\" train -q --preset sonnet --data "
                    "data.bin --out run" TINY "--log-every 1 --steps 100000000 & t=$!\n"
                    "until [ -s run/log.jsonl ]; do sleep .1; done\n"
                    "\"$program\" watch run >one & w=$!\n"
                    "\"$program\" watch run >two & v=$!\n"
                    "until [ \"$(wc -l <one)\" -gt 2 ]; do sleep .1; done\n"
                    "kill $v; wait $v; echo watch $?\n"
                    "kill -TERM $t; wait $t; echo train $?\n"
                    "wait $w; echo watch $?; tail -n 1 one >last\n"
                    "vqvae watch run | tail -n 1 | cmp - last; cat last",
                    folder),
        0, "watch 143\ntrain 143\nwatch 0\nstopped before its end; --resume goes on\n",
        "stopped at step");
    support_folder_remove(folder);
}

const struct CMUnitTest test_cmd_watch_suite[] = {
    cmocka_unit_test(test_cmd_watch__ended),
    cmocka_unit_test(test_cmd_watch__follows),
    {0},
};
