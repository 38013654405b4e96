/*
 * SPDX-License-Identifier: MIT
 *
 * A training step in four rounds of workers: pack the weights, run this rank's slots,
 * add all ranks' slots up, and, once the caller has looked at the result, move the
 * weights.
 *
 * The last two are apart so that an update can be refused. Joining them would save a
 * pass over the gradient but measured no faster: 0.34 + 0.48 ms apart, 1.03 ms joined,
 * for 4 slots of 728,144 floats on one thread, in a step of 50 ms.
 */
#include <math.h>
#include <string.h>

#include "autograd/square_distance.h"
#include "base/finite.h"
#include "cluster/tree.h"
#include "train/stepper.h"

static vq_status allocate(stepper *s, vq_error *err)
{
    size_t rows = (size_t)cluster_sum_rows(&s->sum),
           blocks = (size_t)cluster_sum_blocks(&s->sum);
    size_t ranks = (size_t)cluster_ranks();
    size_t runs = arena_round((size_t)s->threads * sizeof *s->runs);
    size_t slots = arena_round(rows * s->p->size * sizeof(float));
    size_t packed = arena_round(s->g->packed_floats * sizeof(float));
    size_t loss = arena_round((size_t)s->n_slots * sizeof *s->loss);
    size_t loss_at = arena_round((ranks + 1) * sizeof *s->loss_at);
    size_t infinite = arena_round(blocks * sizeof *s->infinite);
    size_t squares = arena_round(blocks * sizeof *s->squares);
    vq_status status = arena_init(
        &s->memory, runs + slots + packed + loss + loss_at + infinite + squares, err);
    if (status != VQ_OK)
        return status;
    s->runs = arena_take(&s->memory, runs);
    s->slots = arena_take(&s->memory, slots);
    s->packed = arena_take(&s->memory, packed);
    s->loss = arena_take(&s->memory, loss);
    s->loss_at = arena_take(&s->memory, loss_at);
    s->infinite = arena_take(&s->memory, infinite);
    s->squares = arena_take(&s->memory, squares);
    return VQ_OK;
}

vq_status stepper_init(stepper *s, graph *g, params *p, int batch, int threads,
                       vq_error *err)
{
    vq_status status = VQ_OK;
    *s = (stepper){.g = g, .p = p, .batch = batch};
    s->shard = g->max_n > 0 ? g->max_n : 1;
    s->n_shards = (batch + s->shard - 1) / s->shard;
    s->n_slots = s->n_shards < SLOTS_MAX ? s->n_shards : SLOTS_MAX;
    s->threads = parallel_threads(threads);
    if (batch < 1 || g->mode != GRAPH_TRAIN)
        TRY(vq_fail(err, VQ_EINTERNAL, "no plan to train on %d images", batch));
    TRY(cluster_sum_init(&s->sum, s->n_slots, p->size, s->threads, err));
    TRY(allocate(s, err));
    for (int r = 0; r <= cluster_ranks(); r++)
        s->loss_at[r] =
            tree_share((size_t)s->n_slots, r, cluster_ranks()) * sizeof *s->loss;
    for (int i = 0; i < s->threads; i++) {
        TRY(run_init(&s->runs[i], g, err));
        s->runs[i].packed = s->packed;
        s->runs[i].scale = 1.0f / (float)batch;
    }
out:
    if (status != VQ_OK)
        stepper_release(s);
    return status;
}

void stepper_release(stepper *s)
{
    for (int i = 0; s->runs && i < s->threads; i++)
        run_release(&s->runs[i]);
    cluster_sum_release(&s->sum);
    arena_release(&s->memory);
    *s = (stepper){0};
}

static vq_status pack_body(void *user, int i, int worker, vq_error *err)
{
    stepper *s = user;
    (void)worker, (void)err;
    graph_pack(s->g, i, i + 1, s->packed);
    return VQ_OK;
}

/* What stepper_gradients hands to the workers that take slots. */
typedef struct slot_job {
    stepper *s;
    const node *input;
    shard_loader load;
    void *user;
} slot_job;

/* Run shards slot, slot + n_slots, slot + 2 n_slots ... into this rank's i-th slot. */
static vq_status slot_body(void *user, int i, int worker, vq_error *err)
{
    const slot_job *job = user;
    stepper *s = job->s;
    run *r = &s->runs[worker];
    const int slot = s->sum.first + i;
    r->grad = s->slots + (size_t)i * s->p->size;
    run_zero(r);
    memset(r->loss, 0, sizeof r->loss);
    for (int shard = slot; shard < s->n_shards; shard += s->n_slots) {
        int first = shard * s->shard, left = s->batch - first;
        r->n = left < s->shard ? left : s->shard;
        r->draw.first = first;
        vq_status status = job->load(job->user, first, r->n, run_y(r, job->input), err);
        if (status != VQ_OK)
            return status;
        if (s->prepare)
            s->prepare(s->prepare_user, worker, r);
        graph_forward(r);
        graph_backward(r);
    }
    memcpy(s->loss[slot], r->loss, sizeof r->loss);
    return VQ_OK;
}

