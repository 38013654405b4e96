/*
 * SPDX-License-Identifier: MIT
 *
 * The memory plan. With n nodes a training step is 2n steps of time: node i runs
 * forward at i and backward at 2n-1-i. Every buffer is a span of that time, from the
 * step that writes it to the last that reads it, and spans that meet get different
 * memory. That one rule gives inference its small footprint and keeps the working set
 * of a shard in cache.
 *
 * Spans are joined where an op works in place: y over its input when nobody reads that
 * input later, dx over dy when nobody else adds to it first.
 * tests/autograd/test_graph_plan.c compares with a plan that shares nothing.
 */
#include <assert.h>
#include <limits.h>

#include "autograd/graph.h"

#define STEP_FLOATS (ARENA_ALIGN / sizeof(float))
#define SPANS_MAX (3 * GRAPH_MAX_NODES) /* y, dy and kept of each node */
#define SPAN_FLOATS_MAX ((size_t)1 << 40)

typedef struct span {
    int birth, death; /* first and last step of time, both included */
    size_t size, at;  /* floats */
} span;

typedef struct plan {
    graph *g;
    bool back; /* is there a backward? */
    int end;   /* the last step of time */
    span spans[SPANS_MAX];
    int n_spans;
    span *y[GRAPH_MAX_NODES], *dy[GRAPH_MAX_NODES], *kept[GRAPH_MAX_NODES];
} plan;

static size_t round_floats(size_t n)
{
    return (n + STEP_FLOATS - 1) / STEP_FLOATS * STEP_FLOATS;
}

static bool uses(const node *nd, const node *x)
{
    return nd->in[0] == x || nd->in[1] == x;
}

static const node *last_node(const graph *g)
{
    return &g->nodes[g->n_nodes - 1];
}

static int backward_step(const plan *p, const node *nd)
{
    return 2 * p->g->n_nodes - 1 - nd->id;
}

/* ---- what backward will do ---- */

bool graph_goes_back(const graph *g, const node *nd)
{
    return g->mode != GRAPH_INFER && nd->in[0] && nd->in[0]->needs_dy;
}

/* Every node must lead to a loss or to the last node: its dy is else never written. */
static vq_status check_used(const graph *g, vq_error *err)
{
    bool loss = false, used[GRAPH_MAX_NODES] = {0};
    for (int i = 0; i < g->n_nodes; i++) {
        const node *nd = &g->nodes[i];
        loss = loss || nd->op->is_loss;
        for (int j = 0; j < nd->op->n_in; j++)
            used[nd->in[j]->id] = true;
    }
    for (int i = 0; i < g->n_nodes; i++) {
        const node *nd = &g->nodes[i];
        if (!used[i] && !nd->op->is_loss && (loss || nd != last_node(g)))
            return vq_fail(err, VQ_EINTERNAL, "node %d (%s) is used by no other", i,
                           nd->op->name);
    }
    return VQ_OK;
}

static vq_status check_sizes(const graph *g, int max_n, vq_error *err)
{
    for (const node *nd = g->nodes; nd < g->nodes + g->n_nodes; nd++) {
        size_t rows = (size_t)max_n * (size_t)nd->y.h * (size_t)nd->y.w;
        if (rows > INT_MAX || rows * (size_t)nd->y.c > SPAN_FLOATS_MAX)
            return vq_fail(err, VQ_EINTERNAL,
                           "node %d (%s): %d images of %d x %d x %d are too large",
                           nd->id, nd->op->name, max_n, nd->y.h, nd->y.w, nd->y.c);
    }
    return VQ_OK;
}

static void mark_gradients(graph *g)
{
    for (node *nd = g->nodes; nd < g->nodes + g->n_nodes; nd++) {
        if (nd->op->n_in == 0)
            continue;
        nd->needs_dy = g->mode != GRAPH_PROBE && (nd->weight >= 0 || nd->bias >= 0);
        for (int i = 0; i < nd->op->n_in; i++)
            nd->needs_dy = nd->needs_dy || nd->in[i]->needs_dy;
    }
    bool written[GRAPH_MAX_NODES] = {0}, weight[PARAMS_MAX] = {0};
    for (node *nd = g->nodes + g->n_nodes; nd-- > g->nodes;) {
        nd->first_dw = nd->weight >= 0 && !weight[nd->weight];
        if (nd->weight >= 0)
            weight[nd->weight] = true;
        for (int i = 0; i < nd->op->n_in; i++) {
            nd->first_dx[i] = nd->in[i]->needs_dy && !written[nd->in[i]->id];
            written[nd->in[i]->id] = true;
        }
    }
}

