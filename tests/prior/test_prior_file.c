/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prior/prior_file.h"
#include "prior/small.h"

static const prior_facts some_facts = {.model = 0xfedcba9876543210,
                                       .h = 8,
                                       .w = 6,
                                       .nameless = true,
                                       .classes = "a,b",
                                       .step = 12,
                                       .nats = 1.5};

static vq_status load_path(pixelcnn *net, prior_facts *facts, const char *path,
                           vq_error *err)
{
    st_file f;
    vq_status status = st_read(&f, path, err);
    if (status != VQ_OK)
        return status;
    status = prior_load(net, facts, &f, "x", err);
    st_release(&f);
    return status;
}

static void test_prior_file__round_trip(void **state)
{
    (void)state;
    char folder[256], path[300];
    support_folder_make(folder);
    snprintf(path, sizeof path, "%s/p.safetensors", folder);
    for (int n = 1; n <= 3; n++) {
        pixelcnn a, b;
        prior_facts facts;
        vq_error err;
        prior_shape shape = small_shape(n, n == 2 ? 0 : 3);
        shape.depth = n;
        shape.kernel = n == 3 ? 5 : 3;
        small_net(&a, shape, 3);
        assert_ok(prior_save(&a, &some_facts, false, path, &err), &err);
        assert_ok(load_path(&b, &facts, path, &err), &err);
        assert_memory_equal(&a.shape, &b.shape, sizeof a.shape);
        assert_true(pixelcnn_fingerprint(&a) == pixelcnn_fingerprint(&b));
        assert_true(facts.model == some_facts.model && facts.step == 12);
        assert_true(facts.h == 8 && facts.w == 6 && facts.nats == 1.5);
        assert_int_equal(facts.nameless, n != 2);
        assert_string_equal(facts.classes, "a,b");
        pixelcnn_release(&b);
        assert_ok(prior_save(&a, &some_facts, true, path, &err), &err);
        assert_ok(load_path(&b, &facts, path, &err), &err);
        for (size_t i = 0; i < a.p.size; i++)
            assert_true(fabsf(a.p.value[i] - b.p.value[i]) <=
                        fabsf(a.p.value[i]) / 1024 + 1e-6f);
        pixelcnn_release(&a);
        pixelcnn_release(&b);
    }
    support_folder_remove(folder);
}

/* A file in memory whose tensors a test can spoil before it is read back. */
typedef struct tampered {
    pixelcnn net;
    st_file f;
} tampered;

static void tamper_open(tampered *t)
{
    char folder[256], path[300];
    vq_error err;
    support_folder_make(folder);
    snprintf(path, sizeof path, "%s/p.safetensors", folder);
    small_net(&t->net, small_shape(1, 3), 3);
    assert_ok(prior_save(&t->net, &some_facts, false, path, &err), &err);
    assert_ok(st_read(&t->f, path, &err), &err);
    support_folder_remove(folder);
}

static void tamper_close(tampered *t)
{
    pixelcnn_release(&t->net);
    st_release(&t->f);
}

static st_tensor *tensor_of(tampered *t, const char *name)
{
    return (st_tensor *)st_find(&t->f, name);
}

/* Masked taps are written as zeros, and whatever they hold is ignored. */
static void test_prior_file__masks(void **state)
{
    (void)state;
    tampered t;
    tamper_open(&t);
    const char *const names[] = {"layers.0.vert_stack.weight",
                                 "layers.0.horiz_stack.weight"};
    for (int n = 0; n < 2; n++) {
        st_tensor *w = tensor_of(&t, names[n]);
        int64_t kh = w->dims[2], kw = w->dims[3];
        assert_int_equal(kh, n == 0 ? 4 : 1);
        assert_int_equal(kw, n == 0 ? 7 : 4);
        for (int64_t i = 0; i < w->count; i++) {
            float *v = (float *)w->data + i;
            bool masked = n == 0 ? i / kw % kh == kh - 1 : i % kw == kw - 1;
            assert_int_equal(*v == 0, masked);
            if (masked)
                *v = i % 2 ? NAN : 3;
        }
    }
    pixelcnn again;
    prior_facts facts;
    vq_error err;
    assert_ok(prior_load(&again, &facts, &t.f, "x", &err), &err);
    assert_true(pixelcnn_fingerprint(&again) == pixelcnn_fingerprint(&t.net));
    pixelcnn_release(&again);
    tamper_close(&t);
}

