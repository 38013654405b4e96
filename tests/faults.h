/*
 * SPDX-License-Identifier: MIT
 *
 * What tests of files and their faults share: a folder that each case finds empty,
 * standard streams on files, a disk that is full, and copies of the exact size, whose
 * every overrun the sanitizer sees.
 */
#ifndef VQ_TESTS_FAULTS_H
#define VQ_TESTS_FAULTS_H

#include "support.h"

/* A case with a fresh folder, which is gone after it, also when the case fails. */
#define folder_test(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
int folder_setup(void **state);
int folder_teardown(void **state);

/* The folder of the running case. */
const char *folder_path(void);

/* folder/name, in one of a few buffers used in turn. */
const char *in_folder(const char *name);

/* Entries of the folder, hidden ones too: a temporary left behind is counted. */
int folder_entries(void);

/* Put descriptor fd on a file; the result is what stream_restore needs. */
int stream_redirect(int fd, const char *path, int flags);
void stream_restore(int fd, int saved);

/* No file can grow beyond this many bytes, until disk_empty. */
void disk_fill(size_t bytes);
void disk_empty(void);

/*
 * Make the n-th call from now of the system's function `name` (1 for the next one) fail
 * with errno `reason`, in any thread; NULL: none. Of those that the Makefile lists as
 * WRAPPED. n may be NEW_PLACE.
 */
void call_fail_at(const char *name, long n, int reason);

/* Has it come to that call? None fails any more. */
bool call_failed(void);

/* A call that fails for a reason, and how many of its calls an action makes in vain
 * then: in spite of the others it succeeds. In a table that {0} ends. */
typedef struct call_fault {
    const char *call; /* or ALLOCATION, whose reason is ENOMEM */
    int reason, in_vain;
    const char *message; /* a part of it */
} call_fault;

#define ALLOCATION "allocation"
enum { SOME = -1, EVERY = -2 }; /* calls in vain: at least one; as many as there are */

/*
 * For each fault: `before`, then `act`, with the first such call failing, and so on to
 * the last that it makes. It must leave no descriptor open; `after` sees the rest.
 * Either may be NULL.
 */
void assert_call_faults(const call_fault *faults, void (*before)(void),
                        vq_status (*act)(vq_error *), void (*after)(vq_status));

/*
 * The same, but a call fails only at a NEW_PLACE: for what makes thousands of calls
 * from not so many.
 */
void assert_place_faults(const call_fault *faults, void (*before)(void),
                         vq_status (*act)(vq_error *), void (*after)(vq_status));

/* size bytes in an allocation of just that size (1 for 0); free(). */
unsigned char *exact_copy(const void *bytes, size_t size);

#endif
