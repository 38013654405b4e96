/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/status.h"
#include "codec/trained.h"
#include "io/safetensors.h"
#include "tiny.h"

static void test_model__encode_file_is_encode(void **state)
{
    (void)state;
    trained *l = trained_open("mishalaskin", 4);
    vq_error err;
    vq_codes all, one;
    assert_ok(vq_encode_file(l->model, l->data, &all, &err), &err);
    assert_int_equal(all.n, 20);
    assert_int_equal(all.k, 16);
    for (int i = 0; i < 20; i++) {
        vq_image image = {.width = 32, .height = 32, .rgb = tiny_picture(32, 32, i)};
        assert_ok(vq_encode(l->model, &image, 1, &one, &err), &err);
        assert_memory_equal(one.index, all.index + (size_t)i * 64,
                            64 * sizeof(int32_t));
        vq_codes_release(&one);
        vq_image_release(&image);
    }
    vq_codes_release(&all);
    trained_close(l);
}

/* At sizes that share a run, do not, and are cut into tiles; cropped or not. */
static void test_model__decode_many_is_decode(void **state)
{
    (void)state;
    static const int sizes[][3] = {{32, 32, 19}, {37, 21, 5}, {401, 20, 3}};
    trained *l = trained_open("sonnet", 4);
    vq_error err;
    for (int s = 0; s < 3; s++) {
        int w = sizes[s][0], h = sizes[s][1], n = sizes[s][2];
        vq_image images[19], many[19], one;
        vq_codes codes;
        for (int i = 0; i < n; i++)
            images[i] =
                (vq_image){.width = w, .height = h, .rgb = tiny_picture(w, h, i)};
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
    trained_close(l);
}

/* Refining is on unless it is turned off, and changes nothing for a decoder. */
static void test_model__refine(void **state)
{
    (void)state;
    trained *l = trained_open("best", 4);
    vq_error err;
    vq_codes codes[3];
    const int passes[3] = {VQ_REFINE, -1, 0}; /* the first is not set */
    vq_image image = {.width = 45, .height = 30, .rgb = tiny_picture(45, 30, 1)},
             decoded;
    for (int i = 0; i < 3; i++) {
        if (i > 0)
            vq_model_set_refine(l->model, passes[i]);
        assert_ok(vq_encode(l->model, &image, 1, &codes[i], &err), &err);
        assert_ok(vq_decode(l->model, &codes[i], 0, &decoded, &err), &err);
        vq_image_release(&decoded);
    }
    const size_t bytes = (size_t)codes[0].h * codes[0].w * sizeof *codes[0].index;
    assert_memory_equal(codes[1].index, codes[2].index, bytes);
    assert_memory_not_equal(codes[0].index, codes[1].index, bytes);
    vq_model_set_refine(l->model, VQ_REFINE);
    vq_codes_release(&codes[1]);
    assert_ok(vq_encode(l->model, &image, 1, &codes[1], &err), &err);
    assert_memory_equal(codes[0].index, codes[1].index, bytes);
    for (int i = 0; i < 3; i++)
        vq_codes_release(&codes[i]);
    vq_image_release(&image);
    trained_close(l);
}

/* Who is told of the work: from 0 to 1, or until it asks to stop. */
typedef struct told {
    bool stop;
    double done;
} told;

static int tell(double done, void *user)
{
    told *t = user;
    assert_true(done >= t->done && done <= 1);
    t->done = done;
    return t->stop && done > 0;
}

/* One of the calls that take long. */
static vq_status long_call(int i, trained *l, const char *in, const char *out,
                           vq_codes *codes, vq_error *err)
{
    vq_codes made = {0};
    vq_image image;
    vq_scores scores;
    vq_status status;
    switch (i) {
    case 0:
        TRY(vq_encode_file(l->model, l->data, &made, err));
        break;
    case 1:
        TRY(vq_image_read(&image, in, err));
        status = vq_encode(l->model, &image, 1, &made, err);
        vq_image_release(&image);
        break;
    case 2:
        TRY(vq_decode(l->model, codes, 0, &image, err));
        vq_image_release(&image);
        break;
    case 3:
        TRY(vq_reconstruct_file(l->model, in, out, false, NULL, err));
        break;
    default:
        TRY(vq_evaluate(l->model, l->data, "", "train", &scores, err));
    }
out:
    vq_codes_release(&made);
    return status;
}

/* What another program's metadata say of its pictures is believed within reason. */
static void test_model__hostile_crop(void **state)
{
    (void)state;
    static const char *const key[] = {"crop"}, *const value[] = {"2000000000"};
    trained *l = trained_open("sonnet", 4);
    char path[300];
    vq_error err;
    vq_model *other;
    vq_image image;
    st_file f;
    int32_t index[64] = {0};
    const vq_codes row = {.n = 1, .h = 1, .w = 64, .rank = 1, .index = index};
    snprintf(path, sizeof path, "%s/other", l->folder);
    assert_ok(st_read(&f, l->model_path, &err), &err);
    assert_ok(st_write(path, f.tensor, f.n, key, value, 1, &err), &err);
    assert_ok(vq_model_open(&other, path, &err), &err);
    assert_fails(vq_decode(other, &row, 0, &image, &err), VQ_EINPUT, &err,
                 "--shape 8x8 or");
    vq_model_close(other);
    st_release(&f);
    trained_close(l);
}

static void test_model__work(void **state)
{
    (void)state;
    trained *l = trained_open("sonnet", 4);
    vq_error err;
    vq_codes codes;
    char in[300], out[300];
    vq_image image = {.width = 401, .height = 40, .rgb = tiny_picture(401, 40, 1)};
    snprintf(in, sizeof in, "%s/in.png", l->folder);
    snprintf(out, sizeof out, "%s/out.png", l->folder);
    assert_ok(vq_image_write(&image, in, &err), &err);
    vq_model_set_refine(l->model, 2);
    assert_ok(vq_encode(l->model, &image, 1, &codes, &err), &err);
    for (int i = 0; i < 5; i++)
        for (int stop = 1; stop >= 0; stop--) {
            told t = {.stop = stop};
            vq_model_set_work(l->model, tell, &t);
            vq_status status = long_call(i, l, in, out, &codes, &err);
            if (stop) {
                assert_fails(status, VQ_ESTOPPED, &err, "stopped");
                assert_true(t.done < 1);
                assert_int_equal(i == 3 && access(out, F_OK) == 0, 0);
            } else {
                assert_ok(status, &err);
                assert_true(t.done == 1);
            }
        }
    vq_model_set_work(l->model, NULL, NULL);
    assert_ok(long_call(1, l, in, out, &codes, &err), &err);
    vq_codes_release(&codes);
    vq_image_release(&image);
    trained_close(l);
}

static void test_model__refuses_codes(void **state)
{
    (void)state;
    trained *l = trained_open("sonnet", 4);
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
    trained_close(l);
}

/* Saving what was saved gives the same file, and the values of the run's. */
static void test_model__save(void **state)
{
    (void)state;
    static const char *const presets[] = {"sonnet", "zalando", "mishalaskin"};
    for (int p = 0; p < 3; p++) {
        trained *l = trained_open(presets[p], 4);
        char path[300];
        unsigned char *was, *is;
        size_t was_size, is_size;
        vq_error err;
        vq_model *saved, *half;
        snprintf(path, sizeof path, "%s/again.safetensors", l->folder);
        assert_ok(vq_model_save(l->model, path, false, &err), &err);
        assert_ok(file_read(path, 1 << 24, &was, &was_size, &err), &err);
        assert_ok(vq_model_open(&saved, path, &err), &err);
        assert_string_equal(vq_model_config(saved)->data, strrchr(l->data, '/') + 1);
        assert_true(vq_model_fingerprint(saved) == vq_model_fingerprint(l->model));
        assert_ok(vq_model_save(saved, path, false, &err), &err);
        vq_model_close(saved);
        assert_ok(file_read(path, 1 << 24, &is, &is_size, &err), &err);
        assert_int_equal(was_size, is_size);
        assert_memory_equal(was, is, was_size);
        free(was);
        free(is);
        if (p == 1) { /* young smoothed counts make codes that are huge */
            assert_fails(vq_model_save(l->model, path, true, &err), VQ_EINPUT, &err,
                         "too large for 16-bit floats");
            trained_close(l);
            continue;
        }
        assert_ok(vq_model_save(l->model, path, true, &err), &err);
        assert_ok(vq_model_open(&half, path, &err), &err);
        assert_int_equal(vq_model_parameters(half), vq_model_parameters(l->model));
        assert_true(vq_model_fingerprint(half) == vq_model_fingerprint(l->model));
        /* a copy of a copy is known by the same name, whatever its size */
        assert_ok(vq_model_save(half, path, false, &err), &err);
        vq_model_close(half);
        assert_ok(vq_model_open(&half, path, &err), &err);
        assert_true(vq_model_fingerprint(half) == vq_model_fingerprint(l->model));
        vq_model_close(half);
        trained_close(l);
    }
}

/* Where a model comes from: the argument, the environment, the box; what was trained
 * last only where it is asked for. */
static void test_model__lookup(void **state)
{
    (void)state;
    trained *l = trained_open("sonnet", 4);
    vq_error err;
    vq_model *m;
    char home[VQ_PATH_MAX];
    assert_non_null(getcwd(home, sizeof home));
    assert_int_equal(chdir(l->folder), 0);
    unsetenv("VQVAE_MODEL");
    assert_ok(vq_model_open(&m, NULL, &err), &err);
    assert_string_equal(vq_model_source(m), "cifar10 (built in)");
    vq_model_close(m);

    assert_ok(file_make_dirs("runs", &err), &err);
    assert_int_equal(symlink("../run", "runs/latest"), 0);
    assert_ok(vq_model_open(&m, NULL, &err), &err);
    assert_string_equal(vq_model_source(m), "cifar10 (built in)");
    vq_model_close(m);
    assert_ok(vq_model_open(&m, "latest", &err), &err);
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
    trained_close(l);
}

static void test_model__describes(void **state)
{
    (void)state;
    trained *l = trained_open("sonnet", 4);
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
    trained_close(l);
}

const struct CMUnitTest test_model_suite[] = {
    cmocka_unit_test(test_model__encode_file_is_encode),
    cmocka_unit_test(test_model__decode_many_is_decode),
    cmocka_unit_test(test_model__refine),
    cmocka_unit_test(test_model__hostile_crop),
    cmocka_unit_test(test_model__work),
    cmocka_unit_test(test_model__refuses_codes),
    cmocka_unit_test(test_model__save),
    cmocka_unit_test(test_model__lookup),
    cmocka_unit_test(test_model__describes),
    {0},
};
