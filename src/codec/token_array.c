/* SPDX-License-Identifier: MIT */
#include "codec/token_array.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster/alike.h"
#include "cluster/cluster.h"
#include "cluster/tree.h"
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

/* ---- the file, for all ranks -------------------------------------------------------
 */

/* Rank 0 opens it, the others join and hear what is done. */
static vq_status open_rows(const tokenizer *t, npy_rows *rows,
                           const npy_rows_plan *plan, vq_error *err)
{
    vq_status status = VQ_OK;
    if (cluster_rank() == 0)
        status = npy_rows_open(rows, t->set->array, plan, t->set->resume, err);
    TRY(cluster_agree(status, NULL, 0, err));
    if (cluster_rank() != 0)
        status = npy_rows_join(rows, t->set->array, plan, err);
    TRY(cluster_agree(status, NULL, 0, err));
    TRY(cluster_tell(rows->done, (size_t)rows->pieces * sizeof *rows->done, err));
out:
    return status;
}

/* Rank 0, which has seen what the others put, gives it its name. */
static vq_status close_rows(const tokenizer *t, npy_rows *rows, const char *index,
                            vq_error *err)
{
    vq_status status = VQ_OK;
    if (cluster_ranks() > 1)
        TRY(cluster_agree(npy_rows_flush(rows, err), NULL, 0, err));
    if (cluster_rank() != 0)
        goto out;
    if (cluster_ranks() > 1)
        TRY(npy_rows_check(rows, err));
    TRY(token_index_write(&t->ds, NULL, index, err));
    TRY(npy_rows_commit(rows, err));
out:
    return status;
}

/* ---- pieces ------------------------------------------------------------------------
 */

/* The pieces that are to do, of which every rank has a run. */
typedef struct todo {
    int64_t n, *piece; /* [n] owned */
} todo;

static vq_status list_pieces(todo *p, const npy_rows *rows, vq_error *err)
{
    const size_t bytes = (size_t)rows->pieces * sizeof *p->piece;
    p->piece = malloc(bytes);
    if (!p->piece)
        return vq_fail_memory(err, bytes);
    for (int64_t i = 0; i < rows->pieces; i++)
        if (!rows->done[i])
            p->piece[p->n++] = i;
    return VQ_OK;
}

/* Where rank r's run of them begins. */
static int64_t share_at(const todo *p, int r)
{
    return (int64_t)tree_share((size_t)p->n, r, cluster_ranks());
}

/* Pictures of the pieces [first, end) that are to do. */
static int64_t pictures(const todo *p, const npy_rows *rows, int64_t first, int64_t end)
{
    int64_t n = 0, row;
    for (int64_t i = first; i < end; i++)
        n += npy_rows_of(rows, p->piece[i], &row);
    return n;
}

static vq_status encode_piece(tokenizer *t, npy_rows *rows, int64_t piece,
                              vq_error *err)
{
    vq_status status;
    int64_t row;
    npy_rows_of(rows, piece, &row);
    token_chunk_set(t, row);
    const vq_codes shape = token_chunk_shape(t);
    TRY(token_chunk_encode_here(t, err));
    pack(t->index, codes_count(&shape), rows->plan.dtype[2] - '0');
    TRY(npy_rows_put(rows, piece, t->index, err));
out:
    return status;
}

/* All ranks meet after every piece: a failure of one ends all, and what is done counts.
 */
static vq_status encode_pieces(tokenizer *t, npy_rows *rows, const todo *p,
                               vq_error *err)
{
    vq_status status = VQ_OK;
    const int me = cluster_rank(), ranks = cluster_ranks();
    const int64_t rounds = (p->n + ranks - 1) / ranks;
    for (int64_t round = 0; round < rounds; round++) {
        const int64_t own = share_at(p, me) + round;
        if (own < share_at(p, me + 1))
            status = encode_piece(t, rows, p->piece[own], err);
        TRY(cluster_agree(status, NULL, 0, err));
        for (int r = 0; r < ranks; r++) {
            const int64_t i = share_at(p, r) + round;
            if (i < share_at(p, r + 1))
                t->progress.done += pictures(p, rows, i, i + 1);
        }
    }
out:
    return status;
}

/* ---- all of it ---------------------------------------------------------------------
 */

/* Ranks must make the same rows. */
static vq_status compare_ranks(const npy_rows_plan *plan, vq_error *err)
{
    static const char *const names[] = {"the program is", "the kernels are",
                                        "the model, the data or the options are"};
    if (cluster_ranks() == 1)
        return VQ_OK;
    const uint64_t mine[] = {alike_program(), alike_kernels(),
                             alike_text(plan->job, plan->dtype)};
    return alike_compare(mine, names, 3, err);
}

/* A rank has died, as the message says. */
static vq_status fail_kept(const npy_rows *rows, vq_error *err)
{
    char why[128] = "";
    if (err)
        snprintf(why, sizeof why, "%.120s", err->message);
    return vq_fail(err, VQ_EIO, "%s; '%s' is kept, --resume goes on", why, rows->part);
}

vq_status token_array_write(tokenizer *t, vq_error *err)
{
    vq_status status;
    npy_rows_plan plan;
    npy_rows rows = {0};
    todo p = {0};
    char index[VQ_PATH_MAX];
    TRY(token_index_beside(t->set->array, index, err));
    TRY(plan_array(t, &plan, err));
    TRY(compare_ranks(&plan, err));
    note_shape(t, &plan);
    TRY(open_rows(t, &rows, &plan, err));
    TRY(list_pieces(&p, &rows, err));
    const int64_t all = pictures(&p, &rows, 0, p.n);
    const int64_t own = pictures(&p, &rows, share_at(&p, cluster_rank()),
                                 share_at(&p, cluster_rank() + 1));
    token_progress_begin(&t->progress, &t->ds, NULL, t->ds.n - all,
                         all > 0 ? (double)own / (double)all : 1);
    TRY(encode_pieces(t, &rows, &p, err));
    TRY(close_rows(t, &rows, index, err));
out:
    if (status == VQ_EIO && cluster_dead() >= 0 && rows.part[0])
        status = fail_kept(&rows, err);
    free(p.piece);
    npy_rows_close(&rows);
    return status;
}
