/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "train/loop.h"
#include "train/run_folder.h"
#include "train/toy.h"

/* Names in a folder, hidden ones too, that hold a word. */
static int count(const char *folder, const char *word)
{
    char command[600], out[64] = "";
    snprintf(command, sizeof command, "ls -A '%s' | grep -c %s", folder, word);
    support_run(command, out, sizeof out, NULL, 0);
    return atoi(out);
}

/* The second of two is told which process holds the folder; it changes nothing. */
static void test_run_folder__one_training_at_a_time(void **state)
{
    (void)state;
    char folder[256], path[300], want[400];
    struct stat st;
    vq_error err;
    run_folder a, b;
    support_folder_make(folder);
    snprintf(path, sizeof path, "%s/run", folder);
    assert_ok(run_folder_open(&a, RUN_LATEST, "toy", path, false, false, &err), &err);
    assert_ok(run_folder_open(&b, RUN_LATEST, "toy", path, false, false, &err), &err);
    assert_ok(run_folder_begin(&a, "{}", &err), &err);
    snprintf(want, sizeof want, "%s/.lock", path);
    assert_int_equal(stat(want, &st), 0);
    assert_int_equal(st.st_mode & 0111, 0); /* nothing to run */
    snprintf(want, sizeof want, "process %ld trains in '", (long)getpid());
    assert_fails(run_folder_begin(&b, "{}", &err), VQ_EIO, &err, want);
    run_folder_close(&b);
    assert_fails(run_folder_open(&b, RUN_LATEST, "toy", path, true, false, &err),
                 VQ_EIO, &err, want);
    run_folder_close(&b);
    run_folder_close(&a);
    assert_ok(run_folder_open(&b, RUN_LATEST, "toy", path, true, false, &err), &err);
    run_folder_close(&b);
    assert_int_equal(count(path, "lock"), 0);
    support_folder_remove(folder);
}

/* A run that came and went between the look and the beginning is not overwritten. */
static void test_run_folder__looks_again(void **state)
{
    (void)state;
    char folder[256], path[300], model[400];
    vq_error err;
    run_folder a, b;
    support_folder_make(folder);
    snprintf(path, sizeof path, "%s/run", folder);
    snprintf(model, sizeof model, "%s/" RUN_MODEL, path);
    assert_ok(run_folder_open(&b, RUN_LATEST, "toy", path, false, false, &err), &err);
    assert_ok(run_folder_open(&a, RUN_LATEST, "toy", path, false, false, &err), &err);
    assert_ok(run_folder_begin(&a, "{}", &err), &err);
    assert_ok(file_write(model, "m", 1, &err), &err);
    run_folder_close(&a);
    assert_fails(run_folder_begin(&b, "{}", &err), VQ_EUSAGE, &err, "holds a run");
    run_folder_close(&b);
    assert_true(file_exists(model));
    support_folder_remove(folder);
}

/* The number of a process that was here a moment ago and is no more. */
static pid_t dead_process(void)
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return pid;
}

/* A file named after a process. */
typedef struct left {
    const char *before, *after; /* of the process's number */
    bool alive;
    bool stays;
} left;

static const left files[] = {
    {"run/.vqvae-", "-0123abcd", false, false},
    {"run/samples/.vqvae-", "-00000000", false, false},
    {"run/.vqvae-", "-0123abcd", true, true},
    {"run/.vqvae-", "-0123abc", false, true},
    {"run/.vqvae-", "-0123abcdx", false, true},
    {"run/vqvae-", "-0123abcd", false, true},
    {".vqvae-", "-0123abcd", false, true},
    {"run/.vqvae-", "-0123abcg", false, true},
    {"run/.vqvae-", "_0123abcd", false, true},
    {"run/.vqvae-0", "", false, true},
    {"run/.vqvae--", "-0123abcd", false, true},
    {"run/.vqvae-9999999999", "-0123abcd", false, true},
};

static void name_of(char path[400], const char *folder, const left *f, pid_t dead)
{
    snprintf(path, 400, "%s/%s%ld%s", folder, f->before,
             (long)(f->alive ? getpid() : dead), f->after);
}

