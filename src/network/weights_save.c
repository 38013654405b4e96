/* SPDX-License-Identifier: MIT */
#include "network/weights.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "config/config.h"
#include "io/checksum.h"
#include "io/half.h"

/* ---- metadata -----------------------------------------------------------------------
 */

bool weights_in_metadata(const char *key, config_part part)
{
    static const char *const run_only[] = {"init", "order", "kernels"};
    for (size_t i = 0; i < sizeof run_only / sizeof run_only[0]; i++)
        if (strcmp(key, run_only[i]) == 0)
            return false;
    return part != CONFIG_RUN || strcmp(key, "preset") == 0;
}

#define METADATA_MAX 128

typedef struct metadata {
    const char *key[METADATA_MAX], *value[METADATA_MAX];
    char keys[METADATA_MAX][CONFIG_KEY_MAX];
    char values[METADATA_MAX][CONFIG_TEXT_MAX];
    int n;
} metadata;

static void metadata_add(metadata *md, const char *key, const char *value)
{
    snprintf(md->keys[md->n], CONFIG_KEY_MAX, "%s", key);
    snprintf(md->values[md->n], CONFIG_TEXT_MAX, "%s", value);
    md->key[md->n] = md->keys[md->n];
    md->value[md->n] = md->values[md->n];
    md->n++;
}

static void metadata_add_number(metadata *md, const char *key, double x)
{
    char text[32];
    decimal_text(x, text);
    metadata_add(md, key, text);
}

/* Of a path to the data its last part: where it lay is nobody's business. */
static void shorten_path(char text[CONFIG_TEXT_MAX])
{
    size_t n = strlen(text);
    while (n > 1 && text[n - 1] == '/')
        text[--n] = '\0';
    const char *slash = strrchr(text, '/');
    if (slash && slash[1])
        memmove(text, slash + 1, strlen(slash));
}

static void metadata_add_hash(metadata *md, const char *key, uint64_t x)
{
    char text[17];
    snprintf(text, sizeof text, "%016" PRIx64, x);
    metadata_add(md, key, text);
}

/* identity: NULL in a run's own file. */
static void metadata_make(metadata *md, const network *net, const train_facts *facts,
                          const weights_identity *identity)
{
    char key[CONFIG_KEY_MAX], text[CONFIG_TEXT_MAX];
    config_part part;
    md->n = 0;
    metadata_add(md, "format", "vqvae");
    metadata_add(md, "version", VQ_VERSION);
    metadata_add(md, CHECKSUM_KEY, CHECKSUM_BLANK);
    for (int i = 0; config_field_at(&net->config, i, key, &part, text); i++)
        if (weights_in_metadata(key, part)) {
            if (strcmp(key, "data") == 0)
                shorten_path(text);
            metadata_add(md, key, text);
        }
    metadata_add_number(md, "variance", facts->variance);
    metadata_add_number(md, "step", (double)facts->step);
    metadata_add_number(md, "train_nmse", facts->nmse);
    metadata_add_number(md, "train_perplexity", facts->perplexity);
    if (identity && identity->fingerprint != identity->values) {
        metadata_add_hash(md, "fingerprint", identity->fingerprint);
        metadata_add_hash(md, "fingerprint_of_values", identity->values);
    }
}

/* ---- identity -----------------------------------------------------------------------
 */

uint64_t weights_fingerprint(const network *net, bool half)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (int i = 0; i < net->p.n; i++) {
        const param *p = &net->p.table[i];
        /* levels of fsq are made anew, not read */
        bool rounded =
            half && !(i == net->codebook && net->config.codebook == VQ_CODEBOOK_FSQ);
        for (size_t k = 0; p->role != PARAM_STATISTIC && k < p->count; k++) {
            float x = net->p.value[p->offset + k];
            uint32_t bits;
            x = rounded ? half_to_float(half_from_float(x)) : x;
            memcpy(&bits, &x, sizeof bits);
            hash = (hash ^ bits) * 0x100000001b3u;
        }
    }
    return hash ? hash : 1;
}

/* ---- saving -------------------------------------------------------------------------
 */

/* EMA state as zalando's files hold it: debiased by its age. */
static void debias(const network *net, const param *p, int64_t ema_step, float *v)
{
    if (p->role != PARAM_STATISTIC || net->config.ema_rule != VQ_EMA_DEBIASED)
        return;
    double weight = 1 - pow(net->config.ema_decay, (double)ema_step);
    for (size_t i = 0; i < p->count; i++)
        v[i] = weight > 0 ? (float)((double)v[i] / weight) : 0.0f;
}

/*
 * Floats to F16 in place: the k-th half lies at or before the k-th float. False when a
 * value is beyond F16's range.
 */
static bool narrow(float *v, size_t n)
{
    for (size_t k = 0; k < n; k++) {
        uint16_t x = half_from_float(v[k]);
        if (!isfinite(half_to_float(x)))
            return false;
        memcpy((unsigned char *)v + 2 * k, &x, sizeof x);
    }
    return true;
}

static vq_status save(const network *net, const train_facts *facts, int64_t ema_step,
                      const weights_identity *identity, bool half, const char *path,
                      vq_error *err)
{
    vq_status status = VQ_OK;
    size_t total = 0, at = 0;
    for (int i = 0; i < net->n_tensors; i++)
        total += net->p.table[net->tensor[i].param].count;
    float *values = malloc(total * sizeof *values);
    metadata *md = malloc(sizeof *md);
    st_tensor *out = calloc((size_t)net->n_tensors, sizeof *out);
    if (!values || !md || !out) {
        status = vq_fail_memory(err, total * sizeof *values);
        goto out;
    }
    metadata_make(md, net, facts, identity);
    for (int i = 0; i < net->n_tensors; i++) {
        const file_tensor *t = &net->tensor[i];
        const param *p = &net->p.table[t->param];
        float *v = values + at;
        param_to_file(p, net->p.value + p->offset, v);
        debias(net, p, ema_step, v);
        if (half && !narrow(v, p->count)) {
            status =
                vq_fail(err, VQ_EINPUT,
                        "tensor '%s' has values too large for 16-bit floats", t->name);
            goto out;
        }
        out[i] = (st_tensor){.name = (char *)t->name,
                             .dtype = half ? ST_F16 : ST_F32,
                             .rank = p->rank,
                             .data = (unsigned char *)v};
        for (int r = 0; r < p->rank; r++)
            out[i].dims[r] = p->dims[r];
        at += p->count;
    }
    status = st_write(path, out, net->n_tensors, md->key, md->value, md->n, err);
out:
    free(out);
    free(md);
    free(values);
    return status;
}

vq_status weights_save(const network *net, const train_facts *facts, int64_t ema_step,
                       bool half, const char *path, vq_error *err)
{
    return save(net, facts, ema_step, NULL, half, path, err);
}

vq_status weights_export(const network *net, const train_facts *facts,
                         const weights_identity *identity, bool half, const char *path,
                         vq_error *err)
{
    return save(net, facts, INT64_MAX, identity, half, path, err);
}
