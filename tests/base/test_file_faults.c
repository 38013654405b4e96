/*
 * SPDX-License-Identifier: MIT
 *
 * base/file.c and base/temporaries.c while calls of the system fail, one at a time.
 */
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static vq_error err;

/* Whether the file holds the text. */
static bool holds(const char *path, const char *text)
{
    unsigned char *data;
    size_t size;
    assert_ok(file_read(path, 1000, &data, &size, &err), &err);
    const bool same = size == strlen(text) && memcmp(data, text, size) == 0;
    free(data);
    return same;
}

static void put_old(void)
{
    assert_ok(file_write(in_folder("a"), "old", 3, &err), &err);
}

static vq_status write_new(vq_error *e)
{
    return file_write(in_folder("a"), "new", 3, e);
}

/* Failed or not, one whole file, and nothing beside it. */
static void assert_whole(vq_status status)
{
    assert_true(holds(in_folder("a"), "new") ||
                (status != VQ_OK && holds(in_folder("a"), "old")));
    assert_int_equal(folder_entries(), 1);
}

static void test_file_faults__write(void **state)
{
    (void)state;
    static const call_fault faults[] = {
        {"getentropy", EIO, 1, "cannot create '"},
        {"open", EIO, 2, "': Input/output error"}, /* the file, its folder */
        {"open", ENOSPC, 2, "': No space left"},
        {"open", EINTR, 0, ""},
        {"open", EEXIST, 1, "cannot sync the folder"}, /* another temporary is made */
        {"open", EACCES, 1, "cannot create '"},        /* a folder without reading */
        {"fchmod", EPERM, 1, "cannot create '"},
        {"fopencookie", ENOMEM, 1, "cannot create '"},
        {"write", ENOSPC, 1, "cannot write '"},
        {"write", EINTR, 0, ""},
        {"fsync", EIO, 2, "Input/output error"},
        {"fsync", EINTR, 0, ""},
        {"fsync", EINVAL, 0, ""}, /* a file system that has none */
        {"fsync", ENOTSUP, 0, ""},
        {"close", EIO, 1, "cannot write '"}, /* of the folder it does not matter */
        {"close", EINTR, 0, ""},
        {"rename", EPERM, 1, "cannot replace '"},
        {0},
    };
    assert_call_faults(faults, put_old, write_new, assert_whole);
}

static vq_status read_whole(vq_error *e)
{
    unsigned char *data;
    size_t size;
    vq_status status = file_read(in_folder("a"), 1000, &data, &size, e);
    if (status == VQ_OK && (size != 3 || memcmp(data, "old", 3) != 0))
        status = vq_fail(e, VQ_EINTERNAL, "other bytes");
    free(data);
    return status;
}

static void nothing_more(vq_status status)
{
    (void)status;
    assert_int_equal(folder_entries(), 1);
}

static void test_file_faults__read(void **state)
{
    (void)state;
    static const call_fault faults[] = {
        {"open", EMFILE, 1, "cannot open '"},
        {"open", EINTR, 0, ""},
        {"fstat", EIO, 0, ""}, /* then of a size that is not known */
        {"read", EIO, 2, "cannot read '"},
        {"read", EINTR, 0, ""},
        {"close", EIO, 0, ""},
        {0},
    };
    assert_call_faults(faults, put_old, read_whole, nothing_more);
}

