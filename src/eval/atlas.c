/* SPDX-License-Identifier: MIT */
#include "eval/atlas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PATCH 24  /* pixels of a code's picture */
#define CHUNK 256 /* codes that are decoded at once */
#define GAP 2

/* A code of a book, to be sorted by use. */
typedef struct use {
    double count;
    int code;
} use;

static int compare_use(const void *a, const void *b)
{
    const use *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return x->code - y->code;
}

typedef struct atlas {
    codec *c;
    int k, depth, side;  /* side: codes of the area, odd */
    use *order;          /* [depth,k] by use */
    int columns, rows;   /* of cells */
    unsigned char *cell; /* [rows * columns, PATCH, PATCH, 3], white where empty */
    vq_image *cells;
    int32_t *index;      /* [CHUNK, side, side, depth] */
    unsigned char *made; /* [CHUNK, scale side, scale side, 3] */
} atlas;

static void atlas_release(atlas *a)
{
    free(a->order);
    free(a->cell);
    free(a->cells);
    free(a->index);
    free(a->made);
}

static int rows_for(const atlas *a, int n)
{
    return (n + a->columns - 1) / a->columns;
}

static int codes_used(const atlas *a, int book)
{
    int n = 0;
    while (n < a->k && a->order[(size_t)book * a->k + n].count > 0)
        n++;
    return n;
}

/* Rows of a book: the used codes, a blank one, the others. */
static int book_rows(const atlas *a, int book)
{
    int used = codes_used(a, book), rows = rows_for(a, used);
    return used == a->k ? rows : rows + (used > 0) + rows_for(a, a->k - used);
}

static vq_status atlas_init(atlas *a, codec *c, const double *count, vq_error *err)
{
    const vq_config *config = &c->net->config;
    const books b = network_books(config);
    *a = (atlas){.c = c, .k = b.k, .depth = books_depth(&b)};
    /* the decoder's 3x3 layer, its residual blocks and its strided layers together see
     * one code further each, on every side */
    a->side = 2 * (config->res_layers + 2) + 1;
    a->columns = (int)ceil(sqrt(a->k));
    const size_t codes = (size_t)a->depth * a->k, area = (size_t)a->side * a->side;
    const size_t scale = (size_t)c->scale;
    a->order = malloc(codes * sizeof *a->order);
    a->index = malloc(CHUNK * area * (size_t)a->depth * sizeof *a->index);
    a->made = malloc(CHUNK * area * scale * scale * 3);
    if (!a->order || !a->index || !a->made)
        return vq_fail_memory(err, CHUNK * area * scale * scale * 3);
    for (size_t i = 0; i < codes; i++)
        a->order[i] = (use){count[i], (int)(i % (size_t)a->k)};
    for (int book = 0; book < a->depth; book++) {
        qsort(a->order + (size_t)book * a->k, (size_t)a->k, sizeof *a->order,
              compare_use);
        a->rows += book_rows(a, book) + (book > 0 ? 2 : 0);
    }
    size_t n = (size_t)a->rows * a->columns, bytes = n * PATCH * PATCH * 3;
    a->cell = malloc(bytes);
    a->cells = malloc(n * sizeof *a->cells);
    if (!a->cell || !a->cells)
        return vq_fail_memory(err, bytes);
    memset(a->cell, 255, bytes);
    for (size_t i = 0; i < n; i++)
        a->cells[i] = (vq_image){.width = PATCH,
                                 .height = PATCH,
                                 .rgb = a->cell + i * (size_t)PATCH * PATCH * 3};
    return VQ_OK;
}

/* The middle code's pixels of the i-th decoded area, enlarged, to a cell. */
static void show_patch(const atlas *a, int i, unsigned char *to)
{
    const int scale = a->c->scale, zoom = PATCH / scale, row = a->side * scale;
    const unsigned char *from =
        a->made + (size_t)3 * ((size_t)i * row + (size_t)(a->side / 2 * scale)) * row;
    from += (size_t)3 * (a->side / 2 * scale);
    for (int y = 0; y < PATCH; y++)
        for (int x = 0; x < PATCH; x++, to += 3)
            memcpy(to, from + 3 * ((size_t)(y / zoom) * row + x / zoom), 3);
}

/* Decode and show the codes [first, first + n) of a book's order. */
static vq_status show_codes(atlas *a, int book, int first, int n, int row,
                            vq_error *err)
{
    const size_t area = (size_t)a->side * a->side;
    int32_t *to = a->index;
    for (int i = 0; i < n; i++)
        for (size_t k = 0; k < area; k++)
            for (int other = 0; other < a->depth; other++)
                *to++ = a->order[(size_t)other * a->k + (other == book ? first + i : 0)]
                            .code;
    codec_codes_view v = {
        .index = a->index, .n = n, .h = a->side, .w = a->side, .row1 = a->side};
    vq_status status = codec_decode(a->c, v, a->made, NULL, err);
    int used = codes_used(a, book);
    for (int i = 0; i < n && status == VQ_OK; i++) {
        int at = first + i;
        if (at >= used && used > 0) /* past the blank row */
            at += (rows_for(a, used) + 1) * a->columns - used;
        show_patch(a, i, a->cells[(size_t)row * a->columns + at].rgb);
    }
    return status;
}

vq_status atlas_write(codec *c, const double *count, const char *png_path,
                      vq_error *err)
{
    vq_status status;
    atlas a;
    vq_image grid = {0};
    int row = 0;
    TRY(atlas_init(&a, c, count, err));
    for (int book = 0; book < a.depth; row += book_rows(&a, book) + 2, book++)
        for (int first = 0; first < a.k; first += CHUNK)
            TRY(show_codes(&a, book, first, a.k - first < CHUNK ? a.k - first : CHUNK,
                           row, err));
    TRY(vq_image_grid(&grid, a.cells, a.rows * a.columns, a.columns, GAP, err));
    TRY(vq_image_write(&grid, png_path, err));
out:
    vq_image_release(&grid);
    atlas_release(&a);
    return status;
}
