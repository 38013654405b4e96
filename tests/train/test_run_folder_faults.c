/*
 * SPDX-License-Identifier: MIT
 *
 * Run folders while calls of the system fail, one at a time, and with names and links
 * that are not what they should be.
 */
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "train/run_folder.h"

static vq_error err;
static char before[VQ_PATH_MAX];

/* Within the folder, where runs/ is. */
static int setup(void **state)
{
    folder_setup(state);
    return getcwd(before, sizeof before) && chdir(folder_path()) == 0 ? 0 : 1;
}

static int teardown(void **state)
{
    return chdir(before) == 0 ? folder_teardown(state) : 1;
}

static void put(const char *path, const char *text)
{
    assert_ok(file_write(path, text, strlen(text), &err), &err);
}

static void put_old_run(void)
{
    assert_ok(file_make_dirs("run", &err), &err);
    put("run/" RUN_CONFIG, "{\"run\": 4}");
    put("run/" RUN_CHECKPOINT, "c");
    put("run/" RUN_MODEL, "m");
}

static vq_status begin(const char *out, bool force, vq_error *e)
{
    run_folder f;
    vq_status status = run_folder_open(&f, RUN_LATEST, "toy", out, false, force, e);
    if (status == VQ_OK)
        status = run_folder_begin(&f, "{\"run\": 5}", e);
    run_folder_close(&f);
    return status;
}

static vq_status begin_anew(vq_error *e)
{
    return begin("run", true, e);
}

/* Never an old checkpoint or model beside the new description. */
static void assert_no_pair(vq_status status)
{
    unsigned char *config;
    size_t size;
    assert_ok(file_read("run/" RUN_CONFIG, 100, &config, &size, &err), &err);
    const bool is_new = size == 10 && memcmp(config, "{\"run\": 5}", 10) == 0;
    free(config);
    assert_true(is_new || status != VQ_OK);
    if (is_new)
        assert_false(file_exists("run/" RUN_CHECKPOINT) ||
                     file_exists("run/" RUN_MODEL));
}

static void test_run_folder_faults__begin_anew(void **state)
{
    (void)state;
    static const call_fault faults[] = {
        {"open", EIO, SOME, "Input/output error"},
        {"open", EINTR, 0, ""},
        {"flock", ENOLCK, 0, ""},      /* a file system that has no locks */
        {"flock", EWOULDBLOCK, 0, ""}, /* whoever looked has it no more */
        {"fstat", EIO, 0, ""},
        {"stat", EIO, SOME, "Input/output error"},
        {"ftruncate", EIO, 1, "cannot write 'run/.lock'"},
        {"pwrite", ENOSPC, 1, "cannot write 'run/.lock': No space"},
        {"unlink", EPERM, 2, "cannot remove 'run/"},
        {"read", EIO, SOME, "cannot read 'run/config.json'"},
        {"write", ENOSPC, 1, "cannot write 'run/config.json'"},
        {"mkdir", EIO, 0, ""}, /* the folder is there */
        {"rename", EIO, 1, "cannot replace 'run/config.json'"},
        {ALLOCATION, ENOMEM, SOME, "out of memory"},
        {0},
    };
    assert_call_faults(faults, put_old_run, begin_anew, assert_no_pair);
}

static void no_runs(void)
{
    assert_int_equal(support_run("rm -rf runs", NULL, 0, NULL, 0), 0);
}

static vq_status begin_chosen(vq_error *e)
{
    return begin("", false, e);
}

static void test_run_folder_faults__begin_chosen(void **state)
{
    (void)state;
    static const call_fault faults[] = {{"mkdir", EIO, 3, "cannot make folder 'runs"},
                                        {"mkdir", EEXIST, 2, "cannot make folder"},
                                        {"open", EACCES, SOME, "Permission denied"},
                                        {0}};
    assert_call_faults(faults, no_runs, begin_chosen, NULL);
}

/* Who has the lock need not have written who that is. */
static void test_run_folder_faults__nameless_holder(void **state)
{
    (void)state;
    run_folder f;
    assert_ok(file_make_dirs("run", &err), &err);
    assert_false(run_folder_is_locked("run"));
    const int fd = fd_open("run/.lock", O_RDWR | O_CREAT, 0666);
    assert_false(run_folder_is_locked("run"));
    assert_true(fd_lock(fd, LOCK_EX));
    assert_true(run_folder_is_locked("run"));
    static const char *const texts[] = {"", "-3\n", "me\n"};
    for (int i = 0; i < 3; i++) {
        assert_true(fd_cut(fd, 0) && fd_write_at(fd, texts[i], strlen(texts[i]), 0));
        assert_fails(run_folder_open(&f, RUN_LATEST, "toy", "run", false, false, &err),
                     VQ_EIO, &err, "another process trains in 'run'");
        run_folder_close(&f);
    }
    call_fail_at("flock", 1, ENOLCK);
    assert_false(run_folder_is_locked("run"));
    assert_true(call_failed());
    fd_close(fd);
}

static volatile sig_atomic_t replaced, make_another;

/* Take the lock's file away once it is there; make_another: and put one in its place.
 */
