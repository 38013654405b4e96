/*
 * SPDX-License-Identifier: MIT
 *
 * What the fuzzers share. Every input is held to 64 MiB of memory at a time and a
 * second of the processor, ten times what hostile input may cost without sanitizers:
 * more is a finding, as a crash is.
 */
#ifndef VQ_TESTS_FUZZ_H
#define VQ_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* What libFuzzer calls. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property that must hold. */
static inline void require(bool good)
{
    if (!good)
        abort();
}

/* A folder in memory, the same for all inputs, which is removed at the end. */
const char *fuzz_folder(void);

/* The path of a name in it, which stays until the fourth call from now. */
const char *fuzz_path(const char *name);

/* Write a file there; its path, as fuzz_path gives it. */
const char *fuzz_file(const char *name, const void *bytes, size_t size);

/* The same without a name, which is quicker; they stay until the next call. */
const char *fuzz_bytes(const void *bytes, size_t size);

/* Remove all that is in it. */
void fuzz_sweep(void);

/*
 * The input as words: the next of them, up to `stop`, as a text of its own, which is
 * the caller's to free; NULL past the last one.
 */
typedef struct fuzz_words {
    const uint8_t *at, *end;
} fuzz_words;
char *fuzz_word(fuzz_words *w, char stop);

#endif
