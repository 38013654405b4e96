/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "io/checksum.h"
#include "network/drawn.h"
#include "network/weights.h"
#include "tiny.h"

static vq_status load(network *net, const char *path, train_facts *facts, vq_error *err)
{
    st_file f;
    vq_status status = st_read(&f, path, err);
    if (status == VQ_OK)
        status = weights_load(net, facts, &f, path, err);
    st_release(&f);
    return status;
}

static void assert_same_weights(const network *a, const network *b)
{
    for (int k = 0; k < a->p.n; k++) {
        const param *p = &a->p.table[k];
        if (p->role != PARAM_STATISTIC)
            assert_memory_equal(a->p.value + p->offset, b->p.value + p->offset,
                                p->count * sizeof(float));
    }
}

static void test_weights__round_trip(void **state)
{
    (void)state;
    static const char *const presets[] = {"sonnet", "zalando", "mishalaskin"};
    const char *path = in_folder("model"), *again = in_folder("again");
    vq_error err;
    static const char *const scales[] = {"4", "2", "8"};
    for (int i = 0; i < 3; i++) {
        network *net = network_drawn(tiny_config(presets[i]), "downsample", scales[i]);
        network *back = malloc(sizeof *back);
        train_facts facts = {0.06, 123, 0.5, 7.25}, got;
        assert_ok(weights_save(net, &facts, 5, false, path, &err), &err);
        assert_ok(load(back, path, &got, &err), &err);
        assert_true(got.variance == 0.06 && got.step == 123 && got.nmse == 0.5 &&
                    got.perplexity == 7.25);
        assert_int_equal(back->config.hidden, 8);
        assert_int_equal(back->config.tie_residual, i == 2);
        assert_int_equal(back->config.downsample, net->config.downsample);
        assert_same_weights(net, back);
        /* the same network gives the same bytes */
        unsigned char *a, *b;
        size_t a_size, b_size;
        assert_ok(weights_save(net, &facts, 5, false, again, &err), &err);
        assert_ok(file_read(path, 1 << 24, &a, &a_size, &err), &err);
        assert_ok(file_read(again, 1 << 24, &b, &b_size, &err), &err);
        assert_int_equal(a_size, b_size);
        assert_memory_equal(a, b, a_size);
        free(a);
        free(b);
        network_drop(net);
        network_drop(back);
    }
}

static void test_weights__half(void **state)
{
    (void)state;
    const char *path = in_folder("model");
    vq_error err;
    train_facts facts = {0}, got;
    network *net = network_drawn(tiny_config("sonnet"), NULL, NULL),
            *back = malloc(sizeof *back);
    assert_ok(weights_save(net, &facts, 5, true, path, &err), &err);
    assert_ok(load(back, path, &got, &err), &err);
    for (int k = 0; k < net->p.n; k++) {
        const param *p = &net->p.table[k];
        if (p->role != PARAM_STATISTIC)
            assert_close(back->p.value + p->offset, net->p.value + p->offset, p->count,
                         1e-7, 1.0 / 2048);
    }
    network_drop(net);
    network_drop(back);
}

/* A file as PyTorch writes it: names and shapes only. */
static void test_weights__without_metadata(void **state)
{
    (void)state;
    static const char *const presets[] = {"zalando", "mishalaskin"};
    const char *path = in_folder("model"), *bare = in_folder("bare");
    vq_error err;
    for (int i = 0; i < 4; i++) {
        network *net = network_drawn(tiny_config(presets[i % 2]), "downsample",
                                     i < 2 ? "4" : "8"),
                *back = malloc(sizeof *back);
        train_facts facts = {0}, got;
        st_file f;
        assert_ok(weights_save(net, &facts, 1, false, path, &err), &err);
        assert_ok(st_read(&f, path, &err), &err);
        assert_ok(st_write(bare, f.tensor, f.n, NULL, NULL, 0, &err), &err);
        st_release(&f);
        assert_ok(load(back, bare, &got, &err), &err);
        const vq_config *a = &net->config, *b = &back->config;
        assert_string_equal(b->preset, presets[i % 2]);
        assert_int_equal(b->downsample, a->downsample);
        assert_int_equal(b->hidden, a->hidden);
        assert_int_equal(b->res_hidden, a->res_hidden);
        assert_int_equal(b->res_layers, a->res_layers);
        assert_int_equal(b->codes, a->codes);
        assert_int_equal(b->code_dim, a->code_dim);
        assert_int_equal(b->residual_skip, VQ_SKIP_RELU);
        assert_true(got.variance == 0);
        network_drop(net);
        network_drop(back);
    }
}

