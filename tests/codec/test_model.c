/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "image/metrics.h"
#include "tiny.h"

/* A folder with a tiny model that has seen a few steps. */
typedef struct lab {
    char folder[256], data[300], model_path[VQ_PATH_MAX + 32];
    vq_model *model;
} lab;

static lab *lab_open_scaled(const char *preset, int downsample)
{
    lab *l = calloc(1, sizeof *l);
    vq_error err;
    support_folder_make(l->folder);
    tiny_data(l->folder, 20, l->data);
    vq_config c = tiny_config(preset);
    c.steps = 3;
    c.downsample = downsample;
    snprintf(c.data, sizeof c.data, "%s", l->data);
    snprintf(c.out, sizeof c.out, "%s/run", l->folder);
    assert_ok(vq_train(&c, NULL, NULL, &err), &err);
    snprintf(l->model_path, sizeof l->model_path, "%s/model.safetensors", c.out);
    assert_ok(vq_model_open(&l->model, l->model_path, &err), &err);
    return l;
}

static lab *lab_open(const char *preset)
{
    return lab_open_scaled(preset, 4);
}

static void lab_close(lab *l)
{
    vq_model_close(l->model);
    support_folder_remove(l->folder);
    free(l);
}

static vq_image picture(int width, int height)
{
    return (vq_image){width, height, tiny_picture(width, height, 5)};
}

static void check_round_trip(int scale)
{
    static const int sizes[][2] = {{32, 32}, {1, 1}, {37, 21}, {4, 130}, {401, 395}};
    lab *l = lab_open_scaled("sonnet", scale);
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
        vq_model_set_threads(l->model, 1 + (int)i % 3);
        assert_ok(vq_image_write(&image, in, &err), &err);
        assert_ok(vq_reconstruct_file(l->model, in, out, false, &q, &err), &err);
        assert_ok(vq_encode(l->model, &image, 1, &codes, &err), &err);
        assert_ok(vq_codes_write(&codes, codes_path, VQ_CODES_AUTO, &err), &err);
        assert_ok(vq_codes_read(&read, codes_path, &err), &err);
        assert_ok(vq_decode(l->model, &read, 0, &decoded, &err), &err);
        assert_ok(vq_image_read(&written, out, &err), &err);
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
    lab_close(l);
}

/*
 * decode(encode(x)) and reconstruct(x) are the same bytes, at every scale, size and
 * number of threads; the file of codes knows the picture's size at every scale.
 */
static void test_model__decode_encode_is_reconstruct(void **state)
{
    (void)state;
    for (int scale = 2; scale <= 8; scale *= 2)
        check_round_trip(scale);
}

static void test_model__side_by_side(void **state)
{
    (void)state;
    lab *l = lab_open("sonnet");
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
    assert_int_equal(pair.width, 70);
    for (int y = 0; y < 22; y++) {
        assert_memory_equal(pair.rgb + y * 210, image.rgb + y * 105, 105);
        assert_memory_equal(pair.rgb + y * 210 + 105, plain.rgb + y * 105, 105);
    }
    vq_image_release(&image);
    vq_image_release(&plain);
    vq_image_release(&pair);
    lab_close(l);
}

static void test_model__encode_file_is_encode(void **state)
{
    (void)state;
    lab *l = lab_open("mishalaskin");
    vq_error err;
    vq_codes all, one;
    assert_ok(vq_encode_file(l->model, l->data, &all, &err), &err);
    assert_int_equal(all.n, 20);
    assert_int_equal(all.k, 16);
    for (int i = 0; i < 20; i++) {
        vq_image image = {32, 32, tiny_picture(32, 32, i)};
        assert_ok(vq_encode(l->model, &image, 1, &one, &err), &err);
        assert_memory_equal(one.index, all.index + (size_t)i * 64,
                            64 * sizeof(int32_t));
        vq_codes_release(&one);
        vq_image_release(&image);
    }
    vq_codes_release(&all);
    lab_close(l);
}