/* ---- lifetimes ---- */

static span *span_add(plan *p, int birth, int death, size_t size)
{
    assert(p->n_spans < SPANS_MAX);
    span *s = &p->spans[p->n_spans++];
    *s = (span){.birth = birth, .death = death, .size = round_floats(size)};
    return s;
}

static void span_extend(span *s, int death)
{
    if (s->death < death)
        s->death = death;
}

/* Does backward read the inputs of nd? */
static bool reads_x(const graph *g, const node *nd)
{
    return nd->op->reads_x && !(nd->op->x_for_dw && g->mode == GRAPH_PROBE);
}

/* The last step that reads x's y. */
static int y_death(const plan *p, const node *x)
{
    const graph *g = p->g;
    if (x == last_node(g))
        return p->end;
    int death = x->id;
    for (int i = x->id + 1; i < g->n_nodes; i++)
        if (uses(&g->nodes[i], x))
            death = i;
    if (!p->back)
        return death;
    /* the earliest node that reads it in backward is the last in time */
    if (x->needs_dy && x->op->reads_y)
        return backward_step(p, x);
    for (int i = x->id + 1; i < g->n_nodes; i++) {
        const node *nd = &g->nodes[i];
        if (uses(nd, x) && nd->needs_dy && reads_x(g, nd))
            return backward_step(p, nd);
    }
    return death;
}

/* The input that nd may write its y over: nobody reads it afterwards. */
static const node *overwritten(const plan *p, const node *nd)
{
    for (int i = 0; nd->op->in_place && i < nd->op->n_in; i++)
        if (y_death(p, nd->in[i]) == nd->id)
            return nd->in[i];
    return NULL;
}

static void plan_y(plan *p)
{
    graph *g = p->g;
    for (node *nd = g->nodes; nd < g->nodes + g->n_nodes; nd++) {
        int birth = nd->op->n_in == 0 ? 0 : nd->id; /* the caller fills inputs first */
        const node *x = overwritten(p, nd);
        if (x) {
            p->y[nd->id] = p->y[x->id];
            span_extend(p->y[nd->id], y_death(p, nd));
        } else if (!nd->op->is_loss) {
            p->y[nd->id] = span_add(p, birth, y_death(p, nd), tensor_count(nd->y));
        }
        size_t kept = nd->op->kept_size ? nd->op->kept_size(nd, g->max_n) : 0;
        if (kept)
            p->kept[nd->id] = span_add(p, nd->id, p->end, kept);
    }
}

/* The last step that reads x's dy: its own backward; an input's is for the caller. */
static int dy_death(const plan *p, const node *x)
{
    return x->op->n_in == 0 ? p->end : backward_step(p, x);
}

/*
 * May `late` read its gradient from the memory that `early`, the other input of the sum
 * nd, takes over? Only if it has done so before anybody adds to early's gradient or
 * works in place on it: those must all come before `late`, that is, later in backward.
 * In a residual block x + f(x), late is the last convolution of f, early is x, and the
 * sum's backward copies nothing.
 */
static bool may_borrow(const node *nd, const node *late, const node *early)
{
    if (late->op->in_place || late->op->n_in == 0)
        return false; /* works in place itself; is read by the caller, at the end */
    for (const node *other = early + 1; other < nd; other++)
        if (uses(other, late) || (uses(other, early) && other >= late))
            return false;
    return true;
}

/* Which inputs' gradients are to lie in the memory of nd's own. */
static void share_dy(const node *nd, bool share[2])
{
    share[0] = share[1] = false;
    if (!nd->op->in_place)
        return;
    if (nd->first_dx[0] && nd->first_dx[1]) {
        int early = nd->in[0]->id < nd->in[1]->id ? 0 : 1;
        share[early] = true;
        share[!early] = may_borrow(nd, nd->in[!early], nd->in[early]);
    } else {
        share[0] = nd->first_dx[0];
        share[1] = nd->first_dx[1];
    }
}

