/* SPDX-License-Identifier: MIT */
#include "train/ranks.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cluster/alike.h"
#include "cluster/cluster.h"

vq_status ranks_agree(vq_status mine, vq_error *err)
{
    return cluster_agree(mine, NULL, 0, err);
}

/* ---- fingerprints -----------------------------------------------------------------
 */

static uint64_t hash_settings(const learner *l)
{
    learner_setting s;
    uint64_t hash = ALIKE_BEGIN;
    for (int i = 0; l->setting(l->self, i, &s); i++)
        if (s.kind == LEARNER_PLAIN || s.kind == LEARNER_FREE)
            hash = alike_text(alike_text(hash, s.key), s.text);
    return hash;
}

static vq_status hash_data(const learner *l, uint64_t *hash, vq_error *err)
{
    learner_state state = {.n_buffers = 0};
    *hash = ALIKE_BEGIN;
    if (l->fingerprint) {
        vq_status status = l->fingerprint(l->self, hash, err);
        if (status != VQ_OK)
            return status;
    }
    l->give(l->self, &state);
    for (int i = 0; i < state.n_numbers; i++)
        if (state.number[i].kind == LEARNER_DATA)
            *hash = alike_bytes(*hash, &state.number[i].value, sizeof(double));
    return VQ_OK;
}

vq_status ranks_compare(const learner *l, vq_error *err)
{
    static const char *const names[] = {"the program is", "the kernels are",
                                        "the settings are", "the data is"};
    if (cluster_ranks() == 1)
        return VQ_OK;
    uint64_t mine[] = {alike_program(), alike_kernels(), hash_settings(l), 0};
    vq_status status;
    TRY(ranks_agree(hash_data(l, &mine[3], err), err));
    TRY(alike_compare(mine, names, 4, err));
out:
    return status;
}

vq_status ranks_compare_weights(const learner *l, vq_error *err)
{
    static const char *const names[] = {"the first weights are"};
    learner_state state = {.n_buffers = 0};
    uint64_t hash = ALIKE_BEGIN;
    if (cluster_ranks() == 1)
        return VQ_OK;
    l->give(l->self, &state);
    for (int i = 0; i < state.n_buffers; i++)
        hash = alike_bytes(hash, state.buffer[i].v, state.buffer[i].n * sizeof(float));
    return alike_compare(&hash, names, 1, err);
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
