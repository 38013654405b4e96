/*
 * SPDX-License-Identifier: MIT
 *
 * What vqvae.h and image/image.h promises of images beyond their files. Tested in
 * tests/image/test_image.c.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "image/image.h"

void vq_image_release(vq_image *image)
{
    free(image->rgb);
    *image = (vq_image){0};
}

void image_make_gray(unsigned char *rgb, size_t n)
{
    for (size_t i = 0; i < n; i++, rgb += 3)
        rgb[0] = rgb[1] = rgb[2] = (unsigned char)((rgb[0] + rgb[1] + rgb[2] + 1) / 3);
}

/* Copy an image into the grid with its top left corner at x, y. */
static void place(vq_image *grid, const vq_image *image, int x, int y)
{
    size_t row = (size_t)image->width * 3, stride = (size_t)grid->width * 3;
    unsigned char *to = grid->rgb + (size_t)y * stride + (size_t)x * 3;
    for (int i = 0; i < image->height; i++)
        memcpy(to + (size_t)i * stride, image->rgb + (size_t)i * row, row);
}

/* n sides of `side` with gaps between them; 0 when empty or over VQ_MAX_PIXELS. */
static int64_t span(int64_t n, int64_t side, int64_t gap)
{
    int64_t length = n * (side + gap) - gap; /* of ints: cannot overflow */
    return side > 0 && length <= VQ_MAX_PIXELS ? length : 0;
}

vq_status vq_image_grid(vq_image *grid, const vq_image *images, int n, int columns,
                        int gap, vq_error *err)
{
    *grid = (vq_image){0};
    if (n < 1 || columns < 1 || gap < 0)
        return vq_fail(err, VQ_EINPUT, "cannot lay out %d images in %d columns, gap %d",
                       n, columns, gap);
    for (int i = 0; i < n; i++)
        if (images[i].width != images[0].width || images[i].height != images[0].height)
            return vq_fail(err, VQ_EINPUT,
                           "a grid needs images of one size: image %d has %d x %d "
                           "pixels, image 0 has %d x %d",
                           i, images[i].width, images[i].height, images[0].width,
                           images[0].height);
    columns = columns < n ? columns : n;
    int rows = (n - 1) / columns + 1;
    int64_t width = span(columns, images[0].width, gap);
    int64_t height = span(rows, images[0].height, gap);
    if (width < 1 || height < 1 || width * height > VQ_MAX_PIXELS)
        return vq_fail(err, VQ_EINPUT,
                       "a grid of %d x %d images of %d x %d pixels is empty or larger "
                       "than %" PRId64 " pixels",
                       columns, rows, images[0].width, images[0].height, VQ_MAX_PIXELS);
    size_t size = (size_t)(width * height) * 3;
    grid->rgb = malloc(size);
    if (!grid->rgb)
        return vq_fail_memory(err, size);
    memset(grid->rgb, 255, size);
    grid->gray = true;
    for (int i = 0; i < n; i++)
        grid->gray = grid->gray && images[i].gray;
    grid->width = (int)width;
    grid->height = (int)height;
    for (int i = 0; i < n; i++)
        place(grid, &images[i], i % columns * (images[0].width + gap),
              i / columns * (images[0].height + gap));
    return VQ_OK;
}

int image_zoom(int side)
{
    return side < 96 ? 96 / side : 1;
}

void image_enlarge(const unsigned char *from, int side, int stride, int zoom,
                   unsigned char *to)
{
    for (int y = 0; y < side * zoom; y++)
        for (int x = 0; x < side * zoom; x++, to += 3)
            memcpy(to, from + 3 * ((size_t)(y / zoom) * stride + x / zoom), 3);
}
