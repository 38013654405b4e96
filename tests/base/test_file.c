/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static vq_error err;

static void assert_content(const char *path, const char *want)
{
    unsigned char *data;
    size_t size;
    assert_ok(file_read(path, 1000, &data, &size, &err), &err);
    assert_int_equal(size, strlen(want));
    assert_memory_equal(data, want, size);
    free(data);
}

static int mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

/* ---- reading --------------------------------------------------------------------- */

static void test_file__round_trip(void **state)
{
    (void)state;
    const char *path = in_folder("a.bin");
    assert_false(file_exists(path));
    assert_ok(file_write(path, "seven b", 7, &err), &err);
    assert_true(file_exists(path));
    assert_content(path, "seven b");
    assert_ok(file_write(path, NULL, 0, &err), &err);
    assert_content(path, "");
    assert_int_equal(folder_entries(), 1);
}

static void test_file__read_cap(void **state)
{
    (void)state;
    unsigned char *data;
    size_t size;
    const char *path = in_folder("a");
    assert_ok(file_write(path, "12345", 5, &err), &err);
    static const size_t enough[] = {5, SIZE_MAX};
    for (int i = 0; i < 2; i++) {
        assert_ok(file_read(path, enough[i], &data, &size, &err), &err);
        assert_int_equal(size, 5);
        free(data);
    }
    assert_fails(file_read(path, 4, &data, &size, &err), VQ_EINPUT, &err,
                 "a' has 5 bytes, more than 4");
    assert_null(data);
    assert_int_equal(size, 0);
    assert_fails(file_read("/dev/zero", 200000, &data, &size, &err), VQ_EINPUT, &err,
                 "'/dev/zero' is larger than 200000 bytes");
    assert_null(data);
}

static void test_file__read_errors(void **state)
{
    (void)state;
    unsigned char *data;
    size_t size;
    assert_fails(file_read(in_folder("none"), 9, &data, &size, &err), VQ_EIO, &err,
                 "none': No such file or directory");
    assert_fails(file_read(folder_path(), 1 << 20, &data, &size, &err), VQ_EIO, &err,
                 "': Is a directory");
    assert_null(data);
}

/* Run f with descriptor fd replaced by the given file. */
static vq_status with_descriptor(int fd, const char *path, int flags,
                                 vq_status (*f)(void *), void *user)
{
    int saved = stream_redirect(fd, path, flags);
    vq_status status = f(user);
    stream_restore(fd, saved);
    return status;
}

struct bytes {
    unsigned char *data;
    size_t size;
};

static vq_status read_stdin(void *user)
{
    struct bytes *b = user;
    return file_read("-", (size_t)1 << 20, &b->data, &b->size, &err);
}

