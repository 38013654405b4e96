/* SPDX-License-Identifier: MIT */
#include "train/variety.h"

#include <math.h>
#include <stdlib.h>

enum { CELLS = 4, THUMB = 3 * CELLS * CELLS };

typedef struct candidate {
    double thumb[THUMB];
    double contrast; /* variance about its own mean colour */
    double nearest;  /* squared distance to the nearest chosen one */
    bool chosen;
} candidate;

static void look(const unsigned char *rgb, int side, candidate *c)
{
    const double pixels = (double)side * side;
    double sum[3] = {0}, squares = 0;
    *c = (candidate){.nearest = (double)INFINITY};
    for (int y = 0; y < side; y++)
        for (int x = 0; x < side; x++)
            for (int k = 0; k < 3; k++, rgb++) {
                const double v = *rgb / 255.0;
                const int cell = y * CELLS / side * CELLS + x * CELLS / side;
                sum[k] += v;
                squares += v * v;
                c->thumb[3 * cell + k] += v * CELLS * CELLS / pixels;
            }
    c->contrast = squares / pixels;
    for (int k = 0; k < 3; k++)
        c->contrast -= sum[k] / pixels * (sum[k] / pixels);
}

static double distance(const candidate *a, const candidate *b)
{
    double sum = 0;
    for (int i = 0; i < THUMB; i++)
        sum += (a->thumb[i] - b->thumb[i]) * (a->thumb[i] - b->thumb[i]);
    return sum;
}

/* Is a to be chosen before b? */
static bool goes_first(const candidate *a, const candidate *b, double plain)
{
    const bool a_plain = a->contrast < plain, b_plain = b->contrast < plain;
    if (a_plain != b_plain)
        return b_plain;
    return a->nearest != b->nearest ? a->nearest > b->nearest
                                    : a->contrast > b->contrast;
}

vq_status variety_choose(const unsigned char *rgb, int n, int side, int most,
                         int *chosen, int *n_chosen, vq_error *err)
{
    candidate *all = malloc((size_t)n * sizeof *all);
    double plain = 0;
    if (!all)
        return vq_fail_memory(err, (size_t)n * sizeof *all);
    for (int i = 0; i < n; i++) {
        look(rgb + (size_t)i * 3 * side * side, side, &all[i]);
        plain += all[i].contrast / n / 10;
    }
    for (*n_chosen = 0; *n_chosen < most && *n_chosen < n; ++*n_chosen) {
        candidate *best = NULL;
        for (int i = 0; i < n; i++)
            if (!all[i].chosen && (!best || goes_first(&all[i], best, plain)))
                best = &all[i];
        best->chosen = true;
        chosen[*n_chosen] = (int)(best - all);
        for (int i = 0; i < n; i++)
            all[i].nearest = fmin(all[i].nearest, distance(&all[i], best));
    }
    free(all);
    return VQ_OK;
}
