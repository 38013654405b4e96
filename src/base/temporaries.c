/* SPDX-License-Identifier: MIT */
#include "base/temporaries.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/fd.h"

#define PREFIX ".vqvae-"
#define SLOTS 64 /* files that one process writes at the same time */

enum { FREE, TAKEN, NAMED }; /* only NAMED may be read */

static struct {
    atomic_int state;
    char name[TEMPORARY_PATH_MAX];
} slots[SLOTS];

static int take_slot(void)
{
    for (int i = 0; i < SLOTS; i++) {
        int expected = FREE;
        if (atomic_compare_exchange_strong(&slots[i].state, &expected, TAKEN))
            return i;
    }
    errno = EMFILE;
    return -1;
}

int temporary_name(const char *path, char name[TEMPORARY_PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    int folder = slash ? (int)(slash - path) + 1 : 0;
    unsigned int number;
    if (getentropy(&number, sizeof number) != 0)
        return -1;
    int slot = take_slot();
    if (slot < 0)
        return -1;
    snprintf(name, TEMPORARY_PATH_MAX, "%.*s" PREFIX "%ld-%08x", folder, path,
             (long)getpid(), number);
    memcpy(slots[slot].name, name, TEMPORARY_PATH_MAX);
    atomic_store(&slots[slot].state, NAMED);
    return slot;
}

void temporary_forget(int slot)
{
    if (slot >= 0)
        atomic_store(&slots[slot].state, FREE);
}

void vq_remove_temporaries(void)
{
    for (int i = 0; i < SLOTS; i++)
        if (atomic_load(&slots[i].state) == NAMED)
            unlink(slots[i].name);
}

/* The process in ".vqvae-PID-RANDOM"; 0: not such a name. */
static pid_t maker(const char *name)
{
    char *end;
    if (strncmp(name, PREFIX, strlen(PREFIX)) != 0)
        return 0;
    name += strlen(PREFIX);
    long pid = strtol(name, &end, 10);
    if (pid <= 0 || pid > INT32_MAX || *end != '-' || strlen(end) != 9 ||
        strspn(end + 1, "0123456789abcdef") != 8)
        return 0;
    return (pid_t)pid;
}

void temporaries_remove_stale(const char *folder)
{
    char path[2 * VQ_PATH_MAX];
    struct dirent *entry;
    DIR *dir = fd_folder(folder);
    while (dir && (entry = readdir(dir))) {
        pid_t pid = maker(entry->d_name);
        if (pid == 0 || kill(pid, 0) == 0 || errno != ESRCH)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        unlink(path);
    }
    if (dir)
        closedir(dir);
}
