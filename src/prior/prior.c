/* SPDX-License-Identifier: MIT */
#include "prior/prior.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/decimal.h"
#include "base/file.h"
#include "base/regular.h"
#include "base/run_files.h"
#include "io/codes.h"
#include "prior/builtin_prior.h"

/* ---- opening ----------------------------------------------------------------------
 */

/* A run folder stands for the prior in it. */
static vq_status resolve(char to[VQ_PATH_MAX], const char *path, vq_error *err)
{
    struct stat st;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        vq_status status = file_join(to, path, RUN_MODEL, err);
        return status == VQ_OK ? regular_check(to, err) : status;
    }
    if (strlen(path) >= VQ_PATH_MAX)
        return vq_fail(err, VQ_EUSAGE, "the prior's path is too long");
    strcpy(to, path);
    return VQ_OK;
}

/* Which prior `path` means: one that is built in, or NULL and a file at *path. */
static const builtin *choose(const char **path)
{
    if (!*path)
        *path = getenv("VQVAE_PRIOR");
    if (!*path || !**path)
        return builtin_priors;
    if (strcmp(*path, "latest") == 0)
        *path = RUN_LATEST_PRIOR;
    return builtin_find(builtin_priors, *path);
}

vq_status vq_prior_open(vq_prior **prior, const char *path, vq_error *err)
{
    vq_status status;
    st_file f = {0};
    *prior = NULL;
    vq_prior *p = calloc(1, sizeof *p);
    if (!p)
        return vq_fail_memory(err, sizeof *p);
    const builtin *box = choose(&path);
    if (box) {
        strcpy(p->source, box->title);
        TRY(st_parse(&f, p->source, box->bytes, (size_t)(box->end - box->bytes), err));
    } else {
        TRY(resolve(p->source, path, err));
        TRY(st_read(&f, p->source, err));
    }
    TRY(prior_load(&p->net, &p->facts, &f, p->source, err));
    *prior = p;
out:
    st_release(&f);
    if (status != VQ_OK)
        vq_prior_close(p);
    return status;
}

void vq_prior_close(vq_prior *p)
{
    if (!p)
        return;
    columns_net_release(&p->columns);
    pixelcnn_release(&p->net);
    free(p);
}

void vq_prior_set_threads(vq_prior *p, int threads)
{
    p->threads = threads;
}

vq_status prior_columns(vq_prior *p, const columns_net **cn, vq_error *err)
{
    vq_status status = VQ_OK;
    if (!p->columns.net)
        status = columns_net_init(&p->columns, &p->net, err);
    if (status != VQ_OK)
        columns_net_release(&p->columns);
    *cn = &p->columns;
    return status;
}

vq_status vq_prior_save(const vq_prior *p, const char *path, bool half, vq_error *err)
{
    return prior_save(&p->net, &p->facts, half, path, err);
}

/* ---- describing -------------------------------------------------------------------
 */

uint64_t prior_fingerprint(vq_prior *p)
{
    if (!p->fingerprint)
        p->fingerprint = pixelcnn_fingerprint(&p->net);
    return p->fingerprint;
}

int prior_classes(const vq_prior *p)
{
    return p->net.shape.classes - p->facts.nameless;
}

void vq_prior_describe(vq_prior *p, vq_prior_info *info)
{
    const prior_shape *s = &p->net.shape;
    *info = (vq_prior_info){.source = p->source,
                            .fingerprint = prior_fingerprint(p),
                            .model = p->facts.model,
                            .h = p->facts.h,
                            .w = p->facts.w,
                            .codes = s->codes,
                            .depth = s->books,
                            .classes = prior_classes(p),
                            .nameless = s->classes == 0 || p->facts.nameless,
                            .parameters = pixelcnn_parameters(&p->net),
                            .step = p->facts.step,
                            .nats = p->facts.nats};
}

static vq_status check_model(const vq_prior *p, uint64_t model, int k, int depth,
                             const char *what, vq_error *err)
{
    if (p->facts.model && model && p->facts.model != model)
        return vq_fail(
            err, VQ_EINPUT,
            "the prior '%s' belongs to another model: it learned the codes of "
            "%016" PRIx64 ", but %s %016" PRIx64,
            p->source, p->facts.model, what, model);
    if ((k && k != p->net.shape.codes) || depth != p->net.shape.books)
        return vq_fail(err, VQ_EINPUT,
                       "the prior '%s' is for %d codes of %d a position, not for %d of "
                       "%d",
                       p->source, p->net.shape.books, p->net.shape.codes, depth, k);
    return VQ_OK;
}

vq_status vq_prior_fits(vq_prior *p, vq_model *model, vq_error *err)
{
    const vq_config *c = vq_model_config(model);
    return check_model(p, vq_model_fingerprint(model), c->codes, c->levels * c->heads,
                       "the model has", err);
}

vq_status prior_check_codes(vq_prior *p, const vq_codes *codes, vq_error *err)
{
    size_t count = codes_count(codes);
    vq_status status = check_model(p, codes->fingerprint, codes->k, codes_depth(codes),
                                   "these are of", err);
    for (size_t i = 0; i < count && status == VQ_OK; i++)
        if (codes->index[i] < 0 || codes->index[i] >= p->net.shape.codes)
            status = vq_fail(err, VQ_EINPUT, "code %d is outside [0, %d)",
                             codes->index[i], p->net.shape.codes);
    return status;
}

/* The i-th of the comma-separated names; false past the last one. */
static bool name_at(const char *names, int i, const char **name, size_t *length)
{
    for (; i > 0 && names; i--) {
        names = strchr(names, ',');
        names = names ? names + 1 : NULL;
    }
    *name = names;
    *length = names ? strcspn(names, ",") : 0;
    return *length > 0;
}

vq_status vq_prior_class(const vq_prior *p, const char *name, int *label, vq_error *err)
{
    const char *known;
    size_t length;
    int64_t number;
    for (int i = 0; name_at(p->facts.classes, i, &known, &length); i++)
        if (i < prior_classes(p) && strlen(name) == length &&
            memcmp(name, known, length) == 0) {
            *label = i;
            return VQ_OK;
        }
    if (decimal_read_whole(name, 0, prior_classes(p) - 1, &number)) {
        *label = (int)number;
        return VQ_OK;
    }
    if (prior_classes(p) == 0)
        return vq_fail(err, VQ_EUSAGE, "the prior '%s' knows no classes", p->source);
    return vq_fail(err, VQ_EUSAGE, "no class '%s': there are 0 to %d%s%.1000s", name,
                   prior_classes(p) - 1, p->facts.classes[0] ? ", or " : "",
                   p->facts.classes);
}
