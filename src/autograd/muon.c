/* SPDX-License-Identifier: MIT */
#include "autograd/muon.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "autograd/square_distance.h"
#include "tensor/simd.h"

#define MOMENTUM 0.95f
#define STEPS 5
#define NORM_EPS 1e-7 /* a layer that has died moves no more; nothing overflows */

/* a, b, c of a step, for singular values up to 1.05: theirs over 1.05, 1.05^3, 1.05^5.
 */
static const double step[STEPS][3] = {
    {8.28721201814563, -23.595886519098837, 17.300387312530933},
    {4.107059111542203, -2.9478499167379106, 0.5448431082926601},
    {3.9486908534822946, -2.908902115962949, 0.5518191394370137},
    {3.3184196573706015, -2.488488024314874, 0.51004894012372},
    {2.300652019954817, -1.6689039845747493, 0.4188073119525673},
};
static const double cushion = 1.05, over = 1.01; /* over: of the norm */

/* A weight as a matrix that is at least as high as it is wide. */
typedef struct matrix {
    int high, wide;
    bool turned; /* it lies there as [wide, high] */
} matrix;

static matrix matrix_of(const param *p)
{
    int columns = p->dims[0], rows = (int)(p->count / (size_t)columns);
    return rows < columns ? (matrix){columns, rows, true}
                          : (matrix){rows, columns, false};
}

/* Two of the matrix and four of its Gram matrix. */
static size_t room_of(const param *p)
{
    const matrix m = matrix_of(p);
    size_t wide = (size_t)m.wide;
    return 2 * p->count + 4 * wide * wide;
}

vq_status muon_init(muon *mu, const params *p, int workers, vq_error *err)
{
    *mu = (muon){.p = p};
    for (int i = 0; i < p->n; i++) {
        if (!p->table[i].hidden)
            continue;
        size_t room = room_of(&p->table[i]);
        mu->each = room > mu->each ? room : mu->each;
        int at = mu->n++;
        for (; at > 0 && p->table[mu->item[at - 1]].count < p->table[i].count; at--)
            mu->item[at] = mu->item[at - 1];
        mu->item[at] = i;
    }
    mu->each = arena_round(mu->each * sizeof(float)) / sizeof(float);
    size_t bytes = (size_t)workers * mu->each * sizeof(float);
    if (bytes == 0)
        return VQ_OK;
    vq_status status = arena_init(&mu->memory, bytes, err);
    if (status == VQ_OK)
        mu->room = arena_take(&mu->memory, bytes);
    return status;
}

void muon_release(muon *mu)
{
    arena_release(&mu->memory);
    *mu = (muon){0};
}

/* c = a.b, known to be symmetric: blocks right of the diagonal, then their mirror. */
static void symmetric(plain_product g)
{
    enum { BLOCK = 64 };
    const int n = g.m;
    float *c = g.c;
    for (int i = 0; i < n; i += BLOCK) {
        plain_product part = g;
        part.m = n - i < BLOCK ? n - i : BLOCK;
        part.n = n - i;
        part.a = g.a + i * g.a_row;
        part.b = g.b + i;
        part.c = c + (ptrdiff_t)i * n + i;
        simd_best()->plain_run(&part);
    }
    for (int i = 1; i < n; i++)
        for (int j = 0; j < i; j++)
            c[(size_t)i * (size_t)n + j] = c[(size_t)j * (size_t)n + i];
}

/* c = a.b of n x n matrices that are symmetric and commute. */
static void multiply(const float *a, const float *b, int n, float *c)
{
    symmetric((plain_product){.m = n,
                              .n = n,
                              .k = n,
                              .a = a,
                              .a_row = n,
                              .a_col = 1,
                              .b = b,
                              .b_row = n,
                              .c = c,
                              .c_row = n});
}

/* q, so that x.q is nearly orthogonal, from x'x in r. z and t are scratch. */
static void gram_steps(int n, float *r, float *q, float *z, float *t)
{
    const size_t all = (size_t)n * (size_t)n;
    for (int i = 0; i < STEPS; i++) {
        const float a = (float)(step[i][0] / cushion);
        const float b = (float)(step[i][1] / pow(cushion, 3));
        const float c = (float)(step[i][2] / pow(cushion, 5));
        multiply(r, r, n, t);
        for (size_t j = 0; j < all; j++)
            z[j] = b * r[j] + c * t[j];
        for (size_t j = 0; j < all; j += (size_t)n + 1)
            z[j] += a;
        if (i == 0) {
            memcpy(q, z, all * sizeof *q);
        } else {
            multiply(q, z, n, t);
            memcpy(q, t, all * sizeof *q);
        }
        if (i + 1 < STEPS) {
            multiply(r, z, n, t);
            multiply(t, z, n, r);
        }
    }
}

/* Move m along the gradient g, and set u. */
static void momentum(size_t n, float scale, const float *restrict g, float *restrict m,
                     float *restrict u)
{
    for (size_t i = 0; i < n; i++) {
        float now = scale * g[i];
        m[i] += (1 - MOMENTUM) * (now - m[i]);
        u[i] = now + MOMENTUM * (m[i] - now);
    }
}

static void transpose(const float *from, int rows, int columns, float *to)
{
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < columns; j++)
            to[(size_t)j * (size_t)rows + i] = from[(size_t)i * (size_t)columns + j];
}

/* The orthogonal factor of u [high,wide] into o; u is scaled. */
static void orthogonal(int high, int wide, float *u, float *o, float *gram)
{
    const size_t n = (size_t)high * (size_t)wide, all = (size_t)wide * (size_t)wide;
    const float shrink = (float)(1 / (sqrt(square_sum(u, n)) * over + NORM_EPS));
    for (size_t i = 0; i < n; i++)
        u[i] *= shrink;
    float *r = gram, *q = r + all;
    plain_product g = {.m = wide,
                       .n = wide,
                       .k = high,
                       .a = u,
                       .a_row = 1,
                       .a_col = wide,
                       .b = u,
                       .b_row = wide,
                       .c = r,
                       .c_row = wide};
    symmetric(g);
    gram_steps(wide, r, q, q + all, q + 2 * all);
    g.m = high;
    g.k = wide;
    g.a_row = wide;
    g.a_col = 1;
    g.b = q;
    g.c = o;
    simd_best()->plain_run(&g);
}

void muon_update(const muon *mu, int i, int worker, const adam *a, float *value,
                 const float *grad)
{
    const param *p = &mu->p->table[mu->item[i]];
    const matrix m = matrix_of(p);
    const size_t n = p->count;
    float *u = mu->room + (size_t)worker * mu->each, *o = u + n, *gram = o + n;
    momentum(n, (float)a->scale, grad + p->offset, a->m + p->offset, u);
    if (m.turned) {
        transpose(u, m.wide, m.high, o);
        orthogonal(m.high, m.wide, o, u, gram);
        transpose(u, m.high, m.wide, o);
    } else {
        orthogonal(m.high, m.wide, u, o, gram);
    }
    const float keep = (float)(1 - a->lr * a->weight_decay);
    const float rate = (float)(a->lr * 0.2 * sqrt(m.high));
    float *to = value + p->offset;
    for (size_t k = 0; k < n; k++)
        to[k] = keep * to[k] - rate * o[k];
}