/* What cannot be told is taken to be there: opening it will say why. */
static void test_file_faults__exists(void **state)
{
    (void)state;
    static const struct {
        int reason;
        bool want;
    } cases[] = {{EIO, true}, {EACCES, true}, {ENOENT, false}, {ENOTDIR, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        call_fail_at("stat", 1, cases[i].reason);
        assert_int_equal(file_exists(folder_path()), cases[i].want);
        assert_true(call_failed());
    }
}

static void test_file_faults__standard_output(void **state)
{
    (void)state;
    call_fail_at("fopencookie", 1, EMFILE);
    vq_status status = file_write("-", "x", 1, &err);
    assert_true(call_failed());
    assert_fails(status, VQ_EIO, &err, "cannot create 'standard output': Too many");
}

/* Where standard input is closed, the next file takes its number. */
static void test_file_faults__descriptor_0(void **state)
{
    (void)state;
    struct stat st;
    put_old();
    assert_int_equal(chmod(in_folder("a"), 0604), 0);
    const int saved = dup(STDIN_FILENO);
    close(STDIN_FILENO);
    const vq_status status = write_new(&err);
    const bool whole = holds(in_folder("a"), "new");
    const int after = fcntl(STDIN_FILENO, F_GETFD);
    stream_restore(STDIN_FILENO, saved);
    assert_ok(status, &err);
    assert_true(whole);
    assert_int_equal(after, -1); /* given back */
    assert_int_equal(stat(in_folder("a"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0604);
}

/* The longest path there may be, and one byte more; one without a folder. */
static void test_file_faults__paths(void **state)
{
    (void)state;
    char deep[VQ_PATH_MAX + 1];
    int n = snprintf(deep, sizeof deep, "%s/", folder_path());
    for (; n < VQ_PATH_MAX - 3; n += 2)
        strcpy(deep + n, "./");
    memset(deep + n, 'a', VQ_PATH_MAX - 1 - (size_t)n);
    deep[VQ_PATH_MAX - 1] = '\0';
    assert_ok(file_write(deep, "x", 1, &err), &err);
    assert_ok(file_check_target(deep, &err), &err);
    strcat(deep, "a");
    assert_fails(file_write(deep, "x", 1, &err), VQ_EIO, &err, "File name too long");
    assert_fails(file_check_target(deep, &err), VQ_EIO, &err, "File name too long");
    char *before = getcwd(NULL, 0);
    assert_int_equal(chdir(folder_path()), 0);
    vq_status status = file_write("b", "y", 1, &err);
    vq_status target = file_check_target("b", &err);
    vq_error full;
    disk_fill(1);
    vq_status too_much = file_write("b", "yy", 2, &full);
    disk_empty();
    assert_int_equal(chdir(before), 0);
    free(before);
    assert_ok(status, &err);
    assert_ok(target, &err);
    assert_fails(too_much, VQ_EIO, &full, "cannot write 'b': File too large");
    assert_true(holds(in_folder("b"), "y"));
}

static void test_file_faults__names(void **state)
{
    (void)state;
    char path[VQ_PATH_MAX], deep[VQ_PATH_MAX + 1];
    static const char *const cases[][3] = {
        {"", "a", "/a"}, {"f", "a", "f/a"}, {"f/", "a", "f/a"}, {"/", "a", "/a"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_ok(file_join(path, cases[i][0], cases[i][1], &err), &err);
        assert_string_equal(path, cases[i][2]);
    }
    memset(deep, 'a', VQ_PATH_MAX);
    deep[VQ_PATH_MAX] = '\0';
    assert_fails(file_check_target(deep, &err), VQ_EIO, &err, "File name too long");
    assert_fails(file_join(path, deep, "a", &err), VQ_EUSAGE, &err, "path is longer");
    deep[VQ_PATH_MAX - 3] = '\0';
    assert_ok(file_join(path, deep, "b", &err), &err);
    assert_int_equal(strlen(path), VQ_PATH_MAX - 1);
    deep[VQ_PATH_MAX - 3] = 'a';
    deep[VQ_PATH_MAX - 2] = '\0';
    assert_fails(file_join(path, deep, "b", &err), VQ_EUSAGE, &err, "path is longer");
}

const struct CMUnitTest test_file_faults_suite[] = {
    folder_test(test_file_faults__write),
    folder_test(test_file_faults__read),
    folder_test(test_file_faults__exists),
    folder_test(test_file_faults__standard_output),
    folder_test(test_file_faults__descriptor_0),
    folder_test(test_file_faults__paths),
    cmocka_unit_test(test_file_faults__names),
    {0},
};
