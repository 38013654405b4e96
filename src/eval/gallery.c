/* SPDX-License-Identifier: MIT */
#include "eval/gallery.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/image.h"
#include "image/metrics.h"

#define COLUMNS 8
#define SIDE_MAX 256 /* pixels of a larger picture that are shown */

int gallery_pick(const double *error, int64_t n, bool largest,
                 int64_t image[GALLERY_IMAGES])
{
    int picked = 0;
    for (int64_t i = 0; i < n; i++) {
        int at = picked;
        while (at > 0 && (largest ? error[i] > error[image[at - 1]]
                                  : error[i] < error[image[at - 1]]))
            at--;
        if (at == GALLERY_IMAGES)
            continue;
        picked += picked < GALLERY_IMAGES;
        for (int k = picked - 1; k > at; k--)
            image[k] = image[k - 1];
        image[at] = i;
    }
    return picked;
}

/* One image and its reconstruction, whose rows are full_width pixels. */
typedef struct pair {
    unsigned char *was, *is; /* owned, as is index */
    int32_t *index;
    int height, width, full_width;
} pair;

static void pair_release(pair *p)
{
    free(p->was);
    free(p->is);
    free(p->index);
    p->was = p->is = NULL;
    p->index = NULL;
}

static vq_status pair_make(pair *p, const dataset *ds, codec *c, int64_t i,
                           vq_error *err)
{
    vq_status status;
    dataset_size(ds, i, &p->height, &p->width);
    const books b = network_books(&c->net->config);
    int h = network_codes(c->net, p->height), w = network_codes(c->net, p->width);
    size_t codes = (size_t)h * w, bytes = codes * c->scale * c->scale * 3;
    p->full_width = w * c->scale;
    p->index = malloc(codes * (size_t)books_depth(&b) * sizeof *p->index);
    p->was = malloc((size_t)3 * p->height * p->width);
    p->is = malloc(bytes);
    if (!p->index || !p->was || !p->is) {
        status = vq_fail_memory(err, bytes);
        goto out;
    }
    TRY(dataset_read(ds, i, p->was, err));
    TRY(codec_encode(c, p->was, 1, p->height, p->width, p->index, err));
    codec_codes_view v = {.index = p->index, .n = 1, .h = h, .w = w, .row1 = h};
    TRY(codec_decode(c, v, p->is, NULL, err));
out:
    return status;
}

/* Pixels per side that every one of the images has, at most SIDE_MAX. */
static int side_of(const dataset *ds, const int64_t *image, int n)
{
    int side = SIDE_MAX;
    for (int i = 0; i < n; i++) {
        int height, width;
        dataset_size(ds, image[i], &height, &width);
        side = width < side ? width : side;
        side = height < side ? height : side;
    }
    return side;
}

/* The centre of both pictures of a pair to its cell, [height,side zoom,3]. */
static void show(const pair *p, int side, int zoom, vq_image *cell)
{
    const size_t y = (size_t)(p->height - side) / 2, x = (size_t)(p->width - side) / 2;
    const size_t below = (size_t)3 * (side * zoom + GALLERY_GAP) * cell->width;
    image_enlarge(p->was + 3 * (y * p->width + x), side, p->width, zoom, cell->rgb);
    image_enlarge(p->is + 3 * (y * p->full_width + x), side, p->full_width, zoom,
                  cell->rgb + below);
}

/* Its name, without the folders, or its number in a file of many; its PSNR below. */
static void name(const dataset *ds, int64_t image, double error, vq_image *cell)
{
    char path[VQ_PATH_MAX], text[32];
    int64_t number;
    int end = 0;
    const int y = cell->height - 2 * LABEL_HEIGHT;
    dataset_image_name(ds, image, path);
    const char *slash = strrchr(path, '/'), *bracket = strrchr(path, '[');
    if (bracket && sscanf(bracket, "[%" SCNd64 "]%n", &number, &end) == 1 && end &&
        !bracket[end]) {
        snprintf(path, sizeof path, "picture %" PRId64, number);
        slash = NULL;
    }
    snprintf(text, sizeof text, "%.2f dB", psnr_of(error));
    label_draw_end(cell, 0, y, cell->width, 0, slash ? slash + 1 : path);
    label_draw(cell, 0, y + LABEL_HEIGHT, 0, text);
}

vq_status gallery_write(const dataset *ds, codec *c, const gallery *g,
                        const char *png_path, vq_error *err)
{
    const int side = side_of(ds, g->image, g->n), zoom = image_zoom(side);
    const int width = side * zoom, height = GALLERY_CELL_HEIGHT(width);
    const int columns = g->n < COLUMNS ? g->n : COLUMNS;
    const size_t n = (size_t)columns * ((g->n + columns - 1) / columns);
    const size_t size = (size_t)3 * width * height;
    vq_image cells[GALLERY_IMAGES], grid = {0};
    vq_status status = VQ_OK;
    pair *p = calloc(1, sizeof *p);
    unsigned char *rgb = malloc(n * size);
    if (!p || !rgb) {
        status = vq_fail_memory(err, n * size);
        goto out;
    }
    memset(rgb, 255, n * size); /* the last row may have fewer images */
    for (size_t i = 0; i < n; i++)
        cells[i] = (vq_image){.width = width, .height = height, .rgb = rgb + i * size};
    for (int i = 0; i < g->n; i++) {
        TRY(pair_make(p, ds, c, g->image[i], err));
        show(p, side, zoom, &cells[i]);
        name(ds, g->image[i], g->error[g->image[i]], &cells[i]);
        pair_release(p);
    }
    TRY(vq_image_grid(&grid, cells, (int)n, columns, GALLERY_GAP, err));
    TRY(label_add_heading(&grid, g->heading, err));
    TRY(vq_image_write(&grid, png_path, err));
out:
    vq_image_release(&grid);
    free(rgb);
    if (p)
        pair_release(p);
    free(p);
    return status;
}
