/*
 * SPDX-License-Identifier: MIT
 *
 * What every test includes: cmocka, a failing allocator, a scratch folder and
 * comparisons that print both operands and object to NaN.
 *
 * A file tests/<room>/test_x.c ends with
 *     const struct CMUnitTest test_x_suite[] = {cmocka_unit_test(test_x__case), {0}};
 */
#ifndef VQ_TESTS_SUPPORT_H
#define VQ_TESTS_SUPPORT_H

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "vqvae.h"

/* Fail unless status is VQ_OK, with the message. */
#define assert_ok(status, err)                                                         \
    do {                                                                               \
        vq_status s_ = (status);                                                       \
        if (s_ != VQ_OK)                                                               \
            fail_msg("%s: %s: %s", #status, vq_status_text(s_), (err)->message);       \
    } while (0)

/* Fail unless status is `want` and err's message contains `part`. */
#define assert_fails(status, want, err, part)                                          \
    support_assert_fails((status), (want), (err), (part), __FILE__, __LINE__)
void support_assert_fails(vq_status got, vq_status want, const vq_error *err,
                          const char *part, const char *file, int line);

/* The largest magnitude of n values. */
float support_largest(const float *v, size_t n);

/* Fail unless !(|a - b| > tol + rel |b|), for every element; NaN fails. */
#define assert_close(a, b, n, tol, rel)                                                \
    support_assert_close((a), (b), (n), (tol), (rel), __FILE__, __LINE__)
void support_assert_close(const float *a, const float *b, size_t n, double tol,
                          double rel, const char *file, int line);

/* Allocations made through the linked objects since the last reset, in all threads. */
void support_alloc_reset(void);
long support_alloc_count(void);

/* Make the n-th allocation from now (1 for the next one) return NULL; 0: none; or the
 * first at a NEW_PLACE. */
void support_alloc_fail_at(long n);

/* Has it come to that one? */
bool support_alloc_failed(void);

/*
 * In place of a number, of allocations and of calls in faults.h: the first that is made
 * by a way through the program, a stack of calls, by which none has failed since
 * support_places_forget.
 */
#define NEW_PLACE LONG_MAX
void support_places_forget(void);

/* Is `armed` NEW_PLACE, and this one? Then it is 0 from now on. */
bool support_place_taken(atomic_long *armed);

/* Make every look at the clock find it that many seconds later; 0: the real clock. */
void support_clock_pace(double seconds);

/* A fresh folder for the running test, removed by support_folder_remove. */
void support_folder_make(char path[256]);
void support_folder_remove(const char *path);

/* Run a shell command; returns its exit code, captures up to size-1 bytes of both. */
int support_run(const char *command, char *out, size_t out_size, char *errors,
                size_t errors_size);

#endif
