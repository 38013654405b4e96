/* SPDX-License-Identifier: MIT */
#include "autograd/fsq.h"

#include <math.h>

int fsq_codes(const fsq *f)
{
    int codes = 1;
    for (int j = 0; j < f->n; j++)
        codes *= f->levels[j];
    return codes;
}

void fsq_row(const fsq *f, int32_t code, float *row)
{
    for (int j = 0; j < f->n; j++) {
        int middle = f->levels[j] / 2;
        row[j] = (float)(code % f->levels[j] - middle) / (float)middle;
        code /= f->levels[j];
    }
}

fsq_channel fsq_channel_of(int levels)
{
    double half = (levels - 1) * (1 + 1e-3) / 2, off = levels % 2 ? 0 : 0.5;
    return (fsq_channel){(float)half, (float)off, (float)atanh(off / half), levels / 2};
}

void fsq_bound(const fsq *f, float *rows, size_t n)
{
    for (int j = 0; j < f->n; j++) {
        const fsq_channel c = fsq_channel_of(f->levels[j]);
        for (size_t at = (size_t)j; at < n * (size_t)f->n; at += (size_t)f->n)
            rows[at] = (tanhf(rows[at] + c.shift) * c.half - c.off) / (float)c.middle;
    }
}