/* At sizes that share a run, do not, and are cut into tiles; cropped or not. */
static void test_model__decode_many_is_decode(void **state)
{
    (void)state;
    static const int sizes[][3] = {{32, 32, 19}, {37, 21, 5}, {401, 20, 3}};
    lab *l = lab_open("sonnet");
    vq_error err;
    for (int s = 0; s < 3; s++) {
        int w = sizes[s][0], h = sizes[s][1], n = sizes[s][2];
        vq_image images[19], many[19], one;
        vq_codes codes;
        for (int i = 0; i < n; i++)
            images[i] = (vq_image){w, h, tiny_picture(w, h, i)};
        vq_model_set_threads(l->model, 1 + s);
        assert_ok(vq_encode(l->model, images, n, &codes, &err), &err);
        assert_ok(vq_decode_many(l->model, &codes, 1, n - 1, many, &err), &err);
        for (int i = 1; i < n; i++) {
            assert_ok(vq_decode(l->model, &codes, i, &one, &err), &err);
            assert_true(many[i - 1].width == w && many[i - 1].height == h);
            assert_memory_equal(many[i - 1].rgb, one.rgb, (size_t)w * h * 3);
            vq_image_release(&one);
            vq_image_release(&many[i - 1]);
        }
        assert_fails(vq_decode_many(l->model, &codes, 1, n, many, &err), VQ_EUSAGE,
                     &err, "no image");
        assert_null(many[0].rgb);
        for (int i = 0; i < n; i++)
            vq_image_release(&images[i]);
        vq_codes_release(&codes);
    }
    lab_close(l);
}

static void test_model__refuses_codes(void **state)
{
    (void)state;
    lab *l = lab_open("sonnet");
    vq_error err;
    vq_image image;
    int32_t index[6] = {0, 1, 2, 15, 4, 5};
    vq_codes codes = {.n = 1, .h = 2, .w = 3, .index = index};
    assert_ok(vq_decode(l->model, &codes, 0, &image, &err), &err);
    assert_int_equal(image.width, 12);
    assert_int_equal(image.height, 8);
    vq_image_release(&image);
    index[3] = 16;
    assert_fails(vq_decode(l->model, &codes, 0, &image, &err), VQ_EINPUT, &err,
                 "code 16 at image 0, row 1, column 0 is outside [0, 16)");
    index[3] = -1;
    assert_fails(vq_decode(l->model, &codes, 0, &image, &err), VQ_EINPUT, &err,
                 "code -1");
    index[3] = 0;
    codes.fingerprint = vq_model_fingerprint(l->model) + 1;
    assert_fails(vq_decode(l->model, &codes, 0, &image, &err), VQ_EINPUT, &err,
                 "another model");
    codes.fingerprint--;
    codes.width = 13;
    assert_fails(vq_decode(l->model, &codes, 0, &image, &err), VQ_EINPUT, &err,
                 "do not make 13 x 8 pixels");
    codes.h = 1 << 16;
    codes.w = 1 << 10;
    codes.width = codes.height = 0;
    int32_t *many = calloc((size_t)codes.h * codes.w, sizeof *many);
    codes.index = many;
    assert_fails(vq_decode(l->model, &codes, 0, &image, &err), VQ_EINPUT, &err,
                 "1024 x 65536 codes make more than 268435456 pixels");
    free(many);
    codes = (vq_codes){.n = 1, .h = 2, .w = 3, .index = index, .width = 9};
    assert_ok(vq_decode(l->model, &codes, 0, &image, &err), &err);
    assert_int_equal(image.width, 9);
    vq_image_release(&image);
    lab_close(l);
}

/* Saving what was opened gives the same file; in half, the same codes nearly
 * always. */
static void test_model__save(void **state)
{
    (void)state;
    static const char *const presets[] = {"sonnet", "zalando", "mishalaskin"};
    for (int p = 0; p < 3; p++) {
        lab *l = lab_open(presets[p]);
        char path[300];
        unsigned char *was, *is;
        size_t was_size, is_size;
        vq_error err;
        vq_model *half;
        snprintf(path, sizeof path, "%s/again.safetensors", l->folder);
        assert_ok(vq_model_save(l->model, path, false, &err), &err);
        assert_ok(file_read(l->model_path, 1 << 24, &was, &was_size, &err), &err);
        assert_ok(file_read(path, 1 << 24, &is, &is_size, &err), &err);
        assert_int_equal(was_size, is_size);
        assert_memory_equal(was, is, was_size);
        free(was);
        free(is);
        if (p == 1) { /* young smoothed counts make codes that are huge */
            assert_fails(vq_model_save(l->model, path, true, &err), VQ_EINPUT, &err,
                         "too large for 16-bit floats");
            lab_close(l);
            continue;
        }
        assert_ok(vq_model_save(l->model, path, true, &err), &err);
        assert_ok(vq_model_open(&half, path, &err), &err);
        assert_int_equal(vq_model_parameters(half), vq_model_parameters(l->model));
        vq_model_close(half);
        lab_close(l);
    }
}

/* Where a model comes from: the argument, the environment, the latest run, the
 * box. */
