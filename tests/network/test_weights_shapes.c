/*
 * SPDX-License-Identifier: MIT
 *
 * What is told of a model by names and shapes alone, and by metadata that are not as
 * they should be; and model files while memory and disk run out.
 */
#include "faults.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "network/drawn.h"
#include "network/weights.h"
#include "tiny.h"

typedef struct shape {
    const char *name;
    int rank;
    int64_t dims[4];
} shape;

enum { SHAPES_MAX = 24 };

/* A parsed file of such tensors, without data, whose names are borrowed. */
static void file_of(st_file *f, st_tensor table[SHAPES_MAX], const shape *shapes)
{
    *f = (st_file){.tensor = table};
    for (; shapes[f->n].name; f->n++) {
        const shape *s = &shapes[f->n];
        table[f->n] = (st_tensor){.name = (char *)(uintptr_t)s->name, .rank = s->rank};
        memcpy(table[f->n].dims, s->dims, sizeof s->dims);
    }
}

#define Z "_encoder._conv_"
#define BLOCK "_encoder._residual_stack._layers.0._block.1.weight"
#define BOOK "_vq_vae._embedding.weight"
#define TWO_STAGES                                                                     \
    {Z "1.weight", 4, {4, 3, 4, 4}}, {Z "2.weight", 4, {8, 4, 4, 4}},                  \
    {                                                                                  \
        Z "3.weight", 4,                                                               \
        {                                                                              \
            8, 8, 3, 3                                                                 \
        }                                                                              \
    }

