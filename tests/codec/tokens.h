/*
 * SPDX-License-Identifier: MIT
 *
 * What the tests of data sets' codes share: a tiny model, a data set of many small
 * pictures, and someone who is told and may stop it.
 */
#ifndef VQ_TESTS_CODEC_TOKENS_H
#define VQ_TESTS_CODEC_TOKENS_H

#include "codec/trained.h"
#include "data/files.h"

/* Small pictures, so that many make a few pieces: 512, 512 and 176. */
enum { MANY = 1200, SIDE = 8, GRID = SIDE / 4 * SIDE / 4 };

typedef struct tokens_scene {
    trained *t;
    char dir[256], array[300], out[300]; /* of pictures; to write to */
    const char *data;
    vq_token_set set;
} tokens_scene;

extern vq_error tokens_err;

/* A folder of results and a .npy of MANY pictures, of bytes of files_byte. */
void tokens_set_up(tokens_scene *s);
void tokens_tear_down(tokens_scene *s);

/* vq_encode_set of the scene, with the message in tokens_err. */
vq_status tokens_run(const tokens_scene *s, vq_progress_fn progress, void *user);

/* Fail unless two files have the same bytes. */
void tokens_same_files(const char *a, const char *b);

/* Is told of pictures, ever more, and stops at one of the calls. */
typedef struct tokens_told {
    int calls, stop_at;
    int64_t last;
    char note[200];
} tokens_told;

/* A vq_progress_fn. */
int tokens_tell(const vq_progress *now, void *user);

#endif