static void plan_dy(plan *p)
{
    graph *g = p->g;
    const node *last = last_node(g);
    if (last->needs_dy && !last->op->is_loss)
        p->dy[last->id] = span_add(p, backward_step(p, last), dy_death(p, last),
                                   tensor_count(last->y));
    for (node *nd = g->nodes + g->n_nodes; nd-- > g->nodes;) {
        bool share[2];
        share_dy(nd, share);
        for (int i = 0; i < nd->op->n_in; i++) {
            const node *x = nd->in[i];
            if (!nd->first_dx[i])
                continue;
            if (share[i]) {
                p->dy[x->id] = p->dy[nd->id];
                span_extend(p->dy[x->id], dy_death(p, x));
            } else {
                p->dy[x->id] = span_add(p, backward_step(p, nd), dy_death(p, x),
                                        tensor_count(x->y));
            }
        }
    }
}

/* ---- places ---- */

static bool meet(const span *a, const span *b)
{
    return a->birth <= b->death && b->birth <= a->death && a->at < b->at + b->size &&
           b->at < a->at + a->size;
}

/*
 * Largest first, each at the lowest place where it meets no span placed before it.
 * Returns the floats needed.
 */
static size_t place(plan *p)
{
    span *placed[SPANS_MAX];
    size_t total = 0;
    for (int n = 0; n < p->n_spans; n++) {
        int at = n;
        for (; at > 0 && placed[at - 1]->size < p->spans[n].size; at--)
            placed[at] = placed[at - 1];
        placed[at] = &p->spans[n];
    }
    for (int n = 0; n < p->n_spans; n++) {
        span *s = placed[n];
        s->at = 0;
        for (int i = 0; i < n; i++)
            if (meet(s, placed[i])) {
                s->at = placed[i]->at + placed[i]->size;
                i = -1; /* it may now meet one that was passed */
            }
        total = s->at + s->size > total ? s->at + s->size : total;
    }
    return total;
}

static void set_offsets(const plan *p)
{
    graph *g = p->g;
    size_t scratch = 0;
    g->scratch_at = g->run_floats;
    g->packed_floats = 0;
    for (node *nd = g->nodes; nd < g->nodes + g->n_nodes; nd++) {
        nd->y_at = p->y[nd->id] ? p->y[nd->id]->at : 0;
        nd->dy_at = p->dy[nd->id] ? p->dy[nd->id]->at : 0;
        nd->kept_at = p->kept[nd->id] ? p->kept[nd->id]->at : 0;
        for (direction dir = FORWARD; dir < DIRECTIONS && nd->op->packed_size; dir++) {
            nd->packed_at[dir] = g->packed_floats;
            if (dir == FORWARD || graph_goes_back(g, nd))
                g->packed_floats += round_floats(nd->op->packed_size(nd, dir));
        }
        size_t size = nd->op->scratch_size ? nd->op->scratch_size(nd, g->max_n) : 0;
        scratch = size > scratch ? size : scratch;
    }
    g->run_floats += round_floats(scratch);
}

vq_status graph_plan(graph *g, int max_n, graph_mode mode, vq_error *err)
{
    vq_status status = g->status;
    if (status != VQ_OK)
        return vq_fail(err, status, "%s", g->error.message);
    if (g->n_nodes == 0 || max_n < 1)
        return vq_fail(err, VQ_EINTERNAL, "nothing to plan: %d nodes, %d images",
                       g->n_nodes, max_n);
    TRY(check_used(g, err));
    TRY(check_sizes(g, max_n, err));
    g->mode = mode;
    g->max_n = max_n;
    for (node *nd = g->nodes; nd < g->nodes + g->n_nodes; nd++)
        nd->y.n = max_n;
    mark_gradients(g);

    plan p = {.g = g, .back = mode != GRAPH_INFER};
    p.end = (p.back ? 2 * g->n_nodes : g->n_nodes) - 1;
    plan_y(&p);
    if (p.back)
        plan_dy(&p);
    g->run_floats = place(&p);
    set_offsets(&p);
out:
    return status;
}