static void test_file__read_stdin(void **state)
{
    (void)state;
    /* larger than the first buffer of a file of unknown size */
    static char text[150000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = 'y';
    const char *path = in_folder("in");
    struct bytes b;
    assert_ok(file_write(path, text, sizeof text, &err), &err);
    assert_ok(with_descriptor(STDIN_FILENO, path, O_RDONLY, read_stdin, &b), &err);
    assert_int_equal(b.size, sizeof text);
    assert_memory_equal(b.data, text, sizeof text);
    free(b.data);
    assert_fails(with_descriptor(STDIN_FILENO, folder_path(), O_RDONLY, read_stdin, &b),
                 VQ_EIO, &err, "cannot read 'standard input': Is a directory");
    assert_fails(with_descriptor(STDIN_FILENO, "/dev/zero", O_RDONLY, read_stdin, &b),
                 VQ_EINPUT, &err, "'standard input' is larger than 1048576 bytes");
}

static void test_file__read_failed_allocation(void **state)
{
    (void)state;
    unsigned char *data;
    size_t size;
    for (long n = 1; n <= 2; n++) {
        support_alloc_fail_at(n);
        assert_fails(file_read("/dev/zero", 1 << 20, &data, &size, &err), VQ_ENOMEM,
                     &err, n == 1 ? "allocate 65536 bytes" : "allocate 131072 bytes");
        assert_null(data);
    }
    assert_ok(file_write(in_folder("a"), "1", 1, &err), &err);
    support_alloc_fail_at(2); /* a file of known size takes one allocation */
    assert_content(in_folder("a"), "1");
    support_alloc_fail_at(0);
}

/* ---- writing --------------------------------------------------------------------- */

static void test_file__old_until_commit(void **state)
{
    (void)state;
    file_writer w;
    const char *path = in_folder("a");
    assert_ok(file_write(path, "old", 3, &err), &err);
    assert_ok(file_writer_open(&w, path, &err), &err);
    assert_ok(file_writer_put(&w, "n", 1, &err), &err);
    fprintf(w.stream, "%s", "ew");
    fflush(w.stream);
    assert_int_equal(folder_entries(), 2);
    assert_content(path, "old");
    assert_ok(file_writer_commit(&w, &err), &err);
    assert_content(path, "new");
    file_writer_abort(&w);
    assert_int_equal(folder_entries(), 1);
}

static void test_file__abort(void **state)
{
    (void)state;
    file_writer w = {0};
    file_writer_abort(&w);
    const char *path = in_folder("a");
    assert_ok(file_write(path, "old", 3, &err), &err);
    assert_ok(file_writer_open(&w, path, &err), &err);
    assert_ok(file_writer_put(&w, "new", 3, &err), &err);
    file_writer_abort(&w);
    file_writer_abort(&w);
    assert_content(path, "old");
    assert_int_equal(folder_entries(), 1);
}

static void test_file__two_writers(void **state)
{
    (void)state;
    file_writer a, b;
    const char *path = in_folder("a");
    assert_ok(file_writer_open(&a, path, &err), &err);
    assert_ok(file_writer_open(&b, path, &err), &err);
    assert_string_not_equal(a.temp, b.temp);
    fputs("first", a.stream);
    fputs("second", b.stream);
    assert_ok(file_writer_commit(&a, &err), &err);
    assert_content(path, "first");
    assert_ok(file_writer_commit(&b, &err), &err);
    assert_content(path, "second");
}

static void test_file__mode(void **state)
{
    (void)state;
    const char *path = in_folder("a");
    mode_t saved = umask(027);
    vq_status status = file_write(path, "x", 1, &err);
    umask(saved);
    assert_ok(status, &err);
    assert_int_equal(mode_of(path), 0640);
    assert_int_equal(chmod(path, 0604), 0);
    assert_ok(file_write(path, "y", 1, &err), &err);
    assert_int_equal(mode_of(path), 0604);
}

static void test_file__symbolic_link(void **state)
{
    (void)state;
    struct stat st;
    const char *file = in_folder("file"), *to = in_folder("link");
    assert_ok(file_write(file, "old", 3, &err), &err);
    assert_int_equal(symlink("file", to), 0);
    assert_ok(file_write(to, "new", 3, &err), &err);
    assert_content(file, "new");
    assert_int_equal(lstat(to, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(unlink(file), 0);
    assert_ok(file_write(to, "alone", 5, &err), &err);
    assert_content(to, "alone");
    assert_int_equal(folder_entries(), 1);
}

static void test_file__create_errors(void **state)
{
    (void)state;
    char deep[VQ_PATH_MAX + 300];
    assert_fails(file_write(in_folder("no/a"), "x", 1, &err), VQ_EIO, &err,
                 "no/a': No such file or directory");
    assert_ok(file_write(in_folder("a"), "x", 1, &err), &err);
    assert_fails(file_write(in_folder("a/b"), "x", 1, &err), VQ_EIO, &err,
                 "a/b': Not a directory");
    assert_fails(file_write(folder_path(), "x", 1, &err), VQ_EIO, &err,
                 "': Is a directory");
    assert_fails(file_write("", "x", 1, &err), VQ_EIO, &err,
                 "cannot create '': No such file or directory");
    snprintf(deep, sizeof deep, "%s/", folder_path());
    while (strlen(deep) < VQ_PATH_MAX)
        strcat(deep, "./");
    strcat(deep, "b");
    assert_fails(file_write(deep, "x", 1, &err), VQ_EIO, &err, "File name too long");
    deep[strlen(deep) - 1] = 'a'; /* which is there, under too long a name */
    assert_fails(file_write(deep, "x", 1, &err), VQ_EIO, &err, "File name too long");
    assert_int_equal(folder_entries(), 1);
}

/* A long name leaves no room for a longer temporary one: the limit is the name's own.
 */
static void test_file__longest_name(void **state)
{
    (void)state;
    char name[256];
    memset(name, 'n', 255);
    name[255] = '\0';
    assert_ok(file_write(in_folder(name), "x", 1, &err), &err);
    assert_content(in_folder(name), "x");
}

static void test_file__devices_are_kept(void **state)
{
    (void)state;
    struct stat st;
    assert_ok(file_write("/dev/null", "x", 1, &err), &err);
    assert_int_equal(stat("/dev/null", &st), 0);
    assert_true(S_ISCHR(st.st_mode));
}

/* More than a stream buffers fails in the write, less only when it is flushed. */
static void test_file__full_device(void **state)
{
    (void)state;
    static char large[300000];
    file_writer w;
    const char *want = "cannot write '/dev/full': No space left on device";
    assert_fails(file_write("/dev/full", "x", 1, &err), VQ_EIO, &err, want);
    assert_ok(file_writer_open(&w, "/dev/full", &err), &err);
    assert_fails(file_writer_put(&w, large, sizeof large, &err), VQ_EIO, &err, want);
    file_writer_abort(&w);
    assert_ok(file_writer_open(&w, "/dev/full", &err), &err);
    for (int i = 0; i < 100000; i++)
        fprintf(w.stream, "%d\n", i);
    assert_fails(file_writer_commit(&w, &err), VQ_EIO, &err, want);
    assert_ok(file_writer_open(&w, "/dev/full", &err), &err);
    assert_int_not_equal(fwrite(large, 1, sizeof large, w.stream), sizeof large);
    assert_fails(file_writer_commit(&w, &err), VQ_EIO, &err,
                 "cannot write '/dev/full'");
}

/* A regular file that cannot grow: the target stays, the temporary goes. */
static void test_file__full_disk(void **state)
{
    (void)state;
    static char large[100000];
    const char *path = in_folder("a");
    assert_ok(file_write(path, "old", 3, &err), &err);
    vq_error short_err, long_err;
    disk_fill(10);
    vq_status short_status = file_write(path, large, 11, &short_err);
    vq_status long_status = file_write(path, large, sizeof large, &long_err);
    disk_empty();
    assert_fails(short_status, VQ_EIO, &short_err, "a': File too large");
    assert_fails(long_status, VQ_EIO, &long_err, "a': File too large");
    assert_content(path, "old");
    assert_int_equal(folder_entries(), 1);
}

static vq_status write_stdout(void *user)
{
    return file_write("-", user, strlen(user), &err);
}

static void test_file__write_stdout(void **state)
{
    (void)state;
    const char *path = in_folder("out");
    assert_ok(with_descriptor(STDOUT_FILENO, path, O_WRONLY | O_CREAT, write_stdout,
                              "result"),
              &err);
    assert_content(path, "result");
    assert_fails(
        with_descriptor(STDOUT_FILENO, "/dev/full", O_WRONLY, write_stdout, "result"),
        VQ_EIO, &err, "cannot write 'standard output': No space left on device");
    assert_int_equal(folder_entries(), 1);
}

static void test_file__target_becomes_folder(void **state)
{
    (void)state;
    file_writer w;
    const char *path = in_folder("a");
    assert_ok(file_writer_open(&w, path, &err), &err);
    assert_int_equal(mkdir(path, 0777), 0);
    assert_fails(file_writer_commit(&w, &err), VQ_EIO, &err, "cannot replace '");
    assert_int_equal(folder_entries(), 1);
}

/* ---- folders --------------------------------------------------------------------- */

static void test_file__make_dirs(void **state)
{
    (void)state;
    assert_ok(file_make_dirs(in_folder("a/b//c/"), &err), &err);
    assert_ok(file_make_dirs(in_folder("a/b/c"), &err), &err);
    assert_true(file_exists(in_folder("a/b/c")));
    char home[VQ_PATH_MAX];
    assert_non_null(getcwd(home, sizeof home));
    assert_int_equal(chdir(folder_path()), 0);
    assert_ok(file_make_dirs("x/y", &err), &err);
    assert_int_equal(chdir(home), 0);
    assert_true(file_exists(in_folder("x/y")));
    assert_ok(file_make_dirs("/", &err), &err);
    assert_ok(file_make_dirs(".", &err), &err);
    assert_ok(file_write(in_folder("file"), "x", 1, &err), &err);
    assert_fails(file_make_dirs(in_folder("file/x"), &err), VQ_EIO, &err,
                 "file': Not a directory");
    assert_fails(file_make_dirs("/proc/none/x", &err), VQ_EIO, &err,
                 "cannot make folder '/proc/none': No such file or directory");
    char deep[VQ_PATH_MAX + 1];
    memset(deep, 'a', sizeof deep);
    deep[VQ_PATH_MAX] = '\0';
    assert_fails(file_make_dirs(deep, &err), VQ_EIO, &err, "File name too long");
    assert_fails(file_make_dirs("", &err), VQ_EIO, &err,
                 "cannot make folder '': No such file or directory");
}

#define CASE(name) folder_test(test_file__##name)

const struct CMUnitTest test_file_suite[] = {
    CASE(round_trip),
    CASE(read_cap),
    CASE(read_errors),
    CASE(read_stdin),
    CASE(read_failed_allocation),
    CASE(old_until_commit),
    CASE(abort),
    CASE(two_writers),
    CASE(mode),
    CASE(symbolic_link),
    CASE(create_errors),
    CASE(longest_name),
    CASE(devices_are_kept),
    CASE(full_device),
    CASE(full_disk),
    CASE(write_stdout),
    CASE(target_becomes_folder),
    CASE(make_dirs),
    {0},
};