static void replace_lock(int signal)
{
    const int reason = errno;
    (void)signal;
    if (!replaced && unlink("run/.lock") == 0) {
        replaced = 1;
        if (make_another)
            close(open("run/.lock", O_RDWR | O_CREAT, 0666));
    }
    errno = reason;
}

/* While it waits for a lock whose owner goes, and takes the file along: it locks the
 * file that is there then, not the one that is gone. */
static void test_run_folder_faults__lock_replaced(void **state)
{
    (void)state;
    struct sigaction usual;
    const struct sigaction replace = {.sa_handler = replace_lock};
    const struct itimerval often = {{.tv_usec = 1000}, {.tv_usec = 1000}},
                           never = {{0}, {0}};
    put_old_run();
    assert_int_equal(sigaction(SIGALRM, &replace, &usual), 0);
    for (int i = 0; i < 2; i++) {
        run_folder f;
        make_another = i;
        replaced = 0;
        call_fail_at("flock", 1, EWOULDBLOCK); /* it waits for 5 ms */
        assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
        const vq_status status =
            run_folder_open(&f, RUN_LATEST, "toy", "run", true, false, &err);
        assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
        assert_true(call_failed());
        assert_ok(status, &err);
        assert_true(replaced);
        assert_true(run_folder_is_locked("run"));
        run_folder_close(&f);
        assert_false(file_exists("run/.lock"));
    }
    assert_int_equal(sigaction(SIGALRM, &usual, NULL), 0);
}

/* What runs/latest leads to, and what it is when it leads nowhere. */
static void test_run_folder_faults__latest(void **state)
{
    (void)state;
    static const char *const links[][2] = {{"a", "runs/a"},
                                           {"nothing", "runs/nothing"},
                                           {"/tmp", "runs/latest"},
                                           {NULL, "runs/latest"}};
    assert_ok(file_make_dirs("runs/a", &err), &err);
    put("runs/a/" RUN_CONFIG, "{}");
    for (int i = 0; i < 4; i++)
        for (int named = 0; named < 2; named++) {
            run_folder f;
            unlink(RUN_LATEST);
            if (links[i][0])
                assert_int_equal(symlink(links[i][0], RUN_LATEST), 0);
            vq_status status = run_folder_open(
                &f, RUN_LATEST, "toy", named ? RUN_LATEST : "", true, false, &err);
            assert_string_equal(f.path, links[i][1]);
            if (i == 0)
                assert_ok(status, &err);
            else
                assert_fails(status, VQ_EINPUT, &err, "it holds no run");
            run_folder_close(&f);
        }
}

/* The link is for folders right under runs/; what keeps it from being made is told. */
static void test_run_folder_faults__link_latest(void **state)
{
    (void)state;
    static const char *const others[] = {"elsewhere", "runs/a/b", RUN_LATEST};
    char note[320];
    assert_ok(file_make_dirs("runs", &err), &err);
    for (int i = 0; i < 3; i++) {
        run_folder f = {.latest = RUN_LATEST};
        snprintf(f.path, sizeof f.path, "%s", others[i]);
        run_folder_link_latest(&f, note);
        assert_string_equal(note, "");
        assert_false(file_exists(RUN_LATEST));
    }
    static const char *const calls[] = {"symlink", "rename"};
    const run_folder f = {.latest = RUN_LATEST, .path = "runs/a"};
    for (int i = 0; i < 2; i++) {
        call_fail_at(calls[i], 1, EPERM);
        run_folder_link_latest(&f, note);
        assert_true(call_failed());
        assert_string_equal(note, "cannot link 'runs/latest' to 'a': "
                                  "Operation not permitted");
        assert_int_equal(support_run("test -z \"$(ls -A runs)\"", NULL, 0, NULL, 0), 0);
    }
}

static void test_run_folder_faults__find(void **state)
{
    (void)state;
    char found[VQ_PATH_MAX], deep[VQ_PATH_MAX + 1];
    assert_ok(file_make_dirs("runs/latest", &err), &err);
    put("file", "x");
    assert_ok(run_folder_find(found, "latest", &err), &err);
    assert_string_equal(found, RUN_LATEST);
    assert_fails(run_folder_find(found, "nothing", &err), VQ_EIO, &err,
                 "cannot open 'nothing': No such file");
    assert_fails(run_folder_find(found, "file", &err), VQ_EINPUT, &err,
                 "'file' is a file, no run folder");
    memset(deep, 'a', VQ_PATH_MAX);
    deep[VQ_PATH_MAX] = '\0';
    assert_fails(run_folder_find(found, deep, &err), VQ_EUSAGE, &err,
                 "path is longer than 1023 bytes");
    deep[VQ_PATH_MAX - 1] = '\0'; /* the longest that is one */
    assert_fails(run_folder_find(found, deep, &err), VQ_EIO, &err, "cannot open");
}

#define CASE(name)                                                                     \
    cmocka_unit_test_setup_teardown(test_run_folder_faults__##name, setup, teardown)

const struct CMUnitTest test_run_folder_faults_suite[] = {
    CASE(begin_anew),
    CASE(begin_chosen),
    CASE(nameless_holder),
    CASE(lock_replaced),
    CASE(latest),
    CASE(link_latest),
    CASE(find),
    {0},
};
