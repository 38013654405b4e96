/* SPDX-License-Identifier: MIT */
#include "train/sample.h"

#include <stdlib.h>
#include <string.h>

#include "image/image.h"

enum { COLUMNS = 8, GAP = 3 };

vq_status sample_write(held_out *h, const char *png_path, vq_error *err)
{
    const int zoom = image_zoom(h->side), shown = h->side * zoom;
    const int columns = h->n_shown < COLUMNS ? h->n_shown : COLUMNS;
    const int n = 2 * columns * ((h->n_shown + columns - 1) / columns);
    const size_t size = (size_t)3 * h->side * h->side;
    const size_t cell = (size_t)3 * shown * shown;
    vq_image cells[2 * HELD_OUT_SHOWN], grid = {0};
    vq_status status;
    unsigned char *zoomed = malloc((size_t)n * cell);
    if (!zoomed)
        return vq_fail_memory(err, (size_t)n * cell);

    TRY(held_out_reconstruct(h, err));
    memset(zoomed, 255, (size_t)n * cell); /* the last row may have fewer */
    for (int i = 0; i < n; i++)
        cells[i] = (vq_image){
            .width = shown, .height = shown, .rgb = zoomed + (size_t)i * cell};
    for (int i = 0; i < h->n_shown; i++) {
        const size_t from = (size_t)h->shown[i] * size;
        const int at = i / columns * 2 * columns + i % columns;
        image_enlarge(h->rgb + from, h->side, h->side, zoom, cells[at].rgb);
        image_enlarge(h->made + from, h->side, h->side, zoom, cells[at + columns].rgb);
    }
    TRY(vq_image_grid(&grid, cells, n, columns, GAP, err));
    TRY(vq_image_write(&grid, png_path, err));
out:
    vq_image_release(&grid);
    free(zoomed);
    return status;
}
