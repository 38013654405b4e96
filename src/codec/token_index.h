/*
 * SPDX-License-Identifier: MIT
 *
 * The index of a data set's codes: which picture a row or a file stands for. vqvae.h
 * says how it is written. Tested in tests/codec/test_token_index.c.
 */
#ifndef VQ_CODEC_TOKEN_INDEX_H
#define VQ_CODEC_TOKEN_INDEX_H

#include "data/dataset.h"

/* ending: of the files of a folder, ".vqt", for the column that names them; NULL: rows
 * of an array, without that column. */
vq_status token_index_write(const dataset *ds, const char *ending, const char *path,
                            vq_error *err);

/* Where the index of an array is: .tsv in place of .npy. VQ_EUSAGE: too long. */
vq_status token_index_beside(const char *array, char path[VQ_PATH_MAX], vq_error *err);

/* A checksum of all lines. */
uint32_t token_index_sum(const dataset *ds);

/*
 * One size of all pictures. VQ_EINPUT: they differ; those that have not the most
 * frequent one are named, as far as a message goes. VQ_ENOMEM.
 */
vq_status token_index_one_size(const dataset *ds, int *height, int *width,
                               vq_error *err);

#endif
