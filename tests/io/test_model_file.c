/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "io/model_file.h"
#include "torch.inc"

static vq_error err;

static vq_status read_bytes(st_file *f, const void *bytes, size_t size)
{
    char folder[256], path[300];
    support_folder_make(folder);
    snprintf(path, sizeof path, "%s/m", folder);
    assert_ok(file_write(path, bytes, size, &err), &err);
    vq_status status = model_file_read(f, path, &err);
    support_folder_remove(folder);
    return status;
}

static void test_model_file__kinds(void **state)
{
    (void)state;
    st_file f;
    assert_ok(read_bytes(&f, torch_zip, sizeof torch_zip), &err);
    assert_int_equal(f.n, 9);
    st_release(&f);
    assert_ok(read_bytes(&f, torch_legacy, sizeof torch_legacy), &err);
    assert_int_equal(f.n, 9);
    st_release(&f);
    assert_ok(read_bytes(&f, torch_nested, sizeof torch_nested), &err);
    assert_int_equal(f.n, 2);
    st_release(&f);
    static const char empty[] = "\2\0\0\0\0\0\0\0{}";
    assert_ok(read_bytes(&f, empty, sizeof empty - 1), &err);
    assert_int_equal(f.n, 0);
    st_release(&f);
}

static void test_model_file__foreign(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *want;
    } cases[] = {
        {"", "m' is empty, not a model"},
        {"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
         "m' is a Git LFS pointer, not a model: fetch the file it stands for with 'git "
         "lfs pull'"},
        {"<!DOCTYPE html><title>Access denied</title>",
         "m' is a web page, not a model: look at it in a browser"},
        {"\x1f\x8b\x08", "m' is a gzip file, not a model: unpack it first"},
        {"\xff\xd8\xff\xe0", "m' is a JPEG picture, not a model"},
        {"\x93NUMPY\1",
         "m' is a NumPy array, not a model: codes are for 'vqvae decode'"},
        {"VQT1", "m' is a file of codes, not a model: codes are for 'vqvae decode'"},
        {"\x80\4\x95\1\1\1\1\1\1\1\1}.", "m' is a Python pickle, not a model"},
        {"{\"hidden\": \"128\"}", "m' is JSON text, not a model: the model of a run"},
        {"PK\3\4", "m': zip archive: it has no directory at its end: it was cut short"},
        {"hello world", "m' is not a safetensors file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        st_file f;
        assert_fails(read_bytes(&f, cases[i].bytes, strlen(cases[i].bytes)), VQ_EINPUT,
                     &err, cases[i].want);
        assert_null(f.tensor);
    }
}

static void test_model_file__strangers(void **state)
{
    (void)state;
    static const char header[] =
        "{\"quantize_b.embed\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},"
        "\"module.quantize_t.embed\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":"
        "[0,0]}}";
    unsigned char bytes[300] = {sizeof header - 1};
    st_file f;
    memcpy(bytes + 8, header, sizeof header - 1);
    assert_fails(read_bytes(&f, bytes, 8 + sizeof header - 1), VQ_EINPUT, &err,
                 "m' is a two-level VQ-VAE-2 (as of rosinality/vq-vae-2-pytorch), an "
                 "architecture that is not read here");
    assert_null(f.tensor);
}

const struct CMUnitTest test_model_file_suite[] = {
    cmocka_unit_test(test_model_file__kinds),
    cmocka_unit_test(test_model_file__foreign),
    cmocka_unit_test(test_model_file__strangers),
    {0},
};
