/* SPDX-License-Identifier: MIT */
#include "train/sample.h"

#include <stdlib.h>
#include <string.h>

#include "image/image.h"

vq_status sample_init(sample *s, const network *net, const vq_config *config,
                      const dataset *train, vq_error *err)
{
    vq_status status;
    const size_t size = (size_t)3 * train->side * train->side;
    const size_t codes = (size_t)network_codes(net, train->side);
    dataset *test = calloc(1, sizeof *test);
    *s = (sample){.side = train->side};
    s->rgb = malloc(SAMPLE_IMAGES * size);
    s->made = malloc(SAMPLE_IMAGES * size);
    s->index = malloc(SAMPLE_IMAGES * codes * codes * (size_t)network_depth(config) *
                      sizeof *s->index);
    if (!s->rgb || !s->made || !s->index || !test) {
        status = vq_fail_memory(err, SAMPLE_IMAGES * size);
        goto out;
    }
    const dataset *from = test;
    const source_request r = {.data = config->data,
                              .data_dir = config->data_dir,
                              .split = SPLIT_TEST,
                              .side = s->side,
                              .most = SAMPLE_IMAGES,
                              .check = config->skip_bad,
                              .skip_bad = true,
                              .threads = config->threads};
    if (dataset_open(test, &r, NULL) != VQ_OK)
        from = train;
    s->n = from->n < SAMPLE_IMAGES ? (int)from->n : SAMPLE_IMAGES;
    for (int i = 0; i < s->n; i++)
        TRY(dataset_sample(from, i, NULL, s->rgb + (size_t)i * size, err));
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
    free(s->index);
    free(s->made);
    free(s->rgb);
    *s = (sample){0};
}

vq_status sample_write(sample *s, const char *png_path, vq_error *err)
{
    const int zoom = image_zoom(s->side);
    const int shown = s->side * zoom, codes = network_codes(s->codec.net, s->side);
    const size_t size = (size_t)3 * s->side * s->side;
    const size_t cell = (size_t)3 * shown * shown;
    vq_image cells[2 * SAMPLE_IMAGES], grid = {0};
    vq_status status;
    unsigned char *zoomed = malloc(2 * (size_t)s->n * cell);
    if (!zoomed)
        return vq_fail_memory(err, 2 * (size_t)s->n * cell);

    codec_repack(&s->codec);
    TRY(codec_encode(&s->codec, s->rgb, s->n, s->side, s->side, s->index, err));
    codec_codes_view v = {
        .index = s->index, .n = s->n, .h = codes, .w = codes, .row1 = codes};
    TRY(codec_decode(&s->codec, v, s->made, NULL, err));
    for (int i = 0; i < 2 * s->n; i++) {
        const unsigned char *from = i < s->n ? s->rgb : s->made;
        cells[i] = (vq_image){
            .width = shown, .height = shown, .rgb = zoomed + (size_t)i * cell};
        image_enlarge(from + (size_t)(i % s->n) * size, s->side, s->side, zoom,
                      cells[i].rgb);
    }
    TRY(vq_image_grid(&grid, cells, 2 * s->n, s->n, 3, err));
    TRY(vq_image_write(&grid, png_path, err));
out:
    vq_image_release(&grid);
    free(zoomed);
    return status;
}
