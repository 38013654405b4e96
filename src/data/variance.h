/*
 * SPDX-License-Identifier: MIT
 *
 * The variance of a data set's pixels, which training divides its loss by. Tested in
 * tests/data/test_variance.c.
 */
#ifndef VQ_DATA_VARIANCE_H
#define VQ_DATA_VARIANCE_H

#include "data/dataset.h"

/*
 * Population variance of bytes / 255, from exact integer sums: the same at any number
 * of threads; 0 if all bytes are equal. Of up to SOURCE_EXACT_PIXELS all pictures are
 * read; of more, so many evenly spaced ones that they have about as many pixels. watch
 * may be NULL. VQ_ESTOPPED, VQ_ENOMEM, or as dataset_read.
 */
vq_status variance_measure(const dataset *ds, int threads, data_watch watch, void *user,
                           double *variance, vq_error *err);

#endif
