/*
 * SPDX-License-Identifier: MIT
 *
 * Codes to picture files, as several commands write them.
 */
#ifndef VQ_CLI_PICTURES_H
#define VQ_CLI_PICTURES_H

#include "vqvae.h"

/* Every image of codes into a file of its own: folder/00000.png and so on. */
vq_status pictures_write_each(vq_model *model, const vq_codes *codes,
                              const char *folder, vq_error *err);

/* All of them as one picture of so many columns, 0: near square; a single one, however
 * large, is not copied. */
vq_status pictures_write_grid(vq_model *model, const vq_codes *codes, int columns,
                              const char *path, vq_error *err);

#endif
