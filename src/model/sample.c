/* SPDX-License-Identifier: MIT */
#include "model/sample.h"

#include <stdlib.h>
#include <string.h>

#define ZOOM 3
#define SIDE DATASET_SIDE

vq_status sample_init(sample *s, const network *net, const vq_config *config,
                      const dataset *train, vq_error *err)
{
    vq_status status;
    unsigned char planar[DATASET_PIXELS];
    dataset *test = calloc(1, sizeof *test);
    *s = (sample){0};
    s->rgb = malloc(SAMPLE_IMAGES * DATASET_PIXELS);
    if (!s->rgb || !test) {
        status = vq_fail_memory(err, SAMPLE_IMAGES * DATASET_PIXELS);
        goto out;
    }
    const dataset *from = test;
    if (dataset_open(test, config->data, config->data_dir, "test", NULL) != VQ_OK)
        from = train;
    s->n = from->n < SAMPLE_IMAGES ? (int)from->n : SAMPLE_IMAGES;
    for (int i = 0; i < s->n; i++) {
        TRY(dataset_read(from, i, planar, err));
        dataset_interleave(planar, s->rgb + (size_t)i * DATASET_PIXELS);
    }
    TRY(codec_init(&s->codec, net, config->threads, 0, err));
out:
    if (test)
        dataset_close(test);
    free(test);
    if (status != VQ_OK)
        sample_release(s);
    return status;
}

void sample_release(sample *s)
{
    codec_release(&s->codec);
    free(s->rgb);
    *s = (sample){0};
}

/* Each pixel as a ZOOM x ZOOM square. */
static void zoom(const unsigned char *from, unsigned char *to)
{
    for (int y = 0; y < SIDE * ZOOM; y++)
        for (int x = 0; x < SIDE * ZOOM; x++, to += 3)
            memcpy(to, from + 3 * ((size_t)(y / ZOOM) * SIDE + x / ZOOM), 3);
}

vq_status sample_write(sample *s, const char *png_path, vq_error *err)
{
    const size_t cell = (size_t)DATASET_PIXELS * ZOOM * ZOOM;
    const int side = network_codes(s->codec.net, SIDE);
    int32_t index[SAMPLE_IMAGES * (SIDE / 2) * (SIDE / 2)];
    unsigned char made[SAMPLE_IMAGES * DATASET_PIXELS];
    vq_image cells[2 * SAMPLE_IMAGES], grid = {0};
    vq_status status;
    unsigned char *zoomed = malloc(2 * (size_t)s->n * cell);
    if (!zoomed)
        return vq_fail_memory(err, 2 * (size_t)s->n * cell);

    codec_repack(&s->codec);
    TRY(codec_encode(&s->codec, s->rgb, s->n, SIDE, SIDE, index, err));
    codec_codes_view v = {
        .index = index, .n = s->n, .h = side, .w = side, .row1 = side};
    TRY(codec_decode(&s->codec, v, made, NULL, err));
    for (int i = 0; i < 2 * s->n; i++) {
        const unsigned char *from = i < s->n ? s->rgb : made;
        cells[i] = (vq_image){SIDE * ZOOM, SIDE * ZOOM, zoomed + (size_t)i * cell};
        zoom(from + (size_t)(i % s->n) * DATASET_PIXELS, cells[i].rgb);
    }
    TRY(vq_image_grid(&grid, cells, 2 * s->n, s->n, ZOOM, err));
    TRY(vq_image_write(&grid, png_path, err));
out:
    vq_image_release(&grid);
    free(zoomed);
    return status;
}