static void refused(tampered *t, const char *why)
{
    pixelcnn net;
    prior_facts facts;
    vq_error err;
    assert_fails(prior_load(&net, &facts, &t->f, "x", &err), VQ_EINPUT, &err, why);
    tamper_close(t);
}

static void test_prior_file__missing(void **state)
{
    (void)state;
    tampered t;
    pixelcnn net;
    prior_facts facts;
    vq_error err;
    tamper_open(&t);
    st_tensor *gone = tensor_of(&t, "layers.2.horiz_resid.bias"), kept = *gone;
    *gone = t.f.tensor[t.f.n - 1];
    t.f.tensor[--t.f.n] = kept;
    assert_fails(prior_load(&net, &facts, &t.f, "x", &err), VQ_EINPUT, &err,
                 "'layers.2.horiz_resid.bias' is missing");
    t.f.n++;
    tamper_close(&t);
}

static void test_prior_file__refuses(void **state)
{
    (void)state;
    tampered t;
    tamper_open(&t);
    tensor_of(&t, "layers.0.vert_stack.weight")->name[0] = 'k';
    refused(&t, "not those of a prior");
    tamper_open(&t);
    tensor_of(&t, "layers.2.horiz_resid.bias")->name[0] = 'k';
    refused(&t, "'kayers.2.horiz_resid.bias' is not part of the prior");
    tamper_open(&t);
    tensor_of(&t, "layers.1.vert_to_horiz.bias")->dims[0]--;
    refused(&t, "'layers.1.vert_to_horiz.bias' has a shape");
    tamper_open(&t);
    tensor_of(&t, "layers.1.vert_stack.weight")->dims[3] = 4;
    refused(&t, "must be odd");
    tamper_open(&t);
    tensor_of(&t, "output_conv.2.weight")->dims[0] = 0;
    refused(&t, "codes must be in");
    tamper_open(&t);
    ((float *)tensor_of(&t, "layers.0.vert_stack.weight")->data)[5] = INFINITY;
    refused(&t, "'layers.0.vert_stack.weight' holds a NaN");
    const char *const keys[] = {"model", "grid"};
    for (int i = 0; i < 2; i++) {
        tamper_open(&t);
        for (int m = 0; m < t.f.n_metadata; m++)
            if (strcmp(t.f.key[m], keys[i]) == 0)
                t.f.value[m][0] = '?';
        refused(&t, "is '?");
    }
    const char *const said[] = {"classes", "step", "nats"};
    for (int i = 0; i < 3; i++) {
        tamper_open(&t);
        for (int m = 0; m < t.f.n_metadata; m++)
            if (strcmp(t.f.key[m], said[i]) == 0) {
                free(t.f.value[m]);
                t.f.value[m] = malloc(PRIOR_NAMES_MAX + 1);
                assert_non_null(t.f.value[m]);
                memset(t.f.value[m], 'x', PRIOR_NAMES_MAX);
                t.f.value[m][PRIOR_NAMES_MAX] = '\0';
            }
        refused(&t, i == 0   ? "class names are too long"
                    : i == 1 ? "step is 'xxx"
                             : "nats 'xxx");
    }
}

const struct CMUnitTest test_prior_file_suite[] = {
    cmocka_unit_test(test_prior_file__round_trip),
    cmocka_unit_test(test_prior_file__masks),
    cmocka_unit_test(test_prior_file__missing),
    cmocka_unit_test(test_prior_file__refuses),
    {0},
};
