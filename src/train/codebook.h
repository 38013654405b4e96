/*
 * SPDX-License-Identifier: MIT
 *
 * What happens to codes in training besides their gradient: how they start, what moves
 * them after a step, and how dead ones are revived. The trainer calls these around its
 * step; what they need to remember lies in the parameters, so that checkpoints hold it.
 * Tested in tests/train/test_codebook.c.
 */
#ifndef VQ_TRAIN_CODEBOOK_H
#define VQ_TRAIN_CODEBOOK_H

#include "train/encoder_rows.h"
#include "train/state.h"

typedef struct codebook {
    train_state *s;    /* borrowed */
    encoder_rows rows; /* to revive codes with; empty without config.revive */
} codebook;

/* Everything that steps will need, for images of h x w pixels. VQ_ENOMEM. */
vq_status codebook_open(codebook *c, train_state *s, int h, int w, vq_error *err);
void codebook_close(codebook *c); /* legal on a zeroed one */

/* Where images come from: next makes batch i, of config.batch_size, the current one. */
typedef struct codebook_source {
    void (*next)(void *user, int64_t i);
    shard_loader load;
    void *user;
} codebook_source;

/*
 * First codes of a run by k-means, level by level, over the encoder's rows for images
 * of h x w pixels: 16 rows a code, or all 65,536 that are taken at most. EMA sums are
 * set to match and count as mature. VQ_ENOMEM, and what load returns.
 */
vq_status codebook_kmeans(train_state *s, const codebook_source *from, int h, int w,
                          vq_error *err);

/*
 * The codes that --init brought: what belongs to them is derived, and EMA sums count as
 * mature if they came along, else start from zero, whatever the file says.
 */
void codebook_adopt(train_state *s, bool has_ema);

/*
 * Before the optimizer: the gradients of what codes are made of, from those of the
 * codes, within `reduced`, the batch's gradient and statistics. For simvq's codes C W'
 * that is dW = dE' C. Returns the sum of their squares.
 */
double codebook_gradients(train_state *s, float *reduced);

/*
 * After the optimizer has moved the weights: the codes' own rules. `reduced` is the
 * batch's gradient and statistics, [net.p.size].
 */
void codebook_update(train_state *s, const float *reduced);

/*
 * Call after every step, s->step being its number. At every config.revive-th the codes
 * that no row has taken since the last time are replaced by rows of the encoder for
 * this batch, no row twice in a book. Their sums, or their moments, start anew.
 * *revived: how many. Allocates nothing. Fails only when load does.
 */
vq_status codebook_revive(codebook *c, shard_loader load, void *user, int *revived,
                          vq_error *err);

#endif
