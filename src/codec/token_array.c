/* SPDX-License-Identifier: MIT */
#include "codec/token_array.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "codec/token_index.h"
#include "codec/token_job.h"
#include "io/codes.h"
#include "io/npy_rows.h"

/* Codes as the array has them, in place. */
static void pack(int32_t *index, size_t count, int bytes)
{
    uint16_t *to = (uint16_t *)(void *)index;
    for (size_t i = 0; i < count && bytes == 2; i++) {
        const uint16_t code = (uint16_t)index[i];
        memcpy(&to[i], &code, sizeof code);
    }
}

static vq_status plan_array(tokenizer *t, npy_rows_plan *plan, vq_error *err)
{
    vq_tokens_type type = t->set->type;
    token_chunk_set(t, 0);
    const vq_codes shape = token_chunk_shape(t);
    if (type == VQ_TOKENS_AUTO)
        type = shape.k <= UINT16_MAX + 1 ? VQ_TOKENS_UINT16 : VQ_TOKENS_INT32;
    if (type == VQ_TOKENS_UINT16 && shape.k > UINT16_MAX + 1)
        return vq_fail(err, VQ_EUSAGE, "uint16 does not hold codes of a codebook of %d",
                       shape.k);
    *plan = (npy_rows_plan){.dtype = type == VQ_TOKENS_UINT16 ? "<u2" : "<i4",
                            .rank = t->depth > 1 ? 4 : 3,
                            .dims = {t->ds.n, shape.h, shape.w, t->depth},
                            .per_piece = t->n,
                            .job = token_job(t->m, &t->ds)};
    return VQ_OK;
}

static void note_shape(tokenizer *t, const npy_rows_plan *plan)
{
    char depth[16] = "", text[120];
    if (t->depth > 1)
        snprintf(depth, sizeof depth, " x %d", t->depth);
    snprintf(text, sizeof text,
             "codes: %" PRId64 " x %" PRId64 " x %" PRId64 "%s, each one of %d",
             plan->dims[0], plan->dims[1], plan->dims[2], depth,
             t->m->net.config.codes);
    token_progress_note(&t->progress, text);
}

/* The pieces [first, end) that are not there yet. */
static vq_status encode_pieces(tokenizer *t, npy_rows *rows, int64_t first, int64_t end,
                               vq_error *err)
{
    vq_status status = VQ_OK;
    for (int64_t piece = first; piece < end; piece++) {
        int64_t row;
        npy_rows_of(rows, piece, &row);
        if (rows->done[piece])
            continue;
        token_chunk_set(t, row);
        const vq_codes shape = token_chunk_shape(t);
        TRY(token_chunk_encode_here(t, err));
        pack(t->index, codes_count(&shape), rows->plan.dtype[2] - '0');
        TRY(npy_rows_put(rows, piece, t->index, err));
        t->progress.done += t->n;
    }
out:
    return status;
}

vq_status token_array_write(tokenizer *t, vq_error *err)
{
    vq_status status;
    npy_rows_plan plan;
    npy_rows rows = {0};
    char index[VQ_PATH_MAX];
    TRY(token_index_beside(t->set->array, index, err));
    TRY(plan_array(t, &plan, err));
    note_shape(t, &plan);
    TRY(npy_rows_open(&rows, t->set->array, &plan, t->set->resume, err));
    token_progress_begin(&t->progress, &t->ds, NULL, rows.n_done);
    TRY(encode_pieces(t, &rows, 0, rows.pieces, err));
    TRY(token_index_write(&t->ds, NULL, index, err));
    TRY(npy_rows_commit(&rows, err));
out:
    npy_rows_close(&rows);
    return status;
}
