/*
 * SPDX-License-Identifier: MIT
 *
 * base/fd.c while a timer interrupts every call that can be interrupted.
 */
#include "faults.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/status.h"

enum { MANY = 1 << 18 }; /* bytes, more than a pipe holds */

static volatile sig_atomic_t interrupts;

static void on_alarm(int signal)
{
    (void)signal;
    interrupts++;
}

/* A signal every 200 microseconds, whose handler does not restart calls; 0: none. */
static void interrupt_every(int microseconds)
{
    const struct sigaction on = {.sa_handler = on_alarm}, off = {.sa_handler = SIG_IGN};
    const struct itimerval timer = {{0, microseconds}, {0, microseconds}};
    if (microseconds)
        assert_int_equal(sigaction(SIGALRM, &on, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &timer, NULL), 0);
    if (!microseconds)
        assert_int_equal(sigaction(SIGALRM, &off, NULL), 0);
}

static unsigned char byte_at(size_t i)
{
    return (unsigned char)(i * 7 + i / 251);
}

/* In a child: write MANY bytes, slowly. */
static void feed_slowly(int fd)
{
    unsigned char piece[1024];
    for (size_t at = 0; at < MANY; at += sizeof piece) {
        for (size_t i = 0; i < sizeof piece; i++)
            piece[i] = byte_at(at + i);
        if (write(fd, piece, sizeof piece) != sizeof piece)
            _exit(1);
        if (at % 16384 == 0)
            usleep(2000);
    }
    _exit(0);
}

/* In a child: read MANY bytes, slowly, and see that they are right. */
static void drain_slowly(int fd)
{
    unsigned char piece[1024];
    size_t at = 0;
    for (ssize_t n; (n = read(fd, piece, sizeof piece)) > 0; at += (size_t)n) {
        for (ssize_t i = 0; i < n; i++)
            if (piece[i] != byte_at(at + (size_t)i))
                _exit(1);
        if (at % 16384 == 0)
            usleep(2000);
    }
    _exit(at == MANY ? 0 : 2);
}

static void assert_child(pid_t child)
{
    int state;
    while (waitpid(child, &state, 0) < 0)
        assert_int_equal(errno, EINTR);
    assert_true(WIFEXITED(state));
    assert_int_equal(WEXITSTATUS(state), 0);
}

static void test_fd__read_while_interrupted(void **state)
{
    (void)state;
    int ends[2];
    static unsigned char bytes[MANY + 1];
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0)
        feed_slowly(ends[1]);
    close(ends[1]);
    interrupts = 0;
    interrupt_every(200);
    const ssize_t n = fd_read(ends[0], bytes, sizeof bytes);
    interrupt_every(0);
    assert_int_equal(n, MANY);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(bytes[i], byte_at(i));
    assert_true(interrupts > 0);
    assert_child(child);
    close(ends[0]);
}

/* Through a stream, whose own buffer a failed write would have lost. */
static void test_fd__write_while_interrupted(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        drain_slowly(ends[0]);
    }
    close(ends[0]);
    interrupts = 0;
    interrupt_every(200);
    FILE *stream = fd_stream(ends[1], "w");
    bool good = stream != NULL;
    for (size_t i = 0; good && i < MANY; i++)
        good = fputc(byte_at(i), stream) != EOF;
    good = stream && fclose(stream) == 0 && good;
    interrupt_every(0);
    assert_true(good);
    assert_true(interrupts > 0);
    assert_child(child);
}

static void put_six(void)
{
    const int fd = fd_open(in_folder("a"), O_RDWR | O_CREAT | O_TRUNC, 0666);
    assert_true(fd >= 0 && fd_write(fd, "abcdef", 6) && fd_close(fd));
}

static void test_fd__places(void **state)
{
    (void)state;
    char got[8] = "";
    const int fd = fd_open(in_folder("a"), O_RDWR | O_CREAT, 0666);
    assert_true(fd >= 0);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_true(fd_write(fd, "abcdef", 6));
    assert_true(fd_write_at(fd, "XY", 2, 2));
    assert_int_equal(fd_read_at(fd, got, 8, 1), 5); /* up to the end */
    assert_memory_equal(got, "bXYef", 5);
    assert_true(fd_cut(fd, 3));
    assert_int_equal(fd_read_at(fd, got, 8, 0), 3);
    assert_true(fd_reserve(fd, 5));
    assert_int_equal(fd_read_at(fd, got, 8, 0), 5);
    assert_false(fd_reserve(-1, 5));
    assert_true(fd_lock(fd, LOCK_EX));
    const int other = fd_open(in_folder("a"), O_RDWR, 0);
    assert_false(fd_lock(other, LOCK_EX));
    assert_int_equal(errno, EWOULDBLOCK);
    assert_true(fd_sync(fd) && fd_close(fd) && fd_lock(other, LOCK_EX) &&
                fd_close(other));
}

static void test_fd__failures(void **state)
{
    (void)state;
    char byte;
    assert_int_equal(fd_open(in_folder("no"), O_RDONLY, 0), -1);
    assert_int_equal(errno, ENOENT);
    assert_null(fd_stream_open(in_folder("no")));
    assert_int_equal(errno, ENOENT);
    assert_null(fd_folder(in_folder("no")));
    assert_int_equal(errno, ENOENT);
    assert_int_equal(fd_read(-1, &byte, 1), -1);
    assert_int_equal(errno, EBADF);
    assert_false(fd_write(-1, "a", 1));
    assert_false(fd_close(1000000));
    assert_true(fd_close(-1));
    FILE *full = fd_stream(fd_open("/dev/full", O_WRONLY, 0), "w");
    assert_non_null(full);
    assert_int_equal(fputc('a', full), 'a');
    assert_int_equal(fflush(full), EOF);
    assert_int_equal(errno, ENOSPC);
    fclose(full);
}

