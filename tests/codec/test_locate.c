/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "codec/locate.h"

static vq_error err;

static void check(const char *given, const char *want)
{
    char path[VQ_PATH_MAX];
    assert_ok(locate_model(path, given, &err), &err);
    assert_string_equal(path, want);
}

static void test_locate__each(void **state)
{
    (void)state;
    char folder[256], home[VQ_PATH_MAX], path[VQ_PATH_MAX];
    support_folder_make(folder);
    assert_non_null(getcwd(home, sizeof home));
    assert_int_equal(chdir(folder), 0);
    unsetenv("VQVAE_MODEL");
    check(NULL, "");
    check("none", "none");
    assert_ok(file_make_dirs("runs/a", &err), &err);
    assert_fails(locate_model(path, "runs/a", &err), VQ_EIO, &err,
                 "'runs/a' is a folder that holds no model.safetensors");
    assert_ok(file_write("runs/a/model.safetensors", "", 0, &err), &err);
    check("runs/a", "runs/a/model.safetensors");
    check("runs/a/", "runs/a/model.safetensors");
    check("runs/a/model.safetensors", "runs/a/model.safetensors");
    check(NULL, "");
    assert_int_equal(symlink("a", "runs/latest"), 0);
    check(NULL, "runs/latest/model.safetensors");
    setenv("VQVAE_MODEL", "runs/a", 1);
    check(NULL, "runs/a/model.safetensors");
    check("x", "x");
    setenv("VQVAE_MODEL", "", 1);
    check(NULL, "runs/latest/model.safetensors");
    unsetenv("VQVAE_MODEL");
    char *slashes = malloc(VQ_PATH_MAX + 1);
    assert_non_null(slashes);
    memset(slashes, 'x', VQ_PATH_MAX);
    slashes[VQ_PATH_MAX] = '\0';
    assert_fails(locate_model(path, slashes, &err), VQ_EUSAGE, &err,
                 "path is longer than 1023 bytes");
    free(slashes);
    assert_int_equal(chdir(home), 0);
    support_folder_remove(folder);
}

const struct CMUnitTest test_locate_suite[] = {
    cmocka_unit_test(test_locate__each),
    {0},
};
