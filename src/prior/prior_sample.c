/*
 * SPDX-License-Identifier: MIT
 *
 * vq_prior_sample: the checks, and a prior_draw.
 */
#include <stdlib.h>
#include <string.h>

#include "io/codes.h"
#include "prior/draw.h"
#include "prior/prior.h"

#define GRID_MAX (1 << 24) /* positions of all grids together */

/* The class of every grid as the network has it. */
static vq_status class_labels(const vq_prior *p, const vq_sampling *how, int *label,
                              vq_error *err)
{
    const int classes = p->net.shape.classes;
    for (int i = 0; i < how->n; i++) {
        int wanted = how->label ? how->label[i] : -1;
        if (wanted >= prior_classes(p) || wanted < -1)
            return vq_fail(err, VQ_EUSAGE, "no class %d: the prior '%s' has %d", wanted,
                           p->source, prior_classes(p));
        if (wanted < 0 && classes > 0 && !p->facts.nameless)
            return vq_fail(err, VQ_EUSAGE,
                           "the prior '%s' draws nothing without a class", p->source);
        label[i] = wanted < 0 ? classes - 1 : wanted;
    }
    return VQ_OK;
}

static vq_status check_size(const vq_prior *p, const vq_sampling *how, int *h, int *w,
                            vq_error *err)
{
    *h = how->h || how->w ? how->h : p->facts.h;
    *w = how->h || how->w ? how->w : p->facts.w;
    if (how->n < 1)
        return vq_fail(err, VQ_EUSAGE, "no picture to draw");
    if (*h == 0 && *w == 0)
        return vq_fail(err, VQ_EUSAGE,
                       "the prior '%s' does not say its size: --size does", p->source);
    if (*h < 1 || *w < 1 || (int64_t)how->n * *h > GRID_MAX / *w)
        return vq_fail(err, VQ_EUSAGE, "cannot draw %d grids of %d x %d codes", how->n,
                       *w, *h);
    return VQ_OK;
}

static vq_status check_given(vq_prior *p, const vq_sampling *how, int h, int w,
                             vq_error *err)
{
    const vq_codes *given = how->given;
    if (!given != !how->keep)
        return vq_fail(err, VQ_EUSAGE, "codes to keep, and which, go together");
    if (!given)
        return VQ_OK;
    if (given->h != h || given->w != w || (given->n != 1 && given->n != how->n))
        return vq_fail(err, VQ_EUSAGE,
                       "%d grids of %d x %d codes are given for %d of %d x %d",
                       given->n, given->w, given->h, how->n, w, h);
    return prior_check_codes(p, given, err);
}

/* n grids of the given codes, which may be one. */
static int32_t *repeat(const vq_codes *given, int n)
{
    size_t one = codes_count(given) / (size_t)given->n;
    int32_t *all = malloc((size_t)n * one * sizeof *all);
    for (int i = 0; i < n && all; i++)
        memcpy(all + (size_t)i * one,
               given->index + (given->n > 1 ? (size_t)i * one : 0), one * sizeof *all);
    return all;
}

vq_status vq_prior_sample(vq_prior *p, const vq_sampling *how, vq_codes *codes,
                          vq_error *err)
{
    vq_status status;
    const columns_net *cn;
    int *label = NULL, h, w;
    int32_t *given = NULL;
    *codes = (vq_codes){0};
    drawing d = {.n = how->n,
                 .keep = how->keep,
                 .cuts = {how->temperature, how->top_k, how->top_p},
                 .seed = how->seed,
                 .threads = p->threads};
    TRY(cuts_check(&d.cuts, err));
    TRY(check_size(p, how, &h, &w, err));
    TRY(check_given(p, how, h, w, err));
    *codes = (vq_codes){.n = how->n,
                        .h = h,
                        .w = w,
                        .k = p->net.shape.codes,
                        .fingerprint = p->facts.model,
                        .depth = p->net.shape.books};
    label = malloc((size_t)how->n * sizeof *label);
    codes->index = malloc(codes_count(codes) * sizeof *codes->index);
    given = how->given ? repeat(how->given, how->n) : NULL;
    if (!label || !codes->index || (how->given && !given))
        TRY(vq_fail_memory(err, codes_count(codes) * sizeof *codes->index));
    TRY(class_labels(p, how, label, err));
    TRY(prior_columns(p, &cn, err));
    d.h = h;
    d.w = w;
    d.label = label;
    d.given = given;
    TRY(prior_draw(cn, &d, codes->index, err));
out:
    free(label);
    free(given);
    if (status != VQ_OK)
        vq_codes_release(codes);
    return status;
}