/* Temporaries of the dead go; those of the living and other files stay. */
static void test_run_folder__stale_temporaries(void **state)
{
    (void)state;
    enum { N = sizeof files / sizeof *files };
    char folder[256], path[400];
    vq_error err;
    run_folder f;
    const pid_t dead = dead_process();
    support_folder_make(folder);
    snprintf(path, sizeof path, "%s/run/samples", folder);
    assert_ok(file_make_dirs(path, &err), &err);
    for (int i = 0; i < N; i++) {
        name_of(path, folder, &files[i], dead);
        assert_ok(file_write(path, "x", 1, &err), &err);
    }
    snprintf(path, sizeof path, "%s/run", folder);
    assert_ok(run_folder_open(&f, RUN_LATEST, "toy", path, false, false, &err), &err);
    assert_ok(run_folder_begin(&f, "{}", &err), &err);
    run_folder_close(&f);
    for (int i = 0; i < N; i++) {
        name_of(path, folder, &files[i], dead);
        assert_int_equal(file_exists(path), files[i].stays);
    }
    support_folder_remove(folder);
}

static void test_run_folder__resume_needs_a_run(void **state)
{
    (void)state;
    char folder[256], path[400];
    vq_error err;
    run_folder f;
    support_folder_make(folder);
    assert_fails(run_folder_open(&f, RUN_LATEST, "toy", folder, true, false, &err),
                 VQ_EINPUT, &err, "it holds no run");
    run_folder_close(&f);
    snprintf(path, sizeof path, "%s/" RUN_CONFIG, folder);
    assert_ok(file_write(path, "{}", 2, &err), &err);
    snprintf(path, sizeof path, "%s/" RUN_MODEL, folder);
    assert_ok(file_write(path, "m", 1, &err), &err);
    assert_fails(run_folder_open(&f, RUN_LATEST, "toy", folder, true, false, &err),
                 VQ_EINPUT, &err, "holds a model but no checkpoint");
    run_folder_close(&f);
    support_folder_remove(folder);
}

static void test_run_folder__is_called_after_its_data(void **state)
{
    (void)state;
    char folder[256], path[VQ_PATH_MAX], before[VQ_PATH_MAX], name[VQ_PATH_MAX];
    vq_error err;
    support_folder_make(folder);
    assert_non_null(getcwd(before, sizeof before));
    snprintf(path, sizeof path, "%s/cats/kittens", folder);
    assert_ok(file_make_dirs(path, &err), &err);
    assert_int_equal(chdir(path), 0);
    static const char *const cases[][2] = {
        {"shapes", "shapes-best"},       {"a/b.bin", "b.bin-best"},
        {".", "kittens-best"},           {"..", "cats-best"},
        {"../kittens/", "kittens-best"}, {"./.", "kittens-best"},
        {"../kittens", "kittens-best"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        loop_name(cases[i][0], "best", name);
        assert_string_equal(name, cases[i][1]);
    }
    loop_name("no/such/", "x", name);
    assert_string_equal(name, "data-x");
    assert_int_equal(chdir(before), 0);
    support_folder_remove(folder);
}

/* Every --force counts the run up; folders that we name never meet. */
static void test_run_folder__numbers_and_names(void **state)
{
    (void)state;
    char folder[256], path[400], before[VQ_PATH_MAX];
    vq_error err;
    run_folder f, g;
    struct stat st;
    support_folder_make(folder);
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(folder), 0);
    assert_ok(run_folder_open(&f, RUN_LATEST, "toy", "", false, false, &err), &err);
    assert_ok(run_folder_open(&g, RUN_LATEST, "toy", "", false, false, &err), &err);
    assert_ok(run_folder_begin(&f, "{\"run\": \"3\"}", &err), &err);
    assert_ok(run_folder_begin(&g, "{}", &err), &err);
    assert_string_equal(f.path, "runs/toy");
    assert_string_equal(g.path, "runs/toy-2");
    assert_int_equal(stat("runs/toy", &st), 0);
    assert_int_equal(st.st_mode & 0700, 0700);
    run_folder_close(&f);
    run_folder_close(&g);
    assert_ok(file_write("runs/toy/" RUN_CHECKPOINT, "c", 1, &err), &err);
    assert_ok(run_folder_open(&f, RUN_LATEST, "toy", "runs/toy", false, true, &err),
              &err);
    assert_int_equal(f.run, 4);
    run_folder_close(&f);
    snprintf(path, sizeof path, "%s/runs/toy", folder);
    assert_ok(run_folder_open(&f, RUN_LATEST, "toy", path, true, false, &err), &err);
    assert_int_equal(f.run, 3);
    run_folder_close(&f);
    assert_int_equal(chdir(before), 0);
    support_folder_remove(folder);
}

