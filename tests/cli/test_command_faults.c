/*
 * SPDX-License-Identifier: MIT
 *
 * A memory and a disk that fail, in every place of a command, which runs in this
 * process for that.
 */
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/cli.h"
#include "cli/program.h"
#include "codec/tokens.h"

enum { WORDS = 24, OUTPUTS = 3 };

/* A command line, words parted by blanks, and what it writes besides standard output:
 * files, and after them their folder, or a run folder, "run/". */
typedef struct line {
    const char *words, *output[OUTPUTS];
    bool tells_time; /* on standard output */
} line;

static const line *now;
static char was[PATH_MAX];
static int entries;

/* ---- the folder --------------------------------------------------------------------
 */

static void put_text(const char *name, const char *text)
{
    vq_error err;
    assert_ok(file_write(name, text, strlen(text), &err), &err);
}

/* The working folder has data.bin, a model and a prior of its codes, and pictures. */
static int set_up(void **state)
{
    char path[300];
    folder_setup(state);
    if (!getcwd(was, sizeof was))
        return 1;
    program_model(folder_path());
    snprintf(path, sizeof path, "%s/in.png", folder_path());
    program_picture(path, 24, 20);
    assert_ran(program_run("cd '%s'; cp in.png b.png\n"
                           "vqvae prior -q --model run --data data.bin --out p "
                           "--width 4 --depth 1 --head 4 --steps 1 --batch-size 4 "
                           "--validation 2 --sample-every 0 --threads 1 --crop 32\n"
                           "vqvae encode -q --model run in.png -o c.vqt\n"
                           "vqvae encode -q --model run b.png -o c.npy",
                           folder_path()),
               0, "", "");
    setenv("VQVAE_MODEL", "run", 1);
    setenv("VQVAE_PRIOR", "p", 1);
    assert_int_equal(chdir(folder_path()), 0);
    put_text("note.jsonl",
             "{\"step\": 1, \"note\": \"n\"}\n{\"step\": 1, \"nmse\": 2}\n");
    mkdir("whole", 0777);
    return 0;
}

static int tear_down(void **state)
{
    unsetenv("VQVAE_MODEL");
    unsetenv("VQVAE_PRIOR");
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    if (chdir(was) != 0)
        return 1;
    return folder_teardown(state);
}

static bool is_run(const char *output)
{
    return strchr(output, '/') == output + strlen(output) - 1;
}

static void remove_outputs(void)
{
    for (int i = 0; i < OUTPUTS && now->output[i]; i++) {
        if (is_run(now->output[i]))
            support_folder_remove(now->output[i]);
        else
            remove(now->output[i]);
    }
}

/* ---- a command ---------------------------------------------------------------------
 */

/* As main does it; the message is left in err. */
static vq_status run_words(int argc, char **argv, vq_error *err)
{
    const command *cmd;
    args a;
    vq_status status = command_find(&cmd, argv[0], err);
    if (status != VQ_OK)
        return status;
    status = args_parse(&a, cmd, argc - 1, argv + 1, err);
    if (status == VQ_OK)
        status = cmd->run(&a, err);
    if (status == VQ_OK)
        status = cli_flush(err);
    args_release(&a);
    return status;
}

static vq_status run_line(vq_error *err)
{
    char text[400], *argv[WORDS], *rest = NULL;
    int argc = 0;
    snprintf(text, sizeof text, "%s", now->words);
    for (char *w = strtok_r(text, " ", &rest); w && argc < WORDS;
         w = strtok_r(NULL, " ", &rest))
        argv[argc++] = w;
    const int out = stream_redirect(1, "stdout", O_WRONLY | O_CREAT | O_TRUNC);
    const int errors = stream_redirect(2, "/dev/null", O_WRONLY);
    const vq_status status = run_words(argc, argv, err);
    fflush(stdout);
    stream_restore(1, out);
    stream_restore(2, errors);
    return status;
}

/* What an output was without a fault. */
static const char *whole_of(const char *output)
{
    const char *slash = strrchr(output, '/');
    static char path[300];
    snprintf(path, sizeof path, "whole/%s", slash ? slash + 1 : output);
    return path;
}

