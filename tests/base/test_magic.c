/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/magic.h"

static vq_error err;

/* First bytes of a file, and how a message calls it. */
typedef struct sample {
    const char *bytes;
    size_t size;
    magic_kind kind;
    const char *name;
} sample;

#define S(text, kind, name)                                                            \
    {                                                                                  \
        text, sizeof(text) - 1, kind, name                                             \
    }
#define ZIP(length, entry)                                                             \
    "PK\3\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" length "\0\0\0" entry

/* 257 bytes of a name and what follows it */
#define TEN "aaaaaaaaaa"
#define FIFTY TEN TEN TEN TEN TEN
#define TAR FIFTY FIFTY FIFTY FIFTY FIFTY "aaaaaaa"
/* a length of 1 + 256, as FIFTY five times and .npy with 3 more */
#define LONG_NAME FIFTY FIFTY FIFTY FIFTY FIFTY "aaa.npy"

static const sample samples[] = {
    S("version https://git-lfs.github.com/spec/v1\n", MAGIC_LFS, "a Git LFS pointer"),
    S("<!DOCTYPE html>", MAGIC_WEB_PAGE, "a web page"),
    S("\xef\xbb\xbf \r\n<!doctype HTML>", MAGIC_WEB_PAGE, "a web page"),
    S("\xef\xbb\xbf<html>", MAGIC_WEB_PAGE, "a web page"),
    S("\n<HTML lang=en>", MAGIC_WEB_PAGE, "a web page"),
    S("<?xml version", MAGIC_WEB_PAGE, "XML"),
    S("\x1f\x8b\x08", MAGIC_GZIP, "a gzip file"),
    S("BZh9", MAGIC_PACKED, "a bzip2 file"),
    S("\xfd"
      "7zXZ",
      MAGIC_PACKED, "an xz file"),
    S("\x28\xb5\x2f\xfd", MAGIC_PACKED, "a zstd file"),
    S("7z\xbc\xaf", MAGIC_PACKED, "a 7z archive"),
    S(TAR "ustar", MAGIC_TAR, "a tar archive"),
    S(ZIP("\x09", "codes.npy"), MAGIC_NPZ, "an .npz archive of NumPy"),
    S(ZIP("\x0a", "m/data.pkl"), MAGIC_TORCH, "a file of PyTorch"),
    S(ZIP("\x05", "a.txt"), MAGIC_ZIP, "a zip archive"),
    S("PK\3\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\1\0\0" LONG_NAME, MAGIC_NPZ,
      "an .npz archive of NumPy"),
    S("PK\3\4", MAGIC_ZIP, "a zip archive"),
    S("\x80\2\x8a\nl\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80", MAGIC_TORCH_LEGACY,
      "a file of PyTorch"),
    S("\x80\2}q\1(", MAGIC_PICKLE, "a Python pickle"),
    S("\x80\5}", MAGIC_PICKLE, "a Python pickle"),
    S("\x80\4\x95\7", MAGIC_PICKLE, "a Python pickle"),
    S("\x89PNG\r\n\x1a\n", MAGIC_PNG, "a PNG picture"),
    S("\xff\xd8\xff\xe0", MAGIC_JPEG, "a JPEG picture"),
    S("RIFF\1\2\3\4WEBPVP8 ", MAGIC_PICTURE, "a WebP picture"),
    S("GIF89a", MAGIC_PICTURE, "a GIF picture"),
    S("BM\1\2\3\4\0\0\0\0\66", MAGIC_PICTURE, "a BMP picture"),
    S("II*\0", MAGIC_PICTURE, "a TIFF picture"),
    S("MM\0*", MAGIC_PICTURE, "a TIFF picture"),
    S("\0\0\0\x1c"
      "ftypheic",
      MAGIC_PICTURE, "a HEIC picture"),
    S("%PDF-1.7", MAGIC_PDF, "a PDF document"),
    S("GGUF\3", MAGIC_GGUF, "a GGUF file"),
    S("<svg ", MAGIC_WEB_PAGE, "an SVG drawing"),
    S("\0\0\0\x1c"
      "ftypavif",
      MAGIC_PICTURE, "an AVIF picture"),
    S("\x89HDF\r\n\x1a\n", MAGIC_HDF5, "an HDF5 file"),
    S("\2\0\0\0\0\0\0\0{}", MAGIC_SAFETENSORS, "a safetensors file"),
    S("\x1f\x8b\0\0\0\0\0\0{\"", MAGIC_SAFETENSORS, "a safetensors file"),
    S("\x93NUMPY\1", MAGIC_NPY, "a NumPy array"),
    S("VQT1", MAGIC_VQT, "a file of codes"),
    S("{\n  \"hidden\"", MAGIC_JSON, "JSON text"),
    S("\xff\xfe"
      "1\0",
      MAGIC_UTF16, "text in UTF-16"),
    /* nothing that anyone knows */
    S("", MAGIC_UNKNOWN, NULL),
    S("1 2 3\n", MAGIC_UNKNOWN, NULL),
    S("{1}", MAGIC_UNKNOWN, NULL),
    S("\x80", MAGIC_UNKNOWN, NULL),
    S("\x80\x80\x80\x80", MAGIC_UNKNOWN, NULL),
    S("\x80\2\0", MAGIC_UNKNOWN, NULL),
    S("\x80\1}q", MAGIC_UNKNOWN, NULL),
    S("\x80\6}q", MAGIC_UNKNOWN, NULL),
    S("\x80\2zq", MAGIC_UNKNOWN, NULL),
    /* a header of 100 MB */
    S("\x00\xe1\xf5\5\0\0\0\0{}", MAGIC_UNKNOWN, NULL),
    S("WAVE....WEBP", MAGIC_UNKNOWN, NULL),
    S("<htm", MAGIC_UNKNOWN, NULL),
    S("\2\0\0\0\0\0\0\0{\x80", MAGIC_UNKNOWN, NULL),
    S("\0\0\0\0\0\0\0\0\0\0\0\0", MAGIC_UNKNOWN, NULL),
};

