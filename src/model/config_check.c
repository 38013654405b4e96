/*
 * SPDX-License-Identifier: MIT
 *
 * Which settings exclude each other. The bounds of a single one are in the table of
 * fields. Tested in tests/model/test_config.c.
 */
#include "model/config.h"

vq_status config_check(const vq_config *c, vq_error *err)
{
    bool books = c->levels > 1 || c->heads > 1;
    if (c->code_dim % c->heads)
        return vq_fail(err, VQ_EUSAGE, "--heads %d does not divide --code-dim %d",
                       c->heads, c->code_dim);
    /* what a level leaves over, and a head's part, has no length of 1 */
    if (c->cosine && books)
        return vq_fail(err, VQ_EUSAGE,
                       "--cosine does not go with --levels or --heads above 1");
    return VQ_OK;
}
