/* SPDX-License-Identifier: MIT */
#include "config/checks.h"

#include <stdlib.h>

#include "base/utf8.h"

#define CODES_MAX 65536

vq_status config_fsq(const vq_config *c, fsq *f, vq_error *err)
{
    const char *at = c->fsq_levels;
    long codes = 1;
    f->n = 0;
    for (;;) {
        char *end;
        long level = *at >= '0' && *at <= '9' ? strtol(at, &end, 10) : 0;
        if (level < 2 || level > CODES_MAX / codes || f->n == FSQ_MAX)
            break;
        codes *= level;
        f->levels[f->n++] = (int)level;
        if (*end == '\0')
            return VQ_OK;
        if (*end != ',')
            break;
        at = end + 1;
    }
    return vq_fail(err, VQ_EUSAGE,
                   "fsq-levels is up to %d whole numbers from 2 on, with commas, that "
                   "multiply to %d or less, not '%s'",
                   FSQ_MAX, CODES_MAX, c->fsq_levels);
}

bool config_bound_codes(const vq_config *c)
{
    return c->codebook == VQ_CODEBOOK_FSQ || c->codebook == VQ_CODEBOOK_SIMVQ;
}

/* The first option that is on and needs codes that a rule can place one by one. */
static const char *needs_free_codes(const vq_config *c)
{
    return c->cosine                          ? "--cosine"
           : c->levels > 1                    ? "--levels"
           : c->heads > 1                     ? "--heads"
           : c->revive > 0                    ? "--revive"
           : c->init_codes == VQ_CODES_KMEANS ? "--init-codes kmeans"
                                              : NULL;
}

static vq_status check_fsq(const vq_config *c, vq_error *err)
{
    fsq f;
    vq_status status = config_fsq(c, &f, err);
    if (status != VQ_OK)
        return status;
    if (c->codes != fsq_codes(&f) || c->code_dim != f.n)
        return vq_fail(err, VQ_EUSAGE,
                       "--fsq-levels %s makes %d codes of %d values, not %d of %d",
                       c->fsq_levels, fsq_codes(&f), f.n, c->codes, c->code_dim);
    if (c->rotation_trick)
        return vq_fail(err, VQ_EUSAGE,
                       "--codebook fsq does not go with "
                       "--rotation-trick");
    return VQ_OK;
}

vq_status config_check_text(const void *config, const field *f, vq_error *err)
{
    char text[CONFIG_TEXT_MAX];
    field_text(config, f, text);
    if (utf8_is(text))
        return VQ_OK;
    return vq_fail(err, VQ_EUSAGE, "%s is not valid UTF-8: '%.200s'", f->name, text);
}

static vq_status check_texts(const vq_config *c, vq_error *err)
{
    vq_status status = VQ_OK;
    const field *f;
    for (int i = 0; (f = field_at(i)) && status == VQ_OK; i++)
        status = config_check_text(c, f, err);
    return status;
}

vq_status config_check(const vq_config *c, vq_error *err)
{
    bool books = c->levels > 1 || c->heads > 1;
    vq_status status = check_texts(c, err);
    if (status != VQ_OK)
        return status;
    if (config_bound_codes(c) && needs_free_codes(c))
        return vq_fail(err, VQ_EUSAGE, "--codebook %s does not go with %s",
                       c->codebook == VQ_CODEBOOK_FSQ ? "fsq" : "simvq",
                       needs_free_codes(c));
    if (c->codebook == VQ_CODEBOOK_FSQ)
        return check_fsq(c, err);
    if (c->code_dim % c->heads)
        return vq_fail(err, VQ_EUSAGE, "--heads %d does not divide --code-dim %d",
                       c->heads, c->code_dim);
    /* what a level leaves over, and a head's part, has no length of 1 */
    if (c->cosine && books)
        return vq_fail(err, VQ_EUSAGE,
                       "--cosine does not go with --levels or --heads above 1");
    return VQ_OK;
}

vq_status config_check_length(const vq_config *c, vq_error *err)
{
    if (c->steps == 0 && !(c->epochs > 0) && c->time_budget == 0)
        return vq_fail(err, VQ_EUSAGE,
                       "say how long to train: --steps, --epochs or --time-budget");
    return VQ_OK;
}
