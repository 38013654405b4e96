/* SPDX-License-Identifier: MIT */
#include "train/collapse.h"

#include <stdio.h>

static const char *advice(const vq_config *c)
{
    if (c->codebook == VQ_CODEBOOK_FSQ)
        return "the encoder's outputs stay in few of the grid's cells; try a lower "
               "--lr";
    if (c->codebook == VQ_CODEBOOK_SIMVQ)
        return "one map moves all codes, and it has not spread them; try a lower --lr";
    if (c->revive > 0)
        return "revived codes lose their rows again; try a lower --lr, --cosine or "
               "--code-dim 8";
    if (c->codebook == VQ_CODEBOOK_GRADIENT)
        return "no gradient reaches a code that no row takes; try --revive 10 or "
               "--codebook ema";
    return "a code that no row takes does not move; try --revive 10 or --init-codes "
           "kmeans";
}

bool collapse_seen(collapse *c, const vq_config *config, int64_t first, double rows,
                   double perplexity, char text[320])
{
    double most = config->codes < rows ? config->codes : rows;
    bool grows = perplexity > 1.05 * c->before;
    c->before = perplexity;
    if (perplexity >= most / 10) {
        c->told = false;
        return false;
    }
    if (first < COLLAPSE_WARM_UP || grows || c->told)
        return false;
    c->told = true;
    snprintf(text, 320,
             "the codebook is collapsing: perplexity %.1f of %d codes; likely because "
             "%s",
             perplexity, config->codes, advice(config));
    return true;
}
