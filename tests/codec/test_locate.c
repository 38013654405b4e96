/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <limits.h>
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
    const builtin *box;
    assert_ok(locate_model(path, &box, given, &err), &err);
    assert_string_equal(box ? box->name : path, want);
    assert_string_equal(path, box ? box->title : want);
}

static void test_locate__each(void **state)
{
    (void)state;
    char folder[256], home[VQ_PATH_MAX], path[VQ_PATH_MAX];
    const builtin *box;
    support_folder_make(folder);
    assert_non_null(getcwd(home, sizeof home));
    assert_int_equal(chdir(folder), 0);
    unsetenv("VQVAE_MODEL");
    check(NULL, "cifar10");
    check("cifar10", "cifar10");
    check("photo", "photo");
    check("none", "none");
    assert_fails(locate_model(path, &box, "latest", &err), VQ_EIO, &err,
                 "no 'runs/latest/model.safetensors': nothing was trained here");
    assert_ok(file_make_dirs("runs/a", &err), &err);
    assert_fails(locate_model(path, &box, "runs/a", &err), VQ_EIO, &err,
                 "'runs/a' is a folder that holds no model.safetensors");
    assert_ok(file_write("runs/a/model.safetensors", "", 0, &err), &err);
    check("runs/a", "runs/a/model.safetensors");
    check("runs/a/", "runs/a/model.safetensors");
    check("runs/a/model.safetensors", "runs/a/model.safetensors");
    assert_int_equal(symlink("a", "runs/latest"), 0);
    check("latest", "runs/latest/model.safetensors");
    check(NULL, "cifar10"); /* what was trained last is used when it is asked for */
    assert_int_equal(symlink("runs/a", "photo"), 0);
    check("photo", "photo"); /* names come before files */
    check("./photo", "./photo/model.safetensors");
    setenv("VQVAE_MODEL", "runs/a", 1);
    check(NULL, "runs/a/model.safetensors");
    check("x", "x");
    setenv("VQVAE_MODEL", "photo", 1);
    check(NULL, "photo");
    setenv("VQVAE_MODEL", "", 1);
    check(NULL, "cifar10");
    unsetenv("VQVAE_MODEL");
    char *slashes = malloc(VQ_PATH_MAX + 1);
    assert_non_null(slashes);
    memset(slashes, 'x', VQ_PATH_MAX);
    slashes[VQ_PATH_MAX] = '\0';
    assert_fails(locate_model(path, &box, slashes, &err), VQ_EUSAGE, &err,
                 "path is longer than 1023 bytes");
    free(slashes);
    assert_int_equal(chdir(home), 0);
    support_folder_remove(folder);
}

/* What a run remembers of the model it began with can be found from any folder. */
static void test_locate__settles(void **state)
{
    (void)state;
    char folder[256], home[VQ_PATH_MAX], name[VQ_PATH_MAX], want[PATH_MAX];
    support_folder_make(folder);
    assert_non_null(getcwd(home, sizeof home));
    assert_int_equal(chdir(folder), 0);
    assert_ok(file_make_dirs("runs/a", &err), &err);
    assert_ok(file_write("runs/a/model.safetensors", "", 0, &err), &err);
    assert_int_equal(symlink("a", "runs/latest"), 0);
    assert_non_null(realpath("runs/a/model.safetensors", want));
    static const struct {
        const char *given, *settled; /* NULL: the run's file */
    } cases[] = {{"latest", NULL},
                 {"runs/latest", NULL},
                 {"photo", "photo"},
                 {"none", "none"},
                 {"", ""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        strcpy(name, cases[i].given);
        assert_ok(locate_settle(name, &err), &err);
        assert_string_equal(name, cases[i].settled ? cases[i].settled : want);
    }
    assert_int_equal(chdir(home), 0);
    support_folder_remove(folder);
}

const struct CMUnitTest test_locate_suite[] = {
    cmocka_unit_test(test_locate__each),
    cmocka_unit_test(test_locate__settles),
    {0},
};
