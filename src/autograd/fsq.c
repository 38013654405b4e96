/* SPDX-License-Identifier: MIT */
#include "autograd/fsq.h"

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
