/*
 * SPDX-License-Identifier: MIT
 *
 * Preloaded into the program by scripts/torture.py: counts the allocations that are
 * made after main begins, in all threads, and lets the n-th one fail. A system call
 * that does nothing tells tests/torture/tracer.c that main begins, another that it is
 * over.
 *
 *   TORTURE_AT=N        the allocation that fails; 0 or none: no one
 *   TORTURE_COUNT=FILE  at exit, how many there were goes into FILE
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "marks.h"

/* The C library's own, which need no look-up that would itself allocate. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

typedef int main_fn(int, char **, char **);
typedef int start_fn(main_fn *, int, char **, void (*)(void), void (*)(void),
                     void (*)(void), void *);

static main_fn *real_main;
static atomic_bool counting;
static atomic_long count;
static long fail_at;

static int fails(void)
{
    if (!counting || ++count != fail_at)
        return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
    return fails() ? NULL : __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **to, size_t alignment, size_t size)
{
    void *memory = fails() ? NULL : __libc_memalign(alignment, size);
    if (!memory)
        return ENOMEM;
    *to = memory;
    return 0;
}

static void write_count(void)
{
    counting = 0;
    getpgid(MARK_END);
    const char *path = getenv("TORTURE_COUNT");
    FILE *out = path ? fopen(path, "w") : NULL;
    if (!out)
        return;
    fprintf(out, "%ld\n", (long)count);
    fclose(out);
}

static int counted_main(int argc, char **argv, char **envp)
{
    const char *at = getenv("TORTURE_AT");
    fail_at = at ? strtol(at, NULL, 10) : 0;
    atexit(write_count);
    getpgid(MARK_BEGIN);
    counting = 1;
    return real_main(argc, argv, envp);
}

int __libc_start_main(main_fn *program, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end);

int __libc_start_main(main_fn *program, int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
    union {
        void *address;
        start_fn *call;
    } start = {dlsym(RTLD_NEXT, "__libc_start_main")};
    real_main = program;
    return start.call(counted_main, argc, argv, init, fini, rtld_fini, stack_end);
}
