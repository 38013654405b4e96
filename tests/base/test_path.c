/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"

static vq_error err;

/* A file, a link to it, one to nothing, and one to itself. */
static void set_up(void)
{
    assert_ok(file_write(in_folder("file"), "1", 1, &err), &err);
    assert_int_equal(symlink("file", in_folder("link")), 0);
    assert_int_equal(symlink("none", in_folder("dangling")), 0);
    assert_int_equal(symlink("loop", in_folder("loop")), 0);
}

static void test_path__looks(void **state)
{
    (void)state;
    bool there;
    set_up();
    assert_ok(path_look(in_folder("link"), &there, &err), &err);
    assert_true(there);
    const char *const absent[] = {"none", "dangling", "file/none"};
    for (int i = 0; i < 3; i++) {
        assert_ok(path_look(in_folder(absent[i]), &there, &err), &err);
        assert_false(there);
    }
    call_fail_at("stat", 1, EIO);
    assert_fails(path_look(in_folder("file"), &there, &err), VQ_EIO, &err,
                 "file': Input/output error");
    assert_false(there);
    call_fail_at(NULL, 0, 0);
}

static void test_path__follows(void **state)
{
    (void)state;
    char want[VQ_PATH_MAX], to[VQ_PATH_MAX], deep[VQ_PATH_MAX + 8];
    set_up();
    char *real = realpath(in_folder("file"), NULL);
    assert_non_null(real);
    assert_true(path_follow(to, in_folder("link")));
    assert_string_equal(to, real);
    free(real);
    snprintf(want, sizeof want, "%s", in_folder("dangling"));
    assert_true(path_follow(to, want));
    assert_string_equal(to, want);
    assert_false(path_follow(to, in_folder("loop")));
    assert_int_equal(errno, ELOOP);
    call_fail_at("realpath", 1, EIO);
    assert_false(path_follow(to, in_folder("link")));
    assert_int_equal(errno, EIO);
    memset(deep, '/', sizeof deep - 1); /* the root, as it may also be written */
    deep[sizeof deep - 1] = '\0';
    assert_true(path_follow(to, deep));
    assert_string_equal(to, "/");
    memcpy(deep, "/none", 5);
    assert_false(path_follow(to, deep));
    assert_int_equal(errno, ENAMETOOLONG);
}

static void test_path__settles(void **state)
{
    (void)state;
    char path[VQ_PATH_MAX], want[VQ_PATH_MAX];
    set_up();
    assert_true(path_follow(want, in_folder("file")));
    snprintf(path, sizeof path, "%s", in_folder("link"));
    assert_ok(path_settle(path, &err), &err);
    assert_string_equal(path, want);
    snprintf(path, sizeof path, "none/at/all");
    assert_ok(path_settle(path, &err), &err);
    assert_string_equal(path, "none/at/all");
    const struct {
        int reason;
        vq_status status;
        const char *message;
    } cases[] = {{EIO, VQ_EIO, "cannot find out where 'none/at/all' is: Input/output"},
                 {EACCES, VQ_EIO, "Permission denied"},
                 {ENOMEM, VQ_ENOMEM, "Cannot allocate memory"}};
    for (int i = 0; i < 3; i++) {
        call_fail_at("realpath", 1, cases[i].reason);
        assert_fails(path_settle(path, &err), cases[i].status, &err, cases[i].message);
        assert_string_equal(path, "none/at/all");
    }
    call_fail_at("realpath", 1, ENAMETOOLONG);
    assert_ok(path_settle(path, &err), &err);
    assert_string_equal(path, "none/at/all");
}

/* A link whose target cannot be told is no dangling one: it is not replaced. */
static void test_path__written_link(void **state)
{
    (void)state;
    struct stat st;
    set_up();
    call_fail_at("realpath", 1, EIO);
    assert_fails(file_write(in_folder("link"), "22", 2, &err), VQ_EIO, &err,
                 "Input/output error");
    assert_int_equal(lstat(in_folder("link"), &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_ok(file_write(in_folder("link"), "22", 2, &err), &err);
    assert_int_equal(stat(in_folder("file"), &st), 0);
    assert_int_equal(st.st_size, 2);
}

static void test_path__same(void **state)
{
    (void)state;
    set_up();
    assert_ok(file_write(in_folder("other"), "1", 1, &err), &err);
    assert_int_equal(link(in_folder("file"), in_folder("second")), 0);
    assert_true(path_same(in_folder("file"), in_folder("file")));
    assert_true(path_same(in_folder("file"), in_folder("link")));
    assert_true(path_same(in_folder("second"), in_folder("file")));
    assert_false(path_same(in_folder("file"), in_folder("other")));
    assert_false(path_same(in_folder("file"), in_folder("none")));
    assert_false(path_same(in_folder("none"), in_folder("file")));
    assert_false(path_same(in_folder("none"), in_folder("none")));
}

static void test_path__split(void **state)
{
    (void)state;
    char folder[VQ_PATH_MAX];
    assert_string_equal(path_split("a/b/c.png", folder), "c.png");
    assert_string_equal(folder, "a/b/.");
    assert_string_equal(path_split("/c", folder), "c");
    assert_string_equal(folder, "/.");
    assert_string_equal(path_split("c", folder), "c");
    assert_string_equal(folder, ".");
}

/* A file that is read, by whatever name; nothing is lost in a device or a folder. */
static void test_path__kept(void **state)
{
    (void)state;
    vq_error why;
    char file[300], link[300];
    snprintf(file, sizeof file, "%s", in_folder("file"));
    snprintf(link, sizeof link, "%s", in_folder("to"));
    assert_ok(path_check_kept(file, file, &why), &why);
    assert_ok(file_write(file, "x", 1, &why), &why);
    assert_int_equal(symlink("file", link), 0);
    assert_fails(path_check_kept(file, link, &why), VQ_EUSAGE, &why,
                 "to' is read, and would be written over: name another file");
    assert_ok(path_check_kept(file, "/dev/null", &why), &why);
    assert_ok(path_check_kept("/dev/null", "/dev/null", &why), &why);
    assert_ok(path_check_kept("/", "/", &why), &why);
}

const struct CMUnitTest test_path_suite[] = {
    folder_test(test_path__looks),        folder_test(test_path__follows),
    folder_test(test_path__settles),      folder_test(test_path__same),
    folder_test(test_path__written_link), cmocka_unit_test(test_path__split),
    folder_test(test_path__kept),         {0},
};
