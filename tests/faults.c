/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static char folder[256];

int folder_setup(void **state)
{
    (void)state;
    support_folder_make(folder);
    return 0;
}

int folder_teardown(void **state)
{
    (void)state;
    support_folder_remove(folder);
    return 0;
}

const char *folder_path(void)
{
    return folder;
}

const char *in_folder(const char *name)
{
    static char buffers[4][600];
    static int next;
    char *path = buffers[next++ % 4];
    snprintf(path, sizeof buffers[0], "%s/%s", folder, name);
    return path;
}

int folder_entries(void)
{
    int n = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (const struct dirent *e; (e = readdir(dir));)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(dir);
    return n;
}

int stream_redirect(int fd, const char *path, int flags)
{
    fflush(stdout);
    int saved = dup(fd), file = open(path, flags, 0666);
    assert_true(saved >= 0 && file >= 0);
    dup2(file, fd);
    close(file);
    return saved;
}

void stream_restore(int fd, int saved)
{
    dup2(saved, fd);
    close(saved);
}

static struct rlimit disk_limit;
static void (*disk_handler)(int);

void disk_fill(size_t bytes)
{
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &disk_limit), 0);
    struct rlimit small = {.rlim_cur = bytes, .rlim_max = disk_limit.rlim_max};
    disk_handler = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
}

void disk_empty(void)
{
    setrlimit(RLIMIT_FSIZE, &disk_limit);
    signal(SIGXFSZ, disk_handler);
}

unsigned char *exact_copy(const void *bytes, size_t size)
{
    unsigned char *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    return copy;
}
