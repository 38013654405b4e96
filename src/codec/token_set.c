/*
 * SPDX-License-Identifier: MIT
 *
 * vq_encode_set: a data set to codes, in memory, as an array or as files. Tested in
 * tests/codec/test_token_set.c.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "cluster/cluster.h"
#include "codec/token_array.h"
#include "codec/token_folder.h"
#include "codec/token_index.h"
#include "codec/token_sums.h"
#include "io/codes.h"

static vq_status to_memory(tokenizer *t, vq_error *err)
{
    vq_status status = VQ_OK;
    vq_codes codes;
    if (t->ds.n > INT32_MAX)
        return vq_fail(err, VQ_EINPUT, "too many pictures for one call");
    token_chunk_set(t, 0);
    codes = token_chunk_shape(t);
    codes.n = (int)t->ds.n;
    const size_t bytes = codes_count(&codes) * sizeof *codes.index;
    codes.index = malloc(bytes);
    if (!codes.index)
        return vq_fail_memory(err, bytes);
    token_progress_begin(&t->progress, &t->ds, NULL, 0, 1);
    for (int64_t first = 0; first < t->ds.n; first += t->n) {
        token_chunk_set(t, first);
        TRY(token_chunk_encode(t, codes_image(&codes, (int)first), err));
        t->progress.done += t->n;
    }
out:
    if (status == VQ_OK)
        *t->set->codes = codes;
    else
        vq_codes_release(&codes);
    return status;
}

static vq_status open_data(tokenizer *t, vq_error *err)
{
    vq_status status;
    const vq_token_set *set = t->set;
    source_request r = {.data = set->data[0],
                        .pictures = set->data,
                        .n_pictures = set->n_data > 1 ? set->n_data : 0,
                        .data_dir = set->data_dir,
                        .bad = set->skip_bad ? SOURCE_BAD_SKIP : SOURCE_BAD_OFFER,
                        .check = set->skip_bad,
                        .threads = t->m->threads,
                        .watch = token_progress_load,
                        .user = &t->progress};
    TRY(split_parse(&r.split, set->split ? set->split : "all", err));
    TRY(dataset_open(&t->ds, &r, err));
    if (!set->folder)
        TRY(token_index_one_size(&t->ds, &t->height, &t->width, err));
out:
    return status;
}

static vq_status check_ranks(const vq_token_set *set, vq_error *err)
{
    if (set->array || cluster_ranks() == 1)
        return VQ_OK;
    return vq_fail(err, VQ_EUSAGE,
                   "several ranks write one .npy together, and nothing else: give it "
                   "as --output, or use one rank");
}

static vq_status open_all(tokenizer *t, vq_error *err)
{
    vq_status status;
    TRY(open_data(t, err));
    token_progress_note(&t->progress, t->ds.note);
    TRY(model_codec(t->m, &t->c, err));
out:
    return t->set->array ? cluster_agree(status, NULL, 0, err) : status;
}

vq_status vq_encode_set(vq_model *m, const vq_token_set *set, vq_progress_fn progress,
                        void *user, vq_error *err)
{
    vq_status status;
    tokenizer t = {.set = set, .m = m, .depth = network_depth(&m->net.config)};
    if (set->codes)
        *set->codes = (vq_codes){0};
    token_progress_init(&t.progress, m, progress, user);
    TRY(check_ranks(set, err));
    TRY(open_all(&t, err));
    status = set->array    ? token_array_write(&t, err)
             : set->folder ? token_folder_write(&t, err)
                           : to_memory(&t, err);
    if (status == VQ_ESTOPPED)
        status =
            vq_fail(err, status, "stopped after %" PRId64 " of %" PRId64 " pictures",
                    t.progress.done, t.ds.n);
    if (status == VQ_OK && set->sums) {
        token_sums_take(set->sums, &t.ds);
        set->sums->written = set->array    ? token_sums_file(set->array)
                             : set->folder ? token_folder_bytes(&t)
                                           : 0;
    }
out:
    token_progress_release(&t.progress);
    free(t.rgb);
    free(t.index);
    dataset_close(&t.ds);
    return status;
}
