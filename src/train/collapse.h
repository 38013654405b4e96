/*
 * SPDX-License-Identifier: MIT
 *
 * Is the codebook collapsing? A watch over the perplexity of log intervals, and words
 * for what it sees. Tested in tests/train/test_collapse.c.
 */
#ifndef VQ_TRAIN_COLLAPSE_H
#define VQ_TRAIN_COLLAPSE_H

#include "base/status.h"

/*
 * Steps before anything is said. The default recipe is at a perplexity of 66 to 72 of
 * 512 after 1,000 steps and grows by a tenth every 100.
 */
#define COLLAPSE_WARM_UP 1000

typedef struct collapse {
    bool told;     /* about the collapse that lasts */
    double before; /* perplexity of the last interval */
} collapse;

/*
 * An interval that began after `first` steps had this mean perplexity, with `rows`
 * positions in a batch. True, once a collapse, when it is after the warm-up, under a
 * tenth of K or of the rows, and not growing by 5% an interval; text: the likely cause
 * and an option that helps.
 */
bool collapse_seen(collapse *c, const vq_config *config, int64_t first, double rows,
                   double perplexity, char text[320]);

#endif
