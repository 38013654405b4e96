/*
 * SPDX-License-Identifier: MIT
 *
 * Running the program in tests. VQVAE_BIN is the one that was built with the suite.
 */
#ifndef VQ_TESTS_CLI_PROGRAM_H
#define VQ_TESTS_CLI_PROGRAM_H

#include "support.h"

/* Options of the smallest model worth its name; a step takes milliseconds. */
#define TINY                                                                           \
    " --hidden 8 --res-hidden 4 --codes 16 --code-dim 8 --batch-size 8 --threads 1 "

/* What a run gave: its exit code, and what it printed. */
typedef struct ran {
    int code;
    char out[65536], err[8192];
} ran;

/*
 * Run a shell command in which the word vqvae is the program; in the background it is
 * "$program", whose process $! then is. The answer is valid until the next call.
 */
const ran *program_run(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Fail, showing both, unless part is in text. */
void assert_contains(const char *text, const char *part);

/* Fail unless the program exited with `code` and both streams contain these parts. */
void assert_ran(const ran *r, int code, const char *out, const char *err);

/* Write a picture of smooth colours. */
void program_picture(const char *path, int width, int height);

/* Write `bytes` bytes of CIFAR-10 records with smooth pictures. */
enum { CIFAR_RECORD = 3073 };
void program_data(const char *path, size_t bytes);

/* Write data.bin (16 images) into folder and train TINY on it into folder/run. */
void program_model(const char *folder);

/* A shell command, in a folder with what program_model makes and a picture in.png, and
 * what it must give. $VQVAE_MODEL is that model; `train` trains TINY for a step. */
typedef struct program_fault {
    const char *command;
    int code;
    const char *message; /* a part of what it says on stderr */
} program_fault;

/* Run them one after another in such a folder. */
void program_expect(const program_fault *faults, size_t n);
#define EXPECT(faults) program_expect(faults, sizeof(faults) / sizeof *(faults))

#endif