/* What the floats [first, end) hold of a trained parameter: [*low, *high), if any. */
static bool trained_part(const param *p, size_t first, size_t end, size_t *low,
                         size_t *high)
{
    *low = p->offset > first ? p->offset : first;
    *high = p->offset + p->count < end ? p->offset + p->count : end;
    return p->role == PARAM_TRAINED && *low < *high;
}

/* Sum of the squared gradients of trained parameters in [first, first + n). */
static double sum_squares(const stepper *s, size_t first, size_t n)
{
    double sum = 0;
    size_t low, high;
    for (const param *p = s->p->table; p < s->p->table + s->p->n; p++)
        if (trained_part(p, first, first + n, &low, &high))
            sum += square_sum(s->slots + low, high - low);
    return sum;
}

/* Look at one block of the sum of all slots. */
static vq_status look_body(void *user, int i, int worker, vq_error *err)
{
    stepper *s = user;
    (void)worker, (void)err;
    size_t first, n = cluster_sum_block(&s->sum, i, &first);
    s->infinite[i] = !all_finite(s->slots + first, n);
    if (s->wants_norm)
        s->squares[i] = sum_squares(s, first, n);
    return VQ_OK;
}

static void sum_losses(stepper *s, double loss[LOSS_PARTS])
{
    for (int part = 0; part < LOSS_PARTS; part++) {
        loss[part] = 0;
        for (int i = 0; i < s->n_slots; i++)
            loss[part] += s->loss[i][part];
    }
    s->square = 0;
    for (int i = 0; i < s->n_slots; i++)
        s->square += s->loss[i][LOSS_SQUARE];
}

vq_status stepper_gradients(stepper *s, const node *input, shard_loader load,
                            void *user, double loss[LOSS_PARTS], vq_error *err)
{
    vq_status status = VQ_OK;
    slot_job job = {.s = s, .input = input, .load = load, .user = user};
    s->finite = false;
    TRY(parallel_for(s->threads, s->g->n_nodes, pack_body, s, err));
    status = parallel_for(s->threads, s->sum.end - s->sum.first, slot_body, &job, err);
    TRY(cluster_agree(status, NULL, 0, err));
    TRY(cluster_gather(s->loss, s->loss_at, err));
    TRY(cluster_sum_run(&s->sum, s->slots, look_body, s, err));
    sum_losses(s, loss);
    s->finite = true;
    double squares = 0;
    for (int i = 0; i < cluster_sum_blocks(&s->sum); i++) {
        s->finite = s->finite && !s->infinite[i];
        squares += s->wants_norm ? s->squares[i] : 0;
    }
    s->norm = sqrt(squares);
    for (int part = 0; part < LOSS_PARTS; part++)
        s->finite = s->finite && isfinite(loss[part]);
out:
    return status;
}

const float *stepper_gradient(const stepper *s)
{
    return s->slots;
}

/* ---- update ---- */

typedef struct update_job {
    stepper *s;
    const adam *a;
    int matrices;
} update_job;

/* Muon on a matrix of its own, or Adam on the rest of what a block holds. */
static vq_status update_body(void *user, int i, int worker, vq_error *err)
{
    const update_job *job = user;
    stepper *s = job->s;
    (void)err;
    if (i < job->matrices) {
        if (s->muon->item[i] >= s->first)
            muon_update(s->muon, i, worker, job->a, s->p->value, s->slots);
        return VQ_OK;
    }
    size_t first, n = cluster_sum_block(&s->sum, i - job->matrices, &first), low, high;
    for (const param *p = s->p->table + s->first; p < s->p->table + s->p->n; p++)
        if (trained_part(p, first, first + n, &low, &high) && !(s->muon && p->hidden))
            adam_update(job->a, low, high - low, p->layout == PARAM_CONV, s->p->value,
                        s->slots);
    return VQ_OK;
}

void stepper_update(stepper *s, adam *a)
{
    update_job job = {.s = s, .a = a, .matrices = s->muon ? s->muon->n : 0};
    a->t++;
    parallel_for(s->threads, job.matrices + cluster_sum_blocks(&s->sum), update_body,
                 &job, NULL);
}

/* ---- average ---- */

typedef struct average_job {
    const stepper *s;
    float *average;
    float rest;
} average_job;

static vq_status average_body(void *user, int i, int worker, vq_error *err)
{
    const average_job *job = user;
    (void)worker, (void)err;
    size_t first, n = cluster_sum_block(&job->s->sum, i, &first);
    const float *restrict value = job->s->p->value + first;
    float *restrict average = job->average + first;
    for (size_t k = 0; k < n; k++)
        average[k] += job->rest * (value[k] - average[k]);
    return VQ_OK;
}

void stepper_average(stepper *s, float *average, double rest)
{
    average_job job = {.s = s, .average = average, .rest = (float)rest};
    parallel_for(s->threads, cluster_sum_blocks(&s->sum), average_body, &job, NULL);
}
