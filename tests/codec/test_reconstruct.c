/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdio.h>

#include "codec/trained.h"
#include "image/image.h"
#include "image/metrics.h"
#include "tiny.h"

static vq_image picture(int width, int height)
{
    return (vq_image){
        .width = width, .height = height, .rgb = tiny_picture(width, height, 5)};
}

static void check_round_trip(int scale)
{
    static const int sizes[][2] = {{32, 32}, {1, 1}, {37, 21}, {4, 130}, {401, 395}};
    trained *l = trained_open("sonnet", scale);
    assert_int_equal(vq_model_downsampling(l->model), scale);
    char in[300], out[300], codes_path[300];
    vq_error err;
    snprintf(in, sizeof in, "%s/in.png", l->folder);
    snprintf(out, sizeof out, "%s/out.png", l->folder);
    snprintf(codes_path, sizeof codes_path, "%s/codes.vqt", l->folder);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        vq_image image = picture(sizes[i][0], sizes[i][1]), decoded, written;
        vq_codes codes, read;
        vq_quality q;
        image.gray = i % 2 == 1;
        if (image.gray)
            image_make_gray(image.rgb, (size_t)image.width * image.height);
        vq_model_set_threads(l->model, 1 + (int)i % 3);
        assert_ok(vq_image_write(&image, in, &err), &err);
        assert_ok(vq_reconstruct_file(l->model, in, out, false, &q, &err), &err);
        assert_ok(vq_encode(l->model, &image, 1, &codes, &err), &err);
        assert_ok(vq_codes_write(&codes, codes_path, VQ_CODES_AUTO, &err), &err);
        assert_ok(vq_codes_read(&read, codes_path, &err), &err);
        assert_ok(vq_decode(l->model, &read, 0, &decoded, &err), &err);
        assert_ok(vq_image_read(&written, out, &err), &err);
        assert_true(written.gray == image.gray && decoded.gray == image.gray);
        assert_int_equal(written.width, image.width);
        assert_int_equal(decoded.height, image.height);
        size_t n = (size_t)image.width * image.height * 3;
        assert_memory_equal(decoded.rgb, written.rgb, n);

        double mse = (double)squared_error(image.rgb, written.rgb, n) / (double)n;
        assert_true(fabs(q.psnr - psnr_of(mse)) < 1e-9);
        int h = (image.height + scale - 1) / scale;
        int w = (image.width + scale - 1) / scale;
        assert_int_equal(codes.h, h);
        assert_int_equal(codes.w, w);
        assert_true(fabs(q.bpp - 4.0 * h * w / (image.width * image.height)) < 1e-12);
        assert_true(q.ssim < 1);
        vq_image_release(&image);
        vq_image_release(&decoded);
        vq_image_release(&written);
        vq_codes_release(&codes);
        vq_codes_release(&read);
    }
    trained_close(l);
}

/*
 * decode(encode(x)) and reconstruct(x) are the same bytes, at every scale, size and
 * number of threads; the file of codes knows the picture's size at every scale.
 */
static void test_reconstruct__is_decode_of_encode(void **state)
{
    (void)state;
    for (int scale = 2; scale <= 8; scale *= 2)
        check_round_trip(scale);
}

static void test_reconstruct__side_by_side(void **state)
{
    (void)state;
    trained *l = trained_open("sonnet", 4);
    char in[300], out[300], both[300];
    vq_error err;
    vq_image image = picture(35, 22), plain, pair;
    snprintf(in, sizeof in, "%s/in.png", l->folder);
    snprintf(out, sizeof out, "%s/out.png", l->folder);
    snprintf(both, sizeof both, "%s/both.png", l->folder);
    assert_ok(vq_image_write(&image, in, &err), &err);
    assert_ok(vq_reconstruct_file(l->model, in, out, false, NULL, &err), &err);
    assert_ok(vq_reconstruct_file(l->model, in, both, true, NULL, &err), &err);
    assert_ok(vq_image_read(&plain, out, &err), &err);
    assert_ok(vq_image_read(&pair, both, &err), &err);
    const int gap = 3 * VQ_SIDE_GAP;
    assert_int_equal(pair.width, 70 + VQ_SIDE_GAP);
    for (int y = 0; y < 22; y++) {
        const unsigned char *row = pair.rgb + y * (210 + gap);
        assert_memory_equal(row, image.rgb + y * 105, 105);
        for (int i = 0; i < gap; i++)
            assert_int_equal(row[105 + i], 255);
        assert_memory_equal(row + 105 + gap, plain.rgb + y * 105, 105);
    }
    vq_image_release(&image);
    vq_image_release(&plain);
    vq_image_release(&pair);
    trained_close(l);
}

const struct CMUnitTest test_reconstruct_suite[] = {
    cmocka_unit_test(test_reconstruct__is_decode_of_encode),
    cmocka_unit_test(test_reconstruct__side_by_side),
    {0},
};
