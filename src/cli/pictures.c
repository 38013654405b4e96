/* SPDX-License-Identifier: MIT */
#include "cli/pictures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/status.h"

enum { GRID_GAP = 2, CHUNK_PIXELS = 1 << 20 };

/* Images to decode at once: of 32x32, enough to keep all workers busy. */
static int chunk_of(const vq_model *model, const vq_codes *codes)
{
    int64_t scale = vq_model_downsampling(model);
    int64_t pixels = (int64_t)codes->h * codes->w * scale * scale;
    int64_t n = CHUNK_PIXELS / (pixels > 0 ? pixels : 1);
    n = n < codes->n ? n : codes->n;
    return n > 1 ? (int)n : 1;
}

static void release_images(vq_image *images, int n)
{
    for (int i = 0; images && i < n; i++)
        vq_image_release(&images[i]);
}

/* Every image of codes into a file of its own. */
vq_status pictures_write_each(vq_model *model, const vq_codes *codes,
                              const char *folder, vq_error *err)
{
    vq_status status;
    char path[VQ_PATH_MAX];
    const int chunk = chunk_of(model, codes);
    vq_image *images = calloc((size_t)chunk, sizeof *images);
    if (!images)
        return vq_fail_memory(err, (size_t)chunk * sizeof *images);
    TRY(file_make_dirs(folder, err));
    for (int i = 0; i < codes->n; i++) {
        int n = codes->n - i < chunk ? codes->n - i : chunk;
        if (snprintf(path, sizeof path, "%s/%05d.png", folder, i) >= (int)sizeof path) {
            status =
                vq_fail(err, VQ_EUSAGE, "the name of folder '%s' is too long", folder);
            goto out;
        }
        if (i % chunk == 0)
            TRY(vq_decode_many(model, codes, i, n, images, err));
        TRY(vq_image_write(&images[i % chunk], path, err));
        vq_image_release(&images[i % chunk]);
    }
out:
    release_images(images, chunk);
    free(images);
    return status;
}

/* All of them as one picture, near square; a single one, however large, is not copied.
 */
vq_status pictures_write_grid(vq_model *model, const vq_codes *codes, int columns,
                              const char *path, vq_error *err)
{
    vq_status status;
    vq_image grid = {0};
    vq_image *images = calloc((size_t)codes->n, sizeof *images);
    columns = columns ? columns : (int)ceil(sqrt(codes->n));
    if (!images)
        return vq_fail_memory(err, (size_t)codes->n * sizeof *images);
    const int chunk = chunk_of(model, codes);
    for (int i = 0; i < codes->n; i += chunk)
        TRY(vq_decode_many(model, codes, i, codes->n - i < chunk ? codes->n - i : chunk,
                           images + i, err));
    if (codes->n == 1) {
        TRY(vq_image_write(&images[0], path, err));
    } else {
        TRY(vq_image_grid(&grid, images, codes->n, columns, GRID_GAP, err));
        TRY(vq_image_write(&grid, path, err));
    }
out:
    vq_image_release(&grid);
    release_images(images, codes->n);
    free(images);
    return status;
}