static bool is_file(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

/* Every output is what it is without a fault, or is not there, which one of them then
 * says; and there is nothing else. */
static void assert_all_or_nothing(vq_status status)
{
    for (int i = 0; i < OUTPUTS && now->output[i]; i++) {
        const char *output = now->output[i];
        if (is_run(output))
            continue;
        if (status == VQ_OK && !file_exists(output))
            fail_msg("%s: no '%s'", now->words, output);
        if (is_file(output))
            tokens_same_files(output, whole_of(output));
    }
    if (status == VQ_OK && !now->tells_time)
        tokens_same_files("stdout", "whole/stdout");
    remove_outputs();
    if (folder_entries() != entries)
        fail_msg("%s: %d entries, not %d", now->words, folder_entries(), entries);
}

static const call_fault memory[] = {{ALLOCATION, ENOMEM, EVERY, ""}, {0}};
/* A training goes on without a picture of its curves, a reader without a cache. */
static const call_fault some_memory[] = {{ALLOCATION, ENOMEM, SOME, ""}, {0}};
static const call_fault reading[] = {{"read", EIO, SOME, ""}, {0}};
static const call_fault writing[] = {{"write", ENOSPC, SOME, ""}, {0}};

/* The line as it should be, then with each fault. */
static void try_line(const line *l)
{
    vq_error err;
    now = l;
    assert_ok(run_line(&err), &err);
    for (int i = 0; i < OUTPUTS && l->output[i]; i++)
        if (is_file(l->output[i]))
            assert_int_equal(rename(l->output[i], whole_of(l->output[i])), 0);
    assert_int_equal(rename("stdout", "whole/stdout"), 0);
    put_text("stdout", "");
    remove_outputs();
    entries = folder_entries();
    assert_place_faults(l->tells_time ? some_memory : memory, NULL, run_line,
                        assert_all_or_nothing);
    assert_place_faults(reading, NULL, run_line, assert_all_or_nothing);
    if (l->output[0])
        assert_place_faults(writing, NULL, run_line, assert_all_or_nothing);
}

static void try_lines(const line *lines)
{
    for (; lines->words; lines++)
        try_line(lines);
}

static void test_command_faults__pictures(void **state)
{
    (void)state;
    static const line lines[] = {
        {"reconstruct in.png o.png --refine 1 --threads 1 --json", {"o.png"}, false},
        {"reconstruct in.png b.png --each e -q --refine 0 --threads 1 --json",
         {"e/in.png", "e/b.png", "e"},
         false},
        {"decode c.vqt o.png --threads 1", {"o.png"}, false},
        {"decode c.npy --each e -q --threads 1", {"e/00000.png", "e"}, false},
        {"compare in.png b.png --json -o d.png", {"d.png"}, false},
        {0},
    };
    try_lines(lines);
}

static void test_command_faults__codes(void **state)
{
    (void)state;
    static const line lines[] = {
        {"encode in.png -o o.npy --refine 1 --threads 1", {"o.npy"}, false},
        {"encode in.png -o o.vqt --prior p --refine 0 --threads 1", {"o.vqt"}, false},
        {"encode in.png b.png -o o.txt --refine 0 --threads 1", {"o.txt"}, false},
        {"encode data.bin -o - -q --refine 0 --threads 1", {NULL}, false},
        {0},
    };
    try_lines(lines);
}

static void test_command_faults__looking(void **state)
{
    (void)state;
    static const line lines[] = {
        {"inspect run --json", {NULL}, false},
        {"inspect run", {NULL}, false},
        {"inspect c.vqt --json", {NULL}, false},
        {"inspect c.npy", {NULL}, false},
        {"inspect in.png --json", {NULL}, false},
        {"inspect run/model.safetensors --json", {NULL}, false},
        {"inspect p/model.safetensors --json", {NULL}, false},
        {"inspect run/checkpoint.safetensors", {NULL}, false},
        {"inspect run/config.json --json", {NULL}, false},
        {"inspect note.jsonl --json", {NULL}, false},
        {"watch run", {NULL}, false},
        {0},
    };
    try_lines(lines);
}

static void test_command_faults__models(void **state)
{
    (void)state;
    static const line lines[] = {
        {"export run o.safetensors", {"o.safetensors"}, false},
        {"export --prior p --half o.safetensors", {"o.safetensors"}, false},
        {"sample -n 1 --threads 1 -o o.png --codes o.npy", {"o.png", "o.npy"}, false},
        {"sample -n 1 --threads 1 --each e -q", {"e/00000.png", "e"}, false},
        {"complete in.png o.png --threads 1 --keep b.png", {"o.png"}, false},
        {0},
    };
    try_lines(lines);
}

static void test_command_faults__scores(void **state)
{
    (void)state;
    static const line lines[] = {
        {"eval --data in.png --split all --csv s.csv --refine 1 --threads 1 --json",
         {NULL},
         true},
        {"eval --data data.bin --prior p --refine 0 --threads 1 --json", {NULL}, true},
        {"report run --images 0 -o -", {NULL}, true},
        {0},
    };
    try_lines(lines);
}

static void test_command_faults__trainings(void **state)
{
    (void)state;
    static const line lines[] = {
        {"train --preset sonnet --data data.bin --out r --json" TINY
         "--steps 1 --sample-every 0",
         {"r/"},
         true},
        {"prior --model run --data data.bin --out r --width 4 --depth 1 --head 4 "
         "--steps 1 --batch-size 4 --validation 0 --sample-every 0 --threads 1",
         {"r/"},
         true},
        {0},
    };
    try_lines(lines);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

const struct CMUnitTest test_command_faults_suite[] = {
    CASE(test_command_faults__pictures),
    CASE(test_command_faults__codes),
    CASE(test_command_faults__looking),
    CASE(test_command_faults__models),
    CASE(test_command_faults__scores),
    CASE(test_command_faults__trainings),
    {0},
};