static void test_weights_shapes__told(void **state)
{
    (void)state;
    static const struct {
        int res_layers, res_hidden, downsample, codes;
        shape shapes[8];
    } cases[] = {
        {1, 2, 4, 16, {TWO_STAGES, {BLOCK, 4, {2, 8, 3, 3}}, {BOOK, 2, {16, 4}}}},
        {0, 1, 4, 16, {TWO_STAGES, {BOOK, 2, {16, 4}}}},
        {0, 1, 4, 16, {TWO_STAGES, {BOOK, 3, {2, 16, 4}}}},
        /* a fourth convolution of 4x4 taps is none that halves */
        {0,
         1,
         8,
         16,
         {{Z "1.weight", 4, {4, 3, 4, 4}},
          {Z "2.weight", 4, {8, 4, 4, 4}},
          {Z "3.weight", 4, {8, 8, 4, 4}},
          {Z "4.weight", 4, {8, 8, 4, 4}},
          {BOOK, 2, {16, 4}}}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vq_error err;
        vq_config c;
        st_file f;
        st_tensor table[SHAPES_MAX];
        file_of(&f, table, cases[i].shapes);
        assert_ok(weights_read_config(&c, &f, "m", &err), &err);
        assert_int_equal(c.hidden, 8);
        assert_int_equal(c.res_layers, cases[i].res_layers);
        assert_int_equal(c.res_hidden, cases[i].res_hidden);
        assert_int_equal(c.downsample, cases[i].downsample);
        assert_int_equal(c.codes, cases[i].codes);
        assert_int_equal(c.code_dim, 4);
        assert_int_equal(c.codebook, VQ_CODEBOOK_GRADIENT);
    }
}

static void test_weights_shapes__refused(void **state)
{
    (void)state;
    static const struct {
        const char *want;
        shape shapes[6];
    } cases[] = {
        {"'m': the tensor names are not those of a VQ-VAE", {{0}}},
        {"not those of a VQ-VAE: its first is 'x'", {{"x", 1, {3}}}},
        {"the tensors' shapes: codes ", {TWO_STAGES}},
        {"the tensors' shapes: codes ", {TWO_STAGES, {BOOK, 1, {4}}}},
        {"the tensors' shapes: code-dim ", {TWO_STAGES, {BOOK, 2, {16, 0}}}},
        {"the tensors' shapes: codes ", {TWO_STAGES, {BOOK, 2, {(int64_t)1 << 31, 4}}}},
        {"the tensors' shapes: hidden ", /* no convolution that halves */
         {{Z "1.weight", 4, {4, 3, 3, 3}}, {BOOK, 2, {16, 4}}}},
        {"the tensors' shapes: hidden ",
         {{Z "1.weight", 2, {4, 3, 4, 4}}, {BOOK, 2, {16, 4}}}},
        {"the tensors' shapes: hidden ", /* 9, an odd number */
         {{Z "1.weight", 4, {9, 3, 4, 4}}, {BOOK, 2, {16, 4}}}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vq_error err;
        vq_config c;
        st_file f;
        st_tensor table[SHAPES_MAX];
        file_of(&f, table, cases[i].shapes);
        assert_fails(weights_read_config(&c, &f, "m", &err), VQ_EINPUT, &err,
                     cases[i].want);
        assert_fails(weights_take_architecture(&c, &f, "m", &err), VQ_EINPUT, &err,
                     cases[i].want);
    }
}

/* More residual layers than a network has. */
static void test_weights_shapes__too_deep(void **state)
{
    (void)state;
    char names[20][64];
    shape shapes[SHAPES_MAX] = {TWO_STAGES, {BOOK, 2, {16, 4}}};
    for (int i = 0; i < 18; i++) {
        snprintf(names[i], sizeof names[i],
                 "_encoder._residual_stack._layers.%d._block.1.weight", i);
        shapes[4 + i] = (shape){names[i], 4, {2, 8, 3, 3}};
    }
    vq_error err;
    vq_config c;
    st_file f;
    st_tensor table[SHAPES_MAX];
    file_of(&f, table, shapes);
    assert_fails(weights_read_config(&c, &f, "m", &err), VQ_EINPUT, &err,
                 "the tensors' shapes: res-layers ");
}

#define OURS                                                                           \
    {"hidden", "8"}, {"res_hidden", "2"}, {"codes", "16"},                             \
    {                                                                                  \
        "code_dim", "4"                                                                \
    }

static void test_weights_shapes__metadata(void **state)
{
    (void)state;
    assert_true(weights_in_metadata("hidden", CONFIG_ARCHITECTURE));
    assert_true(weights_in_metadata("preset", CONFIG_RUN));
    static const char *const run_only[] = {"init", "order", "kernels"};
    for (int i = 0; i < 3; i++) /* paths of this machine, and how it computed */
        assert_false(weights_in_metadata(run_only[i], CONFIG_RECIPE));
    static const struct {
        const char *want, *metadata[7][2];
    } cases[] = {
        {NULL, {OURS}},
        {NULL, {OURS, {"out", "/"}, {"no option", "x"}}}, /* not of a model */
        {"'m': metadata: hidden is an even number", {{"hidden", "7"}}},
        {"'m': --heads 3 does not divide --code-dim 4", {OURS, {"heads", "3"}}},
        {"'m' is a checkpoint, for 'train --resume': its model is 'model.safetensors'",
         {OURS, {"checkpoint_step", "7"}}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vq_error err;
        vq_config c;
        char *key[7], *value[7];
        st_file f = {.key = key, .value = value};
        for (; f.n_metadata < 7 && cases[i].metadata[f.n_metadata][0]; f.n_metadata++) {
            key[f.n_metadata] = (char *)(uintptr_t)cases[i].metadata[f.n_metadata][0];
            value[f.n_metadata] = (char *)(uintptr_t)cases[i].metadata[f.n_metadata][1];
        }
        vq_status status = weights_read_config(&c, &f, "m", &err);
        if (cases[i].want) {
            assert_fails(status, VQ_EINPUT, &err, cases[i].want);
            continue;
        }
        assert_ok(status, &err);
        assert_int_equal(c.hidden, 8);
        assert_int_equal(c.codes, 16);
        assert_string_equal(c.out, "");
    }
    vq_error err;
    vq_config c;
    char *key = (char *)(uintptr_t) "checkpoint_step", *value = key;
    const st_file f = {.key = &key, .value = &value, .n_metadata = 1};
    assert_fails(weights_read_config(&c, &f, "a/b/c.safetensors", &err), VQ_EINPUT,
                 &err, "its model is 'a/b/model.safetensors'");
}

/* Sixteen digits, or none. */
static void test_weights_shapes__identity(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t want;
    } cases[] = {{"0123456789abcdef", 0x0123456789abcdef},
                 {"fedcba9876543210", 0xfedcba9876543210},
                 {"0123456789abcde", 0},
                 {"0123456789abcdef0", 0},
                 {"0123456789abcdeg", 0},
                 {"", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *key = (char *)(uintptr_t) "fingerprint",
             *value = (char *)(uintptr_t)cases[i].text;
        const st_file f = {.key = &key, .value = &value, .n_metadata = 1};
        const weights_identity got = weights_read_identity(&f);
        assert_true(got.fingerprint == cases[i].want && got.values == 0);
    }
}

/* Numbers that cannot be are 0; of a path to the data the last part is told. */
static void test_weights_shapes__facts(void **state)
{
    (void)state;
    static const struct {
        const char *data, *want;
        double variance, kept;
    } cases[] = {{"/a/b/c.bin", "c.bin", 0.5, 0.5}, {"/a/b///", "b", -1, 0},
                 {"c", "c", (double)INFINITY, 0},   {"c/", "c", 1e18, 0},
                 {"/", "/", 0x1p59, 0x1p59},        {"//", "/", (double)NAN, 0}};
    const char *path = in_folder("m");
    vq_error err;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        network back;
        network *net = network_drawn(tiny_config("sonnet"), "data", cases[i].data);
        const train_facts facts = {.variance = cases[i].variance};
        train_facts got;
        st_file f;
        /* of no age: sums that nothing went into */
        assert_ok(weights_save(net, &facts, 0, false, path, &err), &err);
        assert_ok(st_read(&f, path, &err), &err);
        assert_string_equal(st_metadata(&f, "data"), cases[i].want);
        float size[16];
        assert_ok(st_floats(st_find(&f, "_vq_vae._ema_cluster_size"), size, &err),
                  &err);
        assert_true(support_largest(size, 16) == 0);
        assert_ok(weights_load(&back, &got, &f, path, &err), &err);
        assert_true(got.variance == cases[i].kept);
        network_release(&back);
        st_release(&f);
        network_drop(net);
    }
}

static network *saved;

static vq_status save_it(vq_error *err)
{
    const train_facts facts = {0};
    return weights_save(saved, &facts, 5, false, in_folder("m"), err);
}

static vq_status load_it(vq_error *err)
{
    st_file f;
    train_facts facts;
    network net;
    vq_status status = st_read(&f, in_folder("m"), err);
    if (status != VQ_OK)
        return status;
    status = weights_load(&net, &facts, &f, "m", err);
    if (status == VQ_OK)
        network_release(&net);
    st_release(&f);
    return status;
}

static vq_status fill_it(vq_error *err)
{
    st_file f;
    bool has_ema;
    vq_status status = st_read(&f, in_folder("m"), err);
    if (status != VQ_OK)
        return status;
    status = weights_fill(saved, &f, "m", &has_ema, err);
    st_release(&f);
    return status;
}

static void test_weights_shapes__each_call_fails(void **state)
{
    (void)state;
    static const call_fault writing[] = {{ALLOCATION, ENOMEM, SOME, "out of memory"},
                                         {"write", ENOSPC, SOME, "No space"},
                                         {"fsync", EIO, 2, "Input/output"},
                                         {0}},
                            reading[] = {{ALLOCATION, ENOMEM, SOME, "out of memory"},
                                         {"read", EIO, SOME, "Input/output"},
                                         {0}};
    saved = network_drawn(tiny_config("mishalaskin"), NULL, NULL);
    assert_call_faults(writing, NULL, save_it, NULL);
    assert_int_equal(folder_entries(), 1);
    assert_call_faults(reading, NULL, load_it, NULL);
    assert_call_faults(reading, NULL, fill_it, NULL);
    network_drop(saved);
}

const struct CMUnitTest test_weights_shapes_suite[] = {
    cmocka_unit_test(test_weights_shapes__told),
    cmocka_unit_test(test_weights_shapes__refused),
    cmocka_unit_test(test_weights_shapes__too_deep),
    cmocka_unit_test(test_weights_shapes__metadata),
    cmocka_unit_test(test_weights_shapes__identity),
    folder_test(test_weights_shapes__facts),
    folder_test(test_weights_shapes__each_call_fails),
    {0},
};