/* Names and shapes tell what to train on with, whatever the codebook's method. */
static void test_weights__architecture_of_others(void **state)
{
    (void)state;
    static const char *const methods[][4] = {
        {"codebook", "gradient"},
        {"codebook", "simvq"},
        {"codebook", "fsq", "fsq_levels", "4,2"},
        {"levels", "2", "heads", "2"},
    };
    const char *path = in_folder("model");
    vq_error err;
    for (int i = 0; i < 4; i++) {
        vq_config c = tiny_config("sonnet"), given;
        for (int k = 0; k < 4 && methods[i][k]; k += 2)
            assert_ok(vq_config_set(&c, methods[i][k], methods[i][k + 1], &err), &err);
        network *net = network_drawn(c, NULL, NULL);
        train_facts facts = {0};
        st_file f;
        bool has_ema;
        assert_ok(weights_save(net, &facts, 1, false, path, &err), &err);
        assert_ok(st_read(&f, path, &err), &err);
        const int n_metadata = f.n_metadata;
        f.n_metadata = 0;

        assert_ok(vq_config_preset(&given, "sonnet", &err), &err);
        for (int k = 0; k < 4 && methods[i][k]; k += 2)
            assert_ok(vq_config_set(&given, methods[i][k], methods[i][k + 1], &err),
                      &err);
        assert_ok(weights_take_architecture(&given, &f, path, &err), &err);
        network *back = network_drawn(given, NULL, NULL);
        assert_ok(weights_fill(back, &f, path, &has_ema, &err), &err);
        assert_same_weights(net, back);

        f.n_metadata = n_metadata;
        st_release(&f);
        network_drop(net);
        network_drop(back);
    }
}

/* What zalando's own rule makes of the saved sums is the codebook, whatever our age. */
static void test_weights__ema_is_debiased(void **state)
{
    (void)state;
    const char *path = in_folder("model");
    vq_error err;
    train_facts facts = {0};
    st_file f;
    network *net = network_drawn(tiny_config("sonnet"), NULL, NULL);
    const param *count = &net->p.table[net->ema_count];
    for (size_t k = 0; k < count->count; k++)
        net->p.value[count->offset + k] = 0.01f * (float)(k + 1);
    assert_ok(weights_save(net, &facts, 1, false, path, &err), &err);
    assert_ok(st_read(&f, path, &err), &err);
    float got[16], want[16];
    assert_ok(st_floats(st_find(&f, "_vq_vae._ema_cluster_size"), got, &err), &err);
    for (int k = 0; k < 16; k++)
        want[k] = (float)(k + 1);
    assert_close(got, want, 16, 0, 1e-6);
    bool has_ema = false;
    assert_ok(weights_fill(net, &f, path, &has_ema, &err), &err);
    assert_true(has_ema);
    st_release(&f);
    /* codes that were used are averages, be it the last one alone */
    for (int used = 0; used < 2; used++) {
        memset(net->p.value + count->offset, 0, count->count * sizeof(float));
        net->p.value[count->offset + count->count - 1] = 0.01f * (float)used;
        assert_ok(weights_save(net, &facts, 1, false, path, &err), &err);
        assert_ok(st_read(&f, path, &err), &err);
        assert_ok(weights_fill(net, &f, path, &has_ema, &err), &err);
        assert_int_equal(has_ema, used);
        st_release(&f);
    }
    network_drop(net);
}

/* Each fault is planted into a good file's parsed form and written anew. */
/* What a newer version may have meant is told apart from what is wrong. */
static void test_weights__of_a_newer_version(void **state)
{
    (void)state;
    static const char *const versions[] = {VQ_VERSION, "99.9.9"};
    const char *path = in_folder("model"), *other = in_folder("other");
    network *net = network_drawn(tiny_config("sonnet"), NULL, NULL);
    train_facts facts = {0.06, 1, 0.5, 7.25};
    vq_error err;
    st_file f;
    assert_ok(weights_save(net, &facts, 5, false, path, &err), &err);
    assert_ok(st_read(&f, path, &err), &err);
    for (int v = 0; v < 2; v++) {
        const char *value[64];
        network back;
        for (int i = 0; i < f.n_metadata; i++)
            value[i] = strcmp(f.key[i], "version") == 0      ? versions[v]
                       : strcmp(f.key[i], "codebook") == 0   ? "lookup-free"
                       : strcmp(f.key[i], CHECKSUM_KEY) == 0 ? CHECKSUM_BLANK
                                                             : f.value[i];
        assert_ok(st_write(other, f.tensor, f.n, (const char *const *)f.key, value,
                           f.n_metadata, &err),
                  &err);
        assert_fails(load(&back, other, &facts, &err), VQ_EINPUT, &err,
                     "not 'lookup-free'");
        assert_true(!strstr(err.message, "newer version, vqvae 99.9.9") == (v == 0));
    }
    st_release(&f);
    network_drop(net);
}

