/* SPDX-License-Identifier: MIT */
#include "base/finite.h"
#include "network/weights.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/version.h"
#include "network/quantizer.h"

static void shape_text(char *text, size_t size, int rank, const int64_t *dims)
{
    size_t n = 0;
    text[0] = '\0';
    for (int i = 0; i < rank && n < size; i++)
        n += (size_t)snprintf(text + n, size - n, "%s%" PRId64, i ? "," : "", dims[i]);
}

/* The tensor's shape is the parameter's. */
static vq_status check_shape(const st_tensor *t, const param *p, const char *name,
                             vq_error *err)
{
    bool same = t->rank == p->rank;
    int64_t want[4] = {0};
    for (int i = 0; i < p->rank; i++) {
        want[i] = p->dims[i];
        same = same && t->dims[i] == want[i];
    }
    if (same)
        return VQ_OK;
    char got_text[128], want_text[128];
    shape_text(got_text, sizeof got_text, t->rank, t->dims);
    shape_text(want_text, sizeof want_text, p->rank, want);
    return vq_fail(err, VQ_EINPUT,
                   "'%s': tensor '%s' has shape (%s), but the model needs (%s)", name,
                   t->name, got_text, want_text);
}

/* Every tensor of the network is there with its shape, and no other. */
static vq_status check_tensors(const network *net, const st_file *f, const char *name,
                               vq_error *err)
{
    for (int i = 0; i < f->n; i++) {
        bool known = strncmp(f->tensor[i].name, "_vq_vae._ema_", 13) == 0;
        for (int j = 0; j < net->n_tensors && !known; j++)
            known = strcmp(f->tensor[i].name, net->tensor[j].name) == 0;
        if (!known)
            return vq_fail(err, VQ_EINPUT, "'%s': tensor '%s' is not part of the model",
                           name, f->tensor[i].name);
    }
    for (int i = 0; i < net->n_tensors; i++) {
        const param *p = &net->p.table[net->tensor[i].param];
        const st_tensor *t = st_find(f, net->tensor[i].name);
        if (!t && p->role != PARAM_STATISTIC)
            return vq_fail(err, VQ_EINPUT, "'%s': tensor '%s' is missing", name,
                           net->tensor[i].name);
        vq_status status = t ? check_shape(t, p, name, err) : VQ_OK;
        if (status != VQ_OK)
            return status;
    }
    return VQ_OK;
}

/* Is this tensor another name of one that came before it? */
static bool is_alias(const network *net, int i)
{
    for (int j = 0; j < i; j++)
        if (net->tensor[j].param == net->tensor[i].param)
            return true;
    return false;
}

/*
 * Copy the i-th tensor into its parameter; an alias must hold what is there already.
 * buffer: twice the parameter's count.
 */
static vq_status fill_one(network *net, int i, const st_tensor *t, const char *name,
                          float *buffer, vq_error *err)
{
    const param *p = &net->p.table[net->tensor[i].param];
    vq_error why = {""};
    vq_status status = st_floats(t, buffer, &why);
    if (status != VQ_OK)
        return vq_fail(err, status, "'%s': %.1000s", name, why.message);
    if (!all_finite(buffer, p->count))
        return vq_fail(err, VQ_EINPUT, "'%s': tensor '%s' holds a NaN or infinity",
                       name, t->name);
    float *flat = net->p.value + p->offset;
    if (is_alias(net, i)) {
        float *first = buffer + p->count;
        param_to_file(p, flat, first);
        if (memcmp(first, buffer, p->count * sizeof *first) != 0)
            return vq_fail(err, VQ_EINPUT,
                           "'%s': tensor '%s' differs from the one it is tied to", name,
                           t->name);
    }
    param_from_file(p, buffer, flat);
    return VQ_OK;
}

/* Copy every tensor that is there; shapes are checked already. */
static vq_status fill_all(network *net, const st_file *f, const char *name,
                          vq_error *err)
{
    vq_status status = VQ_OK;
    size_t most = 0;
    for (int i = 0; i < net->p.n; i++)
        most = net->p.table[i].count > most ? net->p.table[i].count : most;
    float *buffer = malloc(2 * most * sizeof *buffer);
    if (!buffer)
        return vq_fail_memory(err, 2 * most * sizeof *buffer);
    for (int i = 0; i < net->n_tensors && status == VQ_OK; i++) {
        const st_tensor *t = st_find(f, net->tensor[i].name);
        if (t)
            status = fill_one(net, i, t, name, buffer, err);
    }
    free(buffer);
    return status;
}

vq_status weights_fill(network *net, const st_file *f, const char *name, bool *has_ema,
                       vq_error *err)
{
    vq_status status;
    TRY(check_tensors(net, f, name, err));
    TRY(fill_all(net, f, name, err));
    const param *count = &net->p.table[net->ema_count];
    *has_ema = false;
    for (size_t k = 0; count->saved && k < count->count; k++)
        *has_ema = *has_ema || net->p.value[count->offset + k] > 0;
out:
    return status;
}

static double metadata_number(const st_file *f, const char *key)
{
    const char *text = st_metadata(f, key);
    double x;
    return text && decimal_read(text, &x) && x >= 0 && x < 1e18 ? x : 0;
}

/* A fingerprint of 16 hexadecimal digits; 0: none. */
static uint64_t metadata_hash(const st_file *f, const char *key)
{
    const char *text = st_metadata(f, key);
    return text && strspn(text, "0123456789abcdef") == 16 && !text[16]
               ? strtoull(text, NULL, 16)
               : 0;
}

weights_identity weights_read_identity(const st_file *f)
{
    return (weights_identity){
        .fingerprint = metadata_hash(f, "fingerprint"),
        .values = metadata_hash(f, "fingerprint_of_values"),
    };
}

vq_status weights_load(network *net, train_facts *facts, const st_file *f,
                       const char *name, vq_error *err)
{
    vq_status status;
    vq_config config;
    *net = (network){0};
    TRY(weights_read_config(&config, f, name, err));
    /* shapes first: then no more is allocated than the file holds */
    network_layout(net, &config);
    TRY(check_tensors(net, f, name, err));
    TRY(params_allocate(&net->p, err));
    TRY(fill_all(net, f, name, err));
    if (config.codebook == VQ_CODEBOOK_FSQ) /* whatever the file's copy says */
        network_derive_codes(net);
    *facts = (train_facts){.variance = metadata_number(f, "variance"),
                           .step = (int64_t)metadata_number(f, "step"),
                           .nmse = metadata_number(f, "train_nmse"),
                           .perplexity = metadata_number(f, "train_perplexity")};
out:
    if (status != VQ_OK)
        network_release(net);
    return version_explain(status, st_metadata(f, "version"), err);
}
