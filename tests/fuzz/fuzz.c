/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* ---- limits -------------------------------------------------------------------------
 */

#define MEMORY_MAX ((int64_t)64 << 20)
#define SECONDS_MAX 1.0

/* Bytes that the input at hand has and has not given back. */
static atomic_int_fast64_t live;
static atomic_bool counting;

/* Of the sanitizers: the size of an allocation, and what is told of each. */
size_t __sanitizer_get_allocated_size(const volatile void *p);
void __sanitizer_malloc_hook(const volatile void *p, size_t size);
void __sanitizer_free_hook(const volatile void *p);

/* Functions of their own, so that a report's stack says what it is about. */
__attribute__((noinline)) static void input_takes_too_much_memory(void)
{
    abort();
}

__attribute__((noinline)) static void input_takes_too_long(void)
{
    abort();
}

void __sanitizer_malloc_hook(const volatile void *p, size_t size)
{
    (void)p;
    if (counting && atomic_fetch_add(&live, (int64_t)size) + (int64_t)size > MEMORY_MAX)
        input_takes_too_much_memory();
}

void __sanitizer_free_hook(const volatile void *p)
{
    if (counting && p)
        atomic_fetch_sub(&live, (int64_t)__sanitizer_get_allocated_size(p));
}

static double processor_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The linker has libFuzzer call this one in place of the fuzzer (--wrap). */
int __wrap_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __real_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int __wrap_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const double start = processor_seconds();
    live = 0;
    counting = true;
    int result = __real_LLVMFuzzerTestOneInput(data, size);
    counting = false;
    if (processor_seconds() - start > SECONDS_MAX)
        input_takes_too_long();
    return result;
}

/* ---- files --------------------------------------------------------------------------
 */

static char folder[64];

static int remove_one(const char *path, const struct stat *info, int kind,
                      struct FTW *where)
{
    (void)info, (void)kind;
    return where->level == 0 ? 0 : remove(path);
}

void fuzz_sweep(void)
{
    nftw(fuzz_folder(), remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void remove_folder(void)
{
    fuzz_sweep();
    rmdir(folder);
}

const char *fuzz_folder(void)
{
    if (folder[0])
        return folder;
    strcpy(folder, "/dev/shm/vqvae-fuzz-XXXXXX");
    require(mkdtemp(folder) && atexit(remove_folder) == 0);
    return folder;
}

const char *fuzz_path(const char *name)
{
    enum { PATHS = 4 };
    static char path[PATHS][4200];
    static int next;
    char *to = path[next++ % PATHS];
    snprintf(to, sizeof path[0], "%s/%s", fuzz_folder(), name);
    return to;
}

const char *fuzz_file(const char *name, const void *bytes, size_t size)
{
    const char *path = fuzz_path(name);
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    require(fd >= 0 && write(fd, bytes, size) == (ssize_t)size && close(fd) == 0);
    return path;
}

const char *fuzz_bytes(const void *bytes, size_t size)
{
    static char path[32];
    static int fd = -1;
    if (fd < 0)
        snprintf(path, sizeof path, "/proc/self/fd/%d",
                 fd = memfd_create("fuzz", MFD_CLOEXEC));
    require(ftruncate(fd, 0) == 0 && pwrite(fd, bytes, size, 0) == (ssize_t)size);
    return path;
}

/* ---- words --------------------------------------------------------------------------
 */

char *fuzz_word(fuzz_words *w, char stop)
{
    if (w->at >= w->end)
        return NULL;
    const uint8_t *end = memchr(w->at, stop, (size_t)(w->end - w->at));
    const size_t n = (size_t)((end ? end : w->end) - w->at);
    char *word = malloc(n + 1);
    require(word);
    memcpy(word, w->at, n);
    word[n] = '\0';
    w->at += n + 1;
    return word;
}
