/* SPDX-License-Identifier: MIT */
#include "config/checks.h"

#include <stdlib.h>

#include "config/fields.h"

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

/* Bytes that a UTF-8 sequence continues for after this one; -1: it begins none. */
static int continues(const unsigned char *c)
{
    if (c[0] < 0x80)
        return 0;
    if (c[0] >= 0xc2 && c[0] < 0xe0)
        return 1;
    if ((c[0] & 0xf0) == 0xe0) /* neither overlong nor a surrogate */
        return (c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ? -1 : 2;
    if (c[0] >= 0xf0 && c[0] < 0xf5)
        return (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f) ? -1 : 3;
    return -1;
}

static bool is_utf8(const char *text)
{
    const unsigned char *c = (const unsigned char *)text;
    while (*c) {
        int more = continues(c++);
        if (more < 0)
            return false;
        for (; more > 0; more--)
            if ((*c++ & 0xc0) != 0x80)
                return false;
    }
    return true;
}

/* Every text goes into JSON: config.json, the metadata of checkpoint and model. */
static vq_status check_texts(const vq_config *c, vq_error *err)
{
    char text[CONFIG_TEXT_MAX];
    const field *f;
    for (int i = 0; (f = field_at(i)); i++) {
        field_text(c, f, text);
        if (!is_utf8(text))
            return vq_fail(err, VQ_EUSAGE, "%s is not valid UTF-8: '%.200s'", f->name,
                           text);
    }
    return VQ_OK;
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