/* Where standard input is closed, the next descriptor is 0, one like any other. */
static void test_fd__number_zero(void **state)
{
    (void)state;
    put_six();
    char got[8] = "";
    const int saved = dup(STDIN_FILENO);
    close(STDIN_FILENO);
    FILE *stream = fd_stream_open(in_folder("a"));
    const bool first = stream && fcntl(STDIN_FILENO, F_GETFD) >= 0;
    const bool good = stream && fread(got, 1, 6, stream) == 6 && fclose(stream) == 0;
    const bool closed = fcntl(STDIN_FILENO, F_GETFD) < 0;
    DIR *folder = fd_folder(folder_path());
    const bool listed = folder && fcntl(STDIN_FILENO, F_GETFD) >= 0;
    if (folder)
        closedir(folder);
    dup2(saved, STDIN_FILENO);
    close(saved);
    assert_true(first && good && closed && listed);
    assert_string_equal(got, "abcdef");
}

/* What has nothing to be synced is synced. */
static void test_fd__sync(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_true(fd_sync(ends[1]));
    close(ends[0]);
    close(ends[1]);
    assert_false(fd_sync(ends[1]));
}

/* No call is asked for more than an int holds. */
static void test_fd__large(void **state)
{
    (void)state;
    const size_t size = (size_t)3 << 30; /* none of it is touched */
    void *room = mmap(NULL, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(room != MAP_FAILED);
    assert_int_equal(fd_read(-1, room, size), -1);
    assert_int_equal(errno, EBADF);
    assert_int_equal(munmap(room, size), 0);
}

/* What failed, as an error of errno's. */
static vq_status result(bool good, vq_error *err)
{
    return good ? VQ_OK : vq_fail(err, VQ_EIO, "%s", strerror(errno));
}

static vq_status use_places(vq_error *err)
{
    char got[8];
    const int fd = fd_open(in_folder("a"), O_RDWR, 0);
    const bool good = fd >= 0 && fd_lock(fd, LOCK_EX) && fd_write_at(fd, "XY", 2, 1) &&
                      fd_read_at(fd, got, 6, 0) == 6 && memcmp(got, "aXYdef", 6) == 0 &&
                      fd_cut(fd, 3);
    const vq_status status = result(good, err);
    fd_close(fd);
    return status;
}

static vq_status use_stream(vq_error *err)
{
    char got[8];
    FILE *stream = fd_stream(fd_open(in_folder("a"), O_RDWR, 0), "r+");
    bool good = stream && fseek(stream, 2, SEEK_SET) == 0 &&
                fread(got, 1, 3, stream) == 3 && memcmp(got, "cde", 3) == 0 &&
                fseek(stream, 0, SEEK_SET) == 0 && fputs("AB", stream) >= 0;
    const int reason = errno;
    if (stream && fclose(stream) != 0 && good)
        return result(false, err);
    errno = reason;
    return result(good, err);
}

static vq_status use_folder(vq_error *err)
{
    DIR *folder = fd_folder(folder_path());
    if (!folder)
        return result(false, err);
    closedir(folder);
    return VQ_OK;
}

/* A call that a signal interrupts is made again; any other failure is told, and why. */
static void test_fd__each_call_fails(void **state)
{
    (void)state;
    static const call_fault places[] = {{"open", EIO, 1, "Input/output"},
                                        {"open", EINTR, 0, ""},
                                        {"flock", EBADF, 1, "Bad file"},
                                        {"flock", EINTR, 0, ""},
                                        {"pwrite", EIO, 1, "Input"},
                                        {"pwrite", EINTR, 0, ""},
                                        {"pread", EIO, 1, "Input"},
                                        {"pread", EINTR, 0, ""},
                                        {"ftruncate", EIO, 1, "Input"},
                                        {"ftruncate", EINTR, 0, ""},
                                        {0}};
    static const call_fault stream[] = {{"open", EMFILE, 1, "Too many open"},
                                        {"fopencookie", ENOSPC, 1, "No space"},
                                        {"read", EIO, 1, "Input/output"},
                                        {"read", EINTR, 0, ""},
                                        {"lseek", ESPIPE, 2, "Illegal seek"},
                                        {"write", ENOSPC, 1, "No space"},
                                        {"write", EINTR, 0, ""},
                                        {"close", EIO, 1, "Input/output"},
                                        {"close", EINTR, 0, ""},
                                        {0}};
    static const call_fault folder[] = {
        {"open", EACCES, 1, "Permission"}, {"fdopendir", EMFILE, 1, "Too many"}, {0}};
    assert_call_faults(places, put_six, use_places, NULL);
    assert_call_faults(stream, put_six, use_stream, NULL);
    assert_call_faults(folder, put_six, use_folder, NULL);
}

const struct CMUnitTest test_fd_suite[] = {
    cmocka_unit_test(test_fd__read_while_interrupted),
    cmocka_unit_test(test_fd__write_while_interrupted),
    folder_test(test_fd__places),
    folder_test(test_fd__failures),
    folder_test(test_fd__number_zero),
    cmocka_unit_test(test_fd__sync),
    cmocka_unit_test(test_fd__large),
    folder_test(test_fd__each_call_fails),
    {0},
};