static void test_model__lookup(void **state)
{
    (void)state;
    lab *l = lab_open("sonnet");
    vq_error err;
    vq_model *m;
    char home[VQ_PATH_MAX];
    assert_non_null(getcwd(home, sizeof home));
    assert_int_equal(chdir(l->folder), 0);
    unsetenv("VQVAE_MODEL");
    assert_ok(vq_model_open(&m, NULL, &err), &err);
    assert_string_equal(vq_model_source(m), "built-in model");
    assert_int_equal(vq_model_config(m)->codes, 512);
    vq_model_close(m);

    assert_ok(file_make_dirs("runs", &err), &err);
    assert_int_equal(symlink("../run", "runs/latest"), 0);
    assert_ok(vq_model_open(&m, NULL, &err), &err);
    assert_string_equal(vq_model_source(m), "runs/latest/model.safetensors");
    vq_model_close(m);

    setenv("VQVAE_MODEL", "no-such-model", 1);
    assert_fails(vq_model_open(&m, NULL, &err), VQ_EIO, &err, "no-such-model");
    setenv("VQVAE_MODEL", l->model_path, 1);
    assert_ok(vq_model_open(&m, NULL, &err), &err);
    assert_string_equal(vq_model_source(m), l->model_path);
    vq_model_close(m);
    unsetenv("VQVAE_MODEL");
    assert_int_equal(chdir(home), 0);
    lab_close(l);
}

static void test_model__describes(void **state)
{
    (void)state;
    lab *l = lab_open("sonnet");
    vq_tensor_info info;
    const char *key, *value;
    int tensors = 0, metadata = 0;
    bool step = false;
    while (vq_model_tensor(l->model, tensors, &info))
        tensors++;
    for (; vq_model_metadata(l->model, metadata, &key, &value); metadata++)
        step = step || (strcmp(key, "step") == 0 && strcmp(value, "3") == 0);
    assert_int_equal(tensors, 25);
    assert_true(step && metadata > 15);
    assert_int_equal(vq_model_downsampling(l->model), 4);
    lab_close(l);
}

/* The scores, computed here the long way from encode, decode and the pixels. */
static void test_model__evaluate(void **state)
{
    (void)state;
    lab *l = lab_open("sonnet");
    vq_error err;
    vq_scores s, one;
    assert_ok(vq_evaluate(l->model, l->data, "", "test", &s, &err), &err);
    vq_model_set_threads(l->model, 3);
    assert_ok(vq_evaluate(l->model, l->data, "", "test", &one, &err), &err);
    one.images_per_s = s.images_per_s;
    assert_memory_equal(&s, &one, sizeof s);

    vq_codes codes;
    assert_ok(vq_encode_file(l->model, l->data, &codes, &err), &err);
    double error = 0, psnr = 0, count[16] = {0}, entropy = 0;
    for (int i = 0; i < 20; i++) {
        vq_image made;
        unsigned char *was = tiny_picture(32, 32, i);
        assert_ok(vq_decode(l->model, &codes, i, &made, &err), &err);
        double e = (double)squared_error(was, made.rgb, 3072);
        error += e;
        psnr += psnr_of(e / 3072) / 20;
        for (int k = 0; k < 64; k++)
            count[codes.index[i * 64 + k]]++;
        vq_image_release(&made);
        free(was);
    }
    int used = 0;
    for (int k = 0; k < 16; k++) {
        double p = count[k] / (20 * 64);
        entropy -= p > 0 ? p * log(p) : 0;
        used += p > 0;
    }
    assert_int_equal(s.images, 20);
    assert_int_equal(s.codes_used, used);
    assert_true(fabs(s.psnr - psnr_of(error / 20 / 3072)) < 1e-9);
    assert_true(fabs(s.psnr_mean - psnr) < 1e-9);
    assert_true(fabs(s.perplexity - exp(entropy)) < 1e-9);
    assert_true(s.bpp == 0.25);
    /* rounding to bytes moves the error by little */
    assert_true(fabs(s.mse * 255 * 255 / (error / 20 / 3072) - 1) < 0.05);
    vq_codes_release(&codes);
    lab_close(l);
}

const struct CMUnitTest test_model_suite[] = {
    cmocka_unit_test(test_model__decode_encode_is_reconstruct),
    cmocka_unit_test(test_model__side_by_side),
    cmocka_unit_test(test_model__encode_file_is_encode),
    cmocka_unit_test(test_model__decode_many_is_decode),
    cmocka_unit_test(test_model__refuses_codes),
    cmocka_unit_test(test_model__save),
    cmocka_unit_test(test_model__lookup),
    cmocka_unit_test(test_model__describes),
    cmocka_unit_test(test_model__evaluate),
    {0},
};