static void test_weights__refuses(void **state)
{
    (void)state;
    const char *good = in_folder("good"), *bad = in_folder("bad");
    vq_error err;
    train_facts facts = {0};
    network *net = network_drawn(tiny_config("mishalaskin"), NULL, NULL);
    assert_ok(weights_save(net, &facts, 0, false, good, &err), &err);
    network_drop(net);
    static const char *const want[] = {
        "is missing",
        "is not part of the model",
        "has shape (8,16), but",
        "NaN or infinity",
        "tied to",
        "hidden is an even number",
        "hidden is a whole number",
    };
    for (int fault = 0; fault < 7; fault++) {
        st_file f;
        assert_ok(st_read(&f, good, &err), &err);
        st_tensor *t = &f.tensor[0];
        for (int i = 0; i < f.n; i++)
            if (strcmp(f.tensor[i].name, fault == 4 ? "encoder.conv_stack.5.stack.1."
                                                      "res_block.1.weight"
                                                    : "vector_quantization.embedding."
                                                      "weight") == 0)
                t = &f.tensor[i];
        float value;
        /* the first, or the last of the NaN's */
        unsigned char *at = f.bytes + (t->data - f.bytes);
        at += fault == 3 ? (8 * 16 - 1) * sizeof value : 0;
        memcpy(&value, at, sizeof value);
        int n = f.n;
        if (fault == 0)
            *t = f.tensor[--n];
        if (fault == 1)
            t->name[0] = 'w';
        if (fault == 2) {
            t->dims[0] = 8;
            t->dims[1] = 16;
        }
        if (fault == 3)
            value = NAN;
        if (fault == 4)
            value += 1;
        memcpy(at, &value, sizeof value);
        int hidden = 0;
        while (strcmp(f.key[hidden], "hidden") != 0)
            hidden++;
        char *was = f.value[hidden];
        if (fault >= 5)
            f.value[hidden] = fault == 5 ? (char *)"9" : (char *)"nine";
        assert_ok(st_write(bad, f.tensor, n, (const char *const *)f.key,
                           (const char *const *)f.value, f.n_metadata, &err),
                  &err);
        f.value[hidden] = was;
        network *back = malloc(sizeof *back);
        assert_fails(load(back, bad, &facts, &err), VQ_EINPUT, &err, want[fault]);
        free(back);
        st_release(&f);
    }
}

/* As many entries that are none of ours as a file may have are passed over. */
static void test_weights__many_entries(void **state)
{
    (void)state;
    enum { ENTRIES = 16000 };
    static char text[24 * ENTRIES + 64];
    size_t n = (size_t)sprintf(text + 8, "{\"__metadata__\":{\"hidden\":\"8\"") + 8;
    for (int i = 0; i < ENTRIES; i++)
        n += (size_t)sprintf(text + n, ",\"key%d\":\"v\"", i);
    n += (size_t)sprintf(text + n, "}}");
    const uint64_t length = n - 8;
    memcpy(text, &length, sizeof length);
    vq_error err;
    vq_config c;
    st_file f;
    assert_ok(st_parse(&f, "many", (unsigned char *)text, n, &err), &err);
    assert_ok(weights_read_config(&c, &f, "many", &err), &err);
    assert_int_equal(c.hidden, 8);
    st_release(&f);
}

/* Files of codes and priors keep the number that a model has, so that it stays: the
 * FNV-1a of its values' bits, here of -48 to 48 over and over, computed in Python. */
static void test_weights__fingerprint(void **state)
{
    (void)state;
    network *net = network_drawn(tiny_config("sonnet"), NULL, NULL);
    size_t n = 0;
    for (int i = 0; i < net->p.n; i++)
        for (size_t k = 0; k < net->p.table[i].count; k++)
            if (net->p.table[i].role != PARAM_STATISTIC)
                net->p.value[net->p.table[i].offset + k] = (float)(n++ % 97) - 48;
    assert_int_equal(n, 4075);
    assert_true(weights_fingerprint(net, false) == 0xd8e737c630768117);
    assert_true(weights_fingerprint(net, true) ==
                0xd8e737c630768117); /* halves hold these values */
    network_drop(net);
}

const struct CMUnitTest test_weights_suite[] = {
    cmocka_unit_test(test_weights__fingerprint),
    cmocka_unit_test(test_weights__many_entries),
    folder_test(test_weights__round_trip),
    folder_test(test_weights__half),
    folder_test(test_weights__without_metadata),
    folder_test(test_weights__architecture_of_others),
    folder_test(test_weights__ema_is_debiased),
    folder_test(test_weights__of_a_newer_version),
    folder_test(test_weights__refuses),
    {0},
};
