/*
 * SPDX-License-Identifier: MIT
 *
 * What a run folder survives: kills, moves, a second training, damage; and what is said
 * before the work instead of after it.
 */
#include <stdio.h>
#include <string.h>

#include "program.h"

static void set_up(char folder[256])
{
    char path[300];
    support_folder_make(folder);
    program_model(folder);
    snprintf(path, sizeof path, "%s/in.png", folder);
    program_picture(path, 64, 64);
}

/* Run in the folder: `train` trains TINY on data.bin with more options. */
static const ran *run_in(const char *folder, const char *command)
{
    return program_run("cd '%s'; export VQVAE_MODEL=run/model.safetensors\n"
                       "train() { vqvae train --preset sonnet --data data.bin" TINY
                       "\"$@\"; }\n%s",
                       folder, command);
}

static void test_cmd_run__lost_model(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    assert_ran(run_in(folder, "mv run/model.safetensors old; rm run/*.svg;"
                              "vqvae train --resume --out run && ls run &&"
                              "cmp old run/model.safetensors"),
               0, "curves.svg", "");
    support_folder_remove(folder);
}

static void test_cmd_run__no_checkpoint(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    assert_ran(run_in(folder,
                      "mkdir a; cp run/config.json a;"
                      "vqvae train --resume --out a -q &&"
                      "cmp run/model.safetensors a/model.safetensors &&"
                      "cmp run/checkpoint.safetensors a/checkpoint.safetensors"),
               0, "a/model.safetensors: 2 steps", "");
    assert_ran(run_in(folder, "rm a/*.safetensors; train --out a --steps 2 -q"), 0, "",
               "");
    support_folder_remove(folder);
}

static void test_cmd_run__second_training(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    assert_ran(run_in(folder, "\"$program\" train --data data.bin" TINY "--log-every 1 "
                              "--out b --steps 100000000 -q & pid=$!;"
                              "while ! test -s b/log.jsonl; do sleep .01; done;"
                              "vqvae train --resume --out b >second 2>&1; code=$?;"
                              "kill $pid; wait $pid; echo $?;"
                              "grep -q \"process $pid trains in 'b'\" second &&"
                              "exit $code"),
               4, "143\n", "stopped at step");
    support_folder_remove(folder);
}

/* Files being written are gone after a signal; the shell sees what ended the process.
 */
static void test_cmd_run__signal_while_writing(void **state)
{
    (void)state;
    char folder[256], path[300];
    set_up(folder);
    snprintf(path, sizeof path, "%s/big.png", folder);
    program_picture(path, 3000, 3000);
    assert_ran(
        run_in(
            folder,
            "\"$program\" reconstruct -q --refine 0 --threads 1 big.png o.png & pid=$!;"
            "until ls -A | grep -q vqvae-; do kill -0 $pid || exit 9; done;"
            "kill $pid; wait $pid; code=$?;"
            "ls -A; test ! -e o.png && ! ls -A | grep vqvae- && exit $code"),
        143, "big.png", "");
    support_folder_remove(folder);
}

static void test_cmd_run__latest_is_in_the_way(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    assert_ran(run_in(folder, "mkdir -p runs/latest/mine; train --steps 1 &&"
                              "ls runs runs/latest"),
               0, "data.bin-sonnet", "cannot link 'runs/latest' to 'data.bin-sonnet'");
    support_folder_remove(folder);
}

/* Another working directory, data that moved, data that is no longer the same. */
static void test_cmd_run__elsewhere(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    assert_ran(run_in(folder, "mkdir else; cd else;"
                              "vqvae train --resume --out ../run --steps 3"),
               0, "../run/model.safetensors: 3 steps", "step 3/3");
    assert_ran(run_in(folder, "mv data.bin moved.bin;"
                              "vqvae train --resume --out run --steps 4"),
               4, "", "data.bin': No such file");
    assert_ran(
        run_in(folder, "vqvae train --resume --out run --steps 4 --data moved.bin"), 0,
        "4 steps", "");
    assert_ran(run_in(folder,
                      "head -c 30730 moved.bin >less.bin;"
                      "vqvae train --resume --out run --steps 5 --data less.bin"),
               3, "", "it was trained with data ");
    assert_ran(run_in(folder, "mv less.bin moved.bin;"
                              "vqvae train --resume --out run --steps 5"),
               0, "5 steps", "the data has changed: it had images 16, variance ");
    support_folder_remove(folder);
}

/* A run may lie among its data: the samples that it draws are none of them. */
static void test_cmd_run__within_its_data(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    assert_ran(run_in(folder,
                      "vqvae encode data.bin -o c.vqt && vqvae decode c.vqt "
                      "--each set && cd set &&"
                      "train --data . --steps 2 --out . && train --data . --steps 1 &&"
                      "vqvae train --resume --out . --steps 3 2>told &&"
                      "cat told >&2 && ls samples runs/*/samples &&"
                      "! grep changed told"),
               0, "runs/latest/samples:\n000000.png", "15 pictures to train on");
    support_folder_remove(folder);
}

static void test_cmd_run__flipped_bit(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    assert_ran(run_in(folder,
                      "for f in model checkpoint; do f=run/$f.safetensors;"
                      "n=$(($(stat -c %s $f) - 100)); { head -c $n $f; printf '\\001';"
                      "tail -c +$((n + 2)) $f; } >new; cmp -s new $f && exit 9;"
                      "mv new $f; done; vqvae inspect run/model.safetensors; echo $?;"
                      "vqvae train --resume --out run --steps 9"),
               3, "3\n", "'run/checkpoint.safetensors' is damaged: its checksum");
    support_folder_remove(folder);
}

/* Both the input and the output are wrong: the output is what is looked at first. */
static void test_cmd_run__outputs_come_first(void **state)
{
    (void)state;
    static const char *const commands[] = {
        "vqvae reconstruct none.png none/o",   "vqvae encode none.png -o none/o.vqt",
        "vqvae decode none.vqt none/o",        "vqvae export -m no none/o",
        "vqvae eval --data no --worst none/o", "vqvae eval --data no --atlas none/o",
    };
    char folder[256];
    set_up(folder);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        assert_ran(run_in(folder, commands[i]), 4, "", "cannot create 'none/o");
    assert_ran(run_in(folder, "vqvae encode none.png -o o.jpg"), 2, "", "o.jpg");
    assert_ran(run_in(folder, "vqvae reconstruct none.png run"), 4, "",
               "cannot create 'run': Is a directory");
    assert_ran(run_in(folder, "train --steps 1 --data \"$(printf 'a\\377')\""), 2, "",
               "data is not valid UTF-8: 'a\\xff'");
    support_folder_remove(folder);
}

const struct CMUnitTest test_cmd_run_suite[] = {
    cmocka_unit_test(test_cmd_run__lost_model),
    cmocka_unit_test(test_cmd_run__no_checkpoint),
    cmocka_unit_test(test_cmd_run__second_training),
    cmocka_unit_test(test_cmd_run__signal_while_writing),
    cmocka_unit_test(test_cmd_run__latest_is_in_the_way),
    cmocka_unit_test(test_cmd_run__elsewhere),
    cmocka_unit_test(test_cmd_run__within_its_data),
    cmocka_unit_test(test_cmd_run__flipped_bit),
    cmocka_unit_test(test_cmd_run__outputs_come_first),
    {0},
};
