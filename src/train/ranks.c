/* SPDX-License-Identifier: MIT */
#include "train/ranks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "cluster/cluster.h"
#include "tensor/gemm.h"
#include "tensor/simd.h"

vq_status ranks_agree(vq_status mine, vq_error *err)
{
    return cluster_agree(mine, NULL, 0, err);
}

/* ---- fingerprints -----------------------------------------------------------------
 */

/* FNV-1a over 64 bits; Fowler, Noll, Vo. */
static uint64_t hash_add(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *b = bytes;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ b[i]) * 0x100000001b3u;
    return hash;
}

#define HASH_BEGIN 0xcbf29ce484222325u

static uint64_t hash_text(uint64_t hash, const char *text)
{
    return hash_add(hash, text, strlen(text) + 1);
}

/* Of the running program; of its version where it cannot be read. */
static uint64_t hash_program(void)
{
    unsigned char bytes[4096];
    uint64_t hash = hash_text(HASH_BEGIN, VQ_VERSION);
    FILE *f = fd_stream_open("/proc/self/exe");
    if (!f)
        return hash;
    for (size_t n; (n = fread(bytes, 1, sizeof bytes, f)) > 0;)
        hash = hash_add(hash, bytes, n);
    fclose(f);
    return hash;
}

static uint64_t hash_settings(const learner *l)
{
    learner_setting s;
    uint64_t hash = HASH_BEGIN;
    for (int i = 0; l->setting(l->self, i, &s); i++)
        if (s.kind == LEARNER_PLAIN || s.kind == LEARNER_FREE)
            hash = hash_text(hash_text(hash, s.key), s.text);
    return hash;
}

static vq_status hash_data(const learner *l, uint64_t *hash, vq_error *err)
{
    learner_state state = {.n_buffers = 0};
    *hash = HASH_BEGIN;
    if (l->fingerprint) {
        vq_status status = l->fingerprint(l->self, hash, err);
        if (status != VQ_OK)
            return status;
    }
    l->give(l->self, &state);
    for (int i = 0; i < state.n_numbers; i++)
        if (state.number[i].kind == LEARNER_DATA)
            *hash = hash_add(*hash, &state.number[i].value, sizeof(double));
    return VQ_OK;
}

/* Fail, on all ranks, where one of a rank's fingerprints is not rank 0's. */
static vq_status compare(const uint64_t *mine, const char *const *names, int n,
                         vq_error *err)
{
    uint64_t first[4];
    vq_status status;
    memcpy(first, mine, (size_t)n * sizeof *first);
    TRY(cluster_agree(VQ_OK, first, (size_t)n * sizeof *first, err));
    for (int i = 0; i < n && status == VQ_OK; i++)
        if (first[i] != mine[i])
            status = vq_fail(err, VQ_EINPUT,
                             "%s not rank 0's: fingerprint %016" PRIx64
                             ", but rank 0's is %016" PRIx64,
                             names[i], mine[i], first[i]);
    status = ranks_agree(status, err);
out:
    return status;
}

vq_status ranks_compare(const learner *l, vq_error *err)
{
    static const char *const names[] = {"the program is", "the kernels are",
                                        "the settings are", "the data is"};
    if (cluster_ranks() == 1)
        return VQ_OK;
    uint64_t mine[] = {
        hash_program(),
        hash_text(hash_text(HASH_BEGIN, simd_best()->name), gemm_kernels()),
        hash_settings(l), 0};
    vq_status status;
    TRY(ranks_agree(hash_data(l, &mine[3], err), err));
    TRY(compare(mine, names, 4, err));
out:
    return status;
}

vq_status ranks_compare_weights(const learner *l, vq_error *err)
{
    static const char *const names[] = {"the first weights are"};
    learner_state state = {.n_buffers = 0};
    uint64_t hash = HASH_BEGIN;
    if (cluster_ranks() == 1)
        return VQ_OK;
    l->give(l->self, &state);
    for (int i = 0; i < state.n_buffers; i++)
        hash = hash_add(hash, state.buffer[i].v, state.buffer[i].n * sizeof(float));
    return compare(&hash, names, 1, err);
}

/* ---- sharing ----------------------------------------------------------------------
 */

vq_status ranks_share_state(const learner *l, checkpoint_facts *facts, vq_error *err)
{
    learner_state state = {.n_buffers = 0};
    vq_status status = VQ_OK;
    if (cluster_ranks() == 1)
        return VQ_OK;
    l->give(l->self, &state);
    for (int i = 0; i < state.n_buffers; i++)
        TRY(cluster_tell(state.buffer[i].v, state.buffer[i].n * sizeof(float), err));
    for (int i = 0; i < state.n_numbers; i++)
        TRY(cluster_tell(&state.number[i].value, sizeof(double), err));
    TRY(cluster_tell(facts, sizeof *facts, err));
    l->take(l->self, &state);
out:
    return status;
}

vq_status ranks_tell_death(int64_t saved_step, const char *folder, vq_error *err)
{
    char kept[VQ_PATH_MAX + 96] = "nothing was saved yet";
    char why[128] = "";
    if (err)
        snprintf(why, sizeof why, "%.120s", err->message);
    if (saved_step >= 0)
        snprintf(kept, sizeof kept,
                 "the checkpoint of step %" PRId64 " in '%s' is kept, --resume goes on",
                 saved_step, folder);
    return vq_fail(err, VQ_EIO, "%s; %s", why, kept);
}
