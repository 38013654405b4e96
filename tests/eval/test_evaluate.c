/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/trained.h"
#include "image/metrics.h"
#include "tiny.h"

/* The scores, computed here the long way from encode, decode and the pixels. */
static void test_evaluate__scores(void **state)
{
    (void)state;
    trained *l = trained_open("sonnet", 4);
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
    trained_close(l);
}

/* What was told of the images, until one is to be the last. */
typedef struct told {
    int n, last;
    double mse, psnr, ssim, ssim_luma;
} told;

static int tell(const vq_image_scores *s, void *user)
{
    told *t = user;
    char name[40];
    snprintf(name, sizeof name, "train.bin[%d]", t->n);
    assert_int_equal(s->image, t->n);
    assert_non_null(strstr(s->name, name));
    assert_int_equal(s->label, t->n % 10);
    assert_true(s->class_name && s->height == 32 && s->width == 32);
    t->mse += s->mse;
    t->psnr += s->psnr;
    t->ssim += s->ssim;
    t->ssim_luma += s->ssim_luma;
    return t->n++ == t->last;
}

/* Every image is told of in order, until the caller has heard enough. */
static void test_evaluate__each(void **state)
{
    (void)state;
    trained *l = trained_open("sonnet", 4);
    vq_error err;
    vq_scores s;
    told t = {.last = -1};
    const vq_eval_pictures each = {.each = tell, .user = &t};
    assert_ok(vq_evaluate_pictures(l->model, l->data, "", "test", &each, &s, &err),
              &err);
    assert_int_equal(t.n, 20);
    assert_true(fabs(t.mse / 20 - s.mse) < 1e-12);
    assert_true(fabs(t.psnr / 20 - s.psnr_mean) < 1e-9);
    assert_true(fabs(t.ssim / 20 - s.ssim) < 1e-9);
    assert_true(fabs(t.ssim_luma / 20 - s.ssim_luma) < 1e-9);
    t = (told){.last = 5};
    assert_fails(vq_evaluate_pictures(l->model, l->data, "", "test", &each, &s, &err),
                 VQ_ESTOPPED, &err, "stopped");
    assert_int_equal(t.n, 6);
    trained_close(l);
}

const struct CMUnitTest test_evaluate_suite[] = {
    cmocka_unit_test(test_evaluate__scores),
    cmocka_unit_test(test_evaluate__each),
    {0},
};