static void test_magic__kinds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        const sample *s = &samples[i];
        const unsigned char *bytes = (const unsigned char *)s->bytes;
        if (magic_of(bytes, s->size) != s->kind)
            fail_msg("sample %zu: kind %d, want %d", i, magic_of(bytes, s->size),
                     s->kind);
        const char *name = magic_name(bytes, s->size);
        assert_int_equal(!name, !s->name);
        if (name)
            assert_string_equal(name, s->name);
    }
}

/* However short a file is, no byte behind its end is looked at (ASan sees it). */
static void test_magic__every_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        for (size_t size = 0; size <= samples[i].size; size++) {
            unsigned char *copy = malloc(size ? size : 1);
            assert_non_null(copy);
            memcpy(copy, samples[i].bytes, size);
            magic_kind kind = magic_of(copy, size);
            assert_true(size < samples[i].size || kind == samples[i].kind);
            free(copy);
        }
}

static void test_magic__refuse(void **state)
{
    (void)state;
    const unsigned char jpeg[] = "\xff\xd8\xff", codes[] = "1 2 3\n";
    assert_fails(magic_refuse("m.pt", jpeg, 3, WANT_MODEL, &err), VQ_EINPUT, &err,
                 "'m.pt' is a JPEG picture, not a model");
    assert_string_equal(err.message, "'m.pt' is a JPEG picture, not a model");
    assert_fails(magic_refuse("p", jpeg, 3, WANT_DATA, &err), VQ_EINPUT, &err,
                 "'p' is a JPEG picture, not a data file");
    assert_ok(magic_refuse("c", codes, 6, WANT_CODES, &err), &err);
}

static void test_magic__refuse_file(void **state)
{
    (void)state;
    char folder[256], path[300];
    support_folder_make(folder);
    assert_ok(magic_refuse_file(folder, WANT_DATA, &err), &err);
    snprintf(path, sizeof path, "%s/x", folder);
    assert_ok(magic_refuse_file(path, WANT_DATA, &err), &err);
    assert_ok(file_write(path, "", 0, &err), &err);
    assert_ok(magic_refuse_file(path, WANT_DATA, &err), &err);
    assert_ok(file_write(path, "\x1f\x8b\x08", 3, &err), &err);
    assert_int_equal(magic_of_file(path), MAGIC_GZIP);
    call_fail_at("fstat", 1, EIO);
    assert_int_equal(magic_of_file(path), MAGIC_UNKNOWN);
    assert_true(call_failed());
    call_fail_at("pread", 1, EIO);
    assert_int_equal(magic_of_file(path), MAGIC_UNKNOWN);
    assert_true(call_failed());
    assert_int_equal(magic_of_file(folder), MAGIC_UNKNOWN);
    assert_fails(magic_refuse_file(path, WANT_DATA, &err), VQ_EINPUT, &err,
                 "x' is a gzip file, not a data file: unpack it first");
    support_folder_remove(folder);
}

const struct CMUnitTest test_magic_suite[] = {
    cmocka_unit_test(test_magic__kinds),
    cmocka_unit_test(test_magic__every_length),
    cmocka_unit_test(test_magic__refuse),
    cmocka_unit_test(test_magic__refuse_file),
    {0},
};
