/*
 * SPDX-License-Identifier: MIT
 *
 * Known codes under a prior: vq_prior_evaluate, vq_prior_write and vq_prior_read.
 */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/file.h"
#include "io/codes.h"
#include "io/tokens.h"
#include "io/vqt.h"
#include "prior/builtin_prior.h"
#include "prior/corpus.h"
#include "prior/entropy.h"
#include "prior/prior.h"
#include "prior/score.h"

/* ---- scores -----------------------------------------------------------------------
 */

typedef struct scored {
    const vq_prior *p;
    const corpus *c;
} scored;

/* A score_grid. */
static const int32_t *scored_grid(void *user, int64_t i, int *label)
{
    const scored *s = user;
    int known = corpus_label(s->c, i);
    *label = known < 0 ? s->p->net.shape.classes - 1 : known;
    return corpus_codes(s->c, i);
}

static vq_status check_classes(const vq_prior *p, const corpus *c, const char *data,
                               vq_error *err)
{
    if (p->net.shape.classes == 0 || c->classes == prior_classes(p) ||
        (c->classes == 0 && p->facts.nameless))
        return VQ_OK;
    return vq_fail(err, VQ_EINPUT, "'%s' has %d classes, but the prior '%s' knows %d",
                   data, c->classes, p->source, prior_classes(p));
}

vq_status vq_prior_evaluate(vq_prior *p, vq_model *model, const char *data,
                            const char *data_dir, const char *split,
                            vq_prior_scores *scores, vq_error *err)
{
    vq_status status;
    corpus c = {0};
    scorer *s = calloc(1, sizeof *s);
    corpus_request r = {.data = data,
                        .data_dir = data_dir,
                        .side = vq_model_config(model)->crop,
                        .threads = p->threads};
    if (!s)
        return vq_fail_memory(err, sizeof *s);
    TRY(split_parse(&r.split, split, err));
    TRY(vq_prior_fits(p, model, err));
    TRY(corpus_open(&c, model, &r, err));
    TRY(check_classes(p, &c, data, err));
    TRY(score_open(s, &p->net, c.h, c.w, p->threads, err));
    scored user = {p, &c};
    score mean = score_run(s, NULL, c.n, scored_grid, &user);
    if (!isfinite(mean.nats))
        TRY(pixelcnn_fail_infinite(err));
    *scores = (vq_prior_scores){.images = c.n,
                                .nats = mean.nats,
                                .bits = mean.nats / log(2),
                                .uniform_bits = log2(c.k),
                                .order0_bits = corpus_order0(&c),
                                .hits = mean.hits};
    scores->bytes = scores->bits * c.h * c.w * c.n_books / 8;
out:
    score_close(s);
    free(s);
    corpus_release(&c);
    return status;
}

/* ---- files ------------------------------------------------------------------------
 */

vq_status vq_prior_write(vq_prior *p, const vq_codes *codes, const char *path,
                         vq_error *err)
{
    vq_status status;
    const columns_net *cn;
    unsigned char *bytes = NULL;
    vq_codes known = *codes;
    vqt_coded coded = {0};
    known.k = p->net.shape.codes;
    TRY(prior_check_codes(p, codes, err));
    TRY(prior_columns(p, &cn, err));
    TRY(entropy_encode(cn, p->facts.nameless, &known, p->threads, &bytes, &coded.size,
                       err));
    coded.bytes = bytes;
    coded.prior = prior_fingerprint(p);
    coded.crc = vqt_codes_crc(codes);
    if (vqt_coded_size(&coded) < vqt_plain_size(&known))
        TRY(vqt_write_coded(&known, &coded, path, err));
    else
        TRY(vqt_write(&known, path, err));
out:
    free(bytes);
    return status;
}

static vq_status decode(vq_prior *p, vq_codes *codes, const vqt_coded *coded,
                        const char *path, vq_error *err)
{
    vq_status status;
    const columns_net *cn;
    vq_error why = {""};
    if (prior_fingerprint(p) != coded->prior)
        return vq_fail(err, VQ_EINPUT,
                       "'%s' was coded by the prior %016" PRIx64
                       ", but '%s' is %016" PRIx64 ": give --prior",
                       path, coded->prior, p->source, prior_fingerprint(p));
    if (codes->k != p->net.shape.codes || codes->depth != p->net.shape.books)
        return vq_fail(err, VQ_EINPUT, "'%s': its codes are not those of its prior",
                       path);
    codes->index = malloc(codes_count(codes) * sizeof *codes->index);
    if (!codes->index)
        return vq_fail_memory(err, codes_count(codes) * sizeof *codes->index);
    TRY(prior_columns(p, &cn, err));
    status = entropy_decode(cn, p->facts.nameless, codes, p->threads, coded->bytes,
                            coded->size, &why);
    if (status != VQ_OK)
        TRY(vq_fail(err, status, "'%s': %s", path, why.message));
    if (vqt_codes_crc(codes) != coded->crc)
        TRY(vq_fail(err, VQ_EINPUT,
                    "'%s' is damaged: its codes have another checksum than was stored",
                    path));
out:
    return status;
}

/* *p becomes the prior of that name where it has that fingerprint, else stays; one that
 * cannot be opened has none. VQ_ENOMEM. */
static vq_status take_if(vq_prior **p, const char *name, uint64_t fingerprint,
                         vq_error *err)
{
    vq_prior *other;
    vq_error why;
    vq_status opened = vq_prior_open(&other, name, &why);
    if (opened == VQ_ENOMEM)
        return vq_fail(err, opened, "%s", why.message);
    if (opened == VQ_OK && prior_fingerprint(other) == fingerprint) {
        vq_prior *usual = *p;
        *p = other;
        other = usual;
    }
    vq_prior_close(other);
    return VQ_OK;
}

/* Whichever of the usual, the built-in and the newest prior coded the file; else the
 * usual one. */
static vq_status find_prior(vq_prior **p, uint64_t fingerprint, vq_error *err)
{
    vq_status status = vq_prior_open(p, NULL, err);
    for (const builtin *box = builtin_priors;
         status == VQ_OK && prior_fingerprint(*p) != fingerprint; box++) {
        if (!box->name)
            return take_if(p, "latest", fingerprint, err);
        status = take_if(p, box->name, fingerprint, err);
    }
    return status;
}

vq_status vq_prior_read(vq_prior *p, vq_codes *codes, const char *path, vq_error *err)
{
    vq_status status;
    vq_prior *own = NULL;
    unsigned char *bytes = NULL;
    size_t size = 0;
    vqt_coded coded;
    const char *name = file_input_name(path);
    *codes = (vq_codes){0};
    TRY(file_read_looking(path, TOKENS_FILE_MAX, tokens_look, &bytes, &size, err));
    if (!vqt_is_coded(bytes, size)) {
        TRY(tokens_parse(codes, name, bytes, size, err));
    } else {
        TRY(vqt_parse_coded(codes, &coded, name, bytes, size, err));
        if (!p)
            TRY(find_prior(&own, coded.prior, err));
        TRY(decode(p ? p : own, codes, &coded, name, err));
    }
out:
    vq_prior_close(own);
    free(bytes);
    if (status != VQ_OK)
        vq_codes_release(codes);
    return status;
}
