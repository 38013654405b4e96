/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static atomic_long alloc_count;
static atomic_long alloc_fail_at;

/* True when this allocation is the one that must fail. */
static bool alloc_hit(void)
{
    atomic_fetch_add(&alloc_count, 1);
    const long at = atomic_load(&alloc_fail_at);
    if (at == NEW_PLACE)
        return support_place_taken(&alloc_fail_at);
    return at > 0 && atomic_fetch_sub(&alloc_fail_at, 1) == 1;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_aligned_alloc(size_t align, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_aligned_alloc(size_t align, size_t size);

void *__wrap_malloc(size_t size)
{
    return alloc_hit() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return alloc_hit() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return alloc_hit() ? NULL : __real_realloc(p, size);
}

void *__wrap_aligned_alloc(size_t align, size_t size)
{
    return alloc_hit() ? NULL : __real_aligned_alloc(align, size);
}

static double clock_pace, clock_now;

double __real_clock_seconds(void);
double __wrap_clock_seconds(void);

double __wrap_clock_seconds(void)
{
    return clock_pace > 0 ? (clock_now += clock_pace) : __real_clock_seconds();
}

void support_clock_pace(double seconds)
{
    clock_pace = seconds;
}

void support_alloc_reset(void)
{
    atomic_store(&alloc_count, 0);
}

long support_alloc_count(void)
{
    return atomic_load(&alloc_count);
}

void support_alloc_fail_at(long n)
{
    atomic_store(&alloc_fail_at, n);
}

bool support_alloc_failed(void)
{
    return atomic_load(&alloc_fail_at) <= 0;
}

void support_assert_fails(vq_status got, vq_status want, const vq_error *err,
                          const char *part, const char *file, int line)
{
    if (got != want || !strstr(err->message, part)) {
        print_error("%s:%d: got '%s' with '%s', want '%s' with '%s'\n", file, line,
                    vq_status_text(got), got == VQ_OK ? "" : err->message,
                    vq_status_text(want), part);
        _fail(file, line);
    }
}

float support_largest(const float *v, size_t n)
{
    float most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmaxf(most, fabsf(v[i]));
    return most;
}

void support_assert_close(const float *a, const float *b, size_t n, double tol,
                          double rel, const char *file, int line)
{
    for (size_t i = 0; i < n; i++) {
        double x = (double)a[i], y = (double)b[i];
        if (!(fabs(x - y) <= tol + rel * fabs(y))) {
            print_error("%s:%d: element %zu of %zu: %.9g, want %.9g\n", file, line, i,
                        n, x, y);
            _fail(file, line);
        }
    }
}

void support_folder_make(char path[256])
{
    const char *base = getenv("TMPDIR");
    snprintf(path, 256, "%s/vqvae-test-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(path))
        fail_msg("cannot make a folder like '%s'", path);
}

void support_folder_remove(const char *path)
{
    char command[320];
    snprintf(command, sizeof command, "rm -rf '%s'", path);
    if (system(command) != 0)
        fail_msg("cannot remove '%s'", path);
}

/* Read at most size-1 bytes of a file into text; empty when text is NULL. */
static void slurp(const char *path, char *text, size_t size)
{
    if (!text)
        return;
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(text, 1, size - 1, f) : 0;
    text[n] = '\0';
    if (f)
        fclose(f);
}

int support_run(const char *command, char *out, size_t out_size, char *errors,
                size_t errors_size)
{
    char folder[256], full[8192], path[300];
    support_folder_make(folder);
    snprintf(full, sizeof full, "{ %s\n} >%s/out 2>%s/err </dev/null", command, folder,
             folder);
    int status = system(full);
    snprintf(path, sizeof path, "%s/out", folder);
    slurp(path, out, out_size);
    snprintf(path, sizeof path, "%s/err", folder);
    slurp(path, errors, errors_size);
    support_folder_remove(folder);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
