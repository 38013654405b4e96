/* SPDX-License-Identifier: MIT */
#include "eval/atlas.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 256 /* codes that are decoded at once */
#define GRAY 110  /* of how often a code was used */
#define FRAME_GRAY 200

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
    int k, depth, side; /* side: codes of the area, odd */
    use *order;         /* [depth,k] by use */
    int *used;          /* [depth] codes that are */
    int columns;        /* of cells */
    vq_image page;
    int32_t *index;      /* [CHUNK, side, side, depth] */
    unsigned char *made; /* [CHUNK, scale side, scale side, 3] */
} atlas;

static void atlas_release(atlas *a)
{
    free(a->order);
    free(a->used);
    vq_image_release(&a->page);
    free(a->index);
    free(a->made);
}

/* Pixels that n codes take below their heading; of none, nothing. */
static int part_height(const atlas *a, int n)
{
    return n == 0
               ? 0
               : ATLAS_HEADING + (n + a->columns - 1) / a->columns * ATLAS_CELL_HEIGHT;
}

/* Pixels of a book: the codes that are used, then the others. */
static int book_height(const atlas *a, int book)
{
    return part_height(a, a->used[book]) + part_height(a, a->k - a->used[book]);
}

/* A white page for all books. */
static vq_status make_page(atlas *a, vq_error *err)
{
    a->page.width = a->columns * ATLAS_CELL_WIDTH;
    int64_t height = 0;
    for (int book = 0; book < a->depth; book++)
        height += book_height(a, book);
    if (height * a->page.width > VQ_MAX_PIXELS)
        return vq_fail(err, VQ_EINPUT, "%d codes are too many for one picture",
                       a->depth * a->k);
    a->page.height = (int)height;
    const size_t bytes = (size_t)3 * a->page.width * (size_t)height;
    a->page.rgb = malloc(bytes);
    if (!a->page.rgb)
        return vq_fail_memory(err, bytes);
    memset(a->page.rgb, 255, bytes);
    return VQ_OK;
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
    a->columns = a->columns < ATLAS_COLUMNS_MIN ? ATLAS_COLUMNS_MIN : a->columns;
    const size_t codes = (size_t)a->depth * a->k, area = (size_t)a->side * a->side;
    const size_t scale = (size_t)c->scale;
    a->order = malloc(codes * sizeof *a->order);
    a->index = malloc(CHUNK * area * (size_t)a->depth * sizeof *a->index);
    a->made = malloc(CHUNK * area * scale * scale * 3);
    a->used = calloc((size_t)a->depth, sizeof *a->used);
    if (!a->order || !a->used || !a->index || !a->made)
        return vq_fail_memory(err, CHUNK * area * scale * scale * 3);
    for (size_t i = 0; i < codes; i++) {
        a->order[i] = (use){count[i], (int)(i % (size_t)a->k)};
        a->used[i / (size_t)a->k] += count[i] > 0;
    }
    for (int book = 0; book < a->depth; book++)
        qsort(a->order + (size_t)book * a->k, (size_t)a->k, sizeof *a->order,
              compare_use);
    return make_page(a, err);
}

/* ---- what is drawn ------------------------------------------------------------------
 */

/* What the two parts of a book are, its top being at row y. */
static void show_headings(atlas *a, int book, int y)
{
    char text[96], which[40] = "";
    const int used = a->used[book];
    if (a->depth > 1)
        snprintf(which, sizeof which, "book %d of %d: ", book + 1, a->depth);
    snprintf(text, sizeof text, "%s%d of %d codes used; number, times used", which,
             used, a->k);
    if (used > 0)
        label_draw(&a->page, 0, y + ATLAS_HEADING - LABEL_HEIGHT - 2, 0, text);
    y += part_height(a, used);
    snprintf(text, sizeof text, "%s%d codes not used", which, a->k - used);
    if (used < a->k)
        label_draw(&a->page, 0, y + ATLAS_HEADING - LABEL_HEIGHT - 2, 0, text);
}

/* In five letters at most. */
static void format_count(char text[32], double count)
{
    if (count < 1e5)
        snprintf(text, 32, "%.0f", count);
    else if (count < 1e6)
        snprintf(text, 32, "%.0fk", count / 1e3);
    else if (count < 1e9)
        snprintf(text, 32, "%.*fM", count < 1e7, count / 1e6);
    else
        snprintf(text, 32, "%.*fG", count < 1e10, count / 1e9);
}

static unsigned char *at(atlas *a, int x, int y)
{
    return a->page.rgb + 3 * ((size_t)y * a->page.width + x);
}

/* The middle code's pixels of the i-th decoded area, enlarged, to the page; without a
 * frame white ones would not be seen. */
static void show_patch(atlas *a, int i, int x, int y)
{
    const int scale = a->c->scale, zoom = ATLAS_PATCH / scale, row = a->side * scale;
    const unsigned char *from =
        a->made + (size_t)3 * ((size_t)i * row + (size_t)(a->side / 2 * scale)) * row;
    from += (size_t)3 * (a->side / 2 * scale);
    for (int py = -ATLAS_FRAME; py < ATLAS_PATCH + ATLAS_FRAME; py++)
        memset(at(a, x - ATLAS_FRAME, y + py), FRAME_GRAY,
               3 * (ATLAS_PATCH + 2 * ATLAS_FRAME));
    for (int py = 0; py < ATLAS_PATCH; py++)
        for (int px = 0; px < ATLAS_PATCH; px++)
            memcpy(at(a, x + px, y + py),
                   from + 3 * ((size_t)(py / zoom) * row + px / zoom), 3);
}

/* The code at a place of a book's order, the i-th of those that were decoded. */
static void show_code(atlas *a, int book, int place, int i, int y)
{
    const use *u = &a->order[(size_t)book * a->k + place];
    const int used = a->used[book], nth = place < used ? place : place - used;
    const int x = nth % a->columns * ATLAS_CELL_WIDTH;
    char text[32];
    y += place < used ? 0 : part_height(a, used);
    y += ATLAS_HEADING + nth / a->columns * ATLAS_CELL_HEIGHT;
    show_patch(a, i, x + ATLAS_FRAME, y + ATLAS_FRAME);
    y += ATLAS_PATCH + 2 * ATLAS_FRAME + 1;
    snprintf(text, sizeof text, "%d", u->code);
    label_draw(&a->page, x, y, 0, text);
    format_count(text, u->count);
    if (u->count > 0)
        label_draw(&a->page, x, y + LABEL_HEIGHT, GRAY, text);
}

/* Decode and show the codes [first, first + n) of a book's order. */
static vq_status show_codes(atlas *a, int book, int first, int n, int y, vq_error *err)
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
    for (int i = 0; i < n && status == VQ_OK; i++)
        show_code(a, book, first + i, i, y);
    return status;
}

vq_status atlas_write(codec *c, const double *count, const char *png_path,
                      vq_error *err)
{
    vq_status status;
    atlas a;
    int y = 0;
    TRY(atlas_init(&a, c, count, err));
    for (int book = 0; book < a.depth; y += book_height(&a, book), book++) {
        show_headings(&a, book, y);
        for (int first = 0; first < a.k; first += CHUNK)
            TRY(show_codes(&a, book, first, a.k - first < CHUNK ? a.k - first : CHUNK,
                           y, err));
    }
    TRY(vq_image_write(&a.page, png_path, err));
out:
    atlas_release(&a);
    return status;
}