/* A number that no run can have counts for none: one more would be past all of them. */
static void test_run_folder__hostile_number(void **state)
{
    (void)state;
    static const struct {
        const char *config;
        int64_t run; /* of the next */
    } cases[] = {{"{\"run\": 4}", 5},
                 {"{\"run\": \"4\"}", 5},
                 {"{\"run\": 999999999999}", 1000000000000},
                 {"{\"run\": 1000000000000}", 2},
                 {"{\"run\": 9223372036854775807}", 2},
                 {"{\"run\": \"9223372036854775808\"}", 2},
                 {"{\"run\": -1}", 2},
                 {"{\"run\": []}", 2}};
    char folder[256], path[300];
    vq_error err;
    support_folder_make(folder);
    snprintf(path, sizeof path, "%s/" RUN_CHECKPOINT, folder);
    assert_ok(file_write(path, "", 0, &err), &err);
    snprintf(path, sizeof path, "%s/" RUN_CONFIG, folder);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        run_folder f;
        const char *config = cases[i].config;
        assert_ok(file_write(path, config, strlen(config), &err), &err);
        assert_ok(run_folder_open(&f, RUN_LATEST, "toy", folder, false, true, &err),
                  &err);
        assert_int_equal(f.run, cases[i].run);
        run_folder_close(&f);
    }
    support_folder_remove(folder);
}

/* The longest path that a folder may have is looked at, and is too long to train in. */
static void test_run_folder__longest_path(void **state)
{
    (void)state;
    char folder[256], path[VQ_PATH_MAX];
    vq_error err;
    run_folder f;
    support_folder_make(folder);
    int n = snprintf(path, sizeof path, "%s", folder);
    for (int i = 0; n < VQ_PATH_MAX - 1; i++)
        path[n++] = i % 200 == 0 ? '/' : 'a';
    path[n] = '\0';
    assert_ok(run_folder_open(&f, RUN_LATEST, "toy", path, false, false, &err), &err);
    assert_fails(run_folder_begin(&f, "{}", &err), VQ_EIO, &err, "cannot make folder");
    run_folder_close(&f);
    support_folder_remove(folder);
}

/* A real folder in the place of runs/latest is a note, and stays as it is. */
static void test_run_folder__latest(void **state)
{
    (void)state;
    char folder[256], before[VQ_PATH_MAX], note[320], target[64];
    support_folder_make(folder);
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(folder), 0);
    run_folder f = {.latest = RUN_LATEST, .path = "runs/a"};
    vq_error err;
    assert_ok(file_make_dirs("runs/a", &err), &err);
    run_folder_link_latest(&f, note);
    assert_string_equal(note, "");
    assert_int_equal(readlink("runs/latest", target, sizeof target), 1);
    assert_int_equal(target[0], 'a');
    assert_int_equal(unlink("runs/latest"), 0);
    assert_ok(file_make_dirs("runs/latest/inside", &err), &err);
    run_folder_link_latest(&f, note);
    assert_non_null(strstr(note, "cannot link 'runs/latest' to 'a'"));
    assert_true(file_exists("runs/latest/inside"));
    assert_int_equal(count("runs", "latest-"), 0);
    assert_int_equal(chdir(before), 0);
    support_folder_remove(folder);
}

const struct CMUnitTest test_run_folder_suite[] = {
    cmocka_unit_test(test_run_folder__is_called_after_its_data),
    cmocka_unit_test(test_run_folder__one_training_at_a_time),
    cmocka_unit_test(test_run_folder__looks_again),
    cmocka_unit_test(test_run_folder__stale_temporaries),
    cmocka_unit_test(test_run_folder__resume_needs_a_run),
    cmocka_unit_test(test_run_folder__numbers_and_names),
    cmocka_unit_test(test_run_folder__hostile_number),
    cmocka_unit_test(test_run_folder__longest_path),
    cmocka_unit_test(test_run_folder__latest),
    {0},
};
