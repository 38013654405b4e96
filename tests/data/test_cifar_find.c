/* SPDX-License-Identifier: MIT */
#include "files.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/dataset.h"

/* Open, and check the names of the files (ended by NULL) that were found. */
static void check_files(const char *data, const char *data_dir, const char *split,
                        const char *const *names)
{
    vq_error err;
    dataset ds;
    char name[VQ_PATH_MAX], last[VQ_PATH_MAX] = "";
    assert_ok(files_open(&ds, data, data_dir, split, &err), &err);
    assert_string_equal(ds.name, data);
    for (int64_t i = 0; i < ds.n; i++) {
        dataset_image_name(&ds, i, name);
        *strrchr(name, '[') = '\0';
        if (strcmp(name, last) != 0) {
            if (!*names)
                fail_msg("one file too many: %s", name);
            assert_string_equal(strrchr(name, '/') + 1, *names++);
        }
        strcpy(last, name);
    }
    assert_null(*names);
    dataset_close(&ds);
}
#define CHECK_FILES(data, dir, split, ...)                                             \
    check_files((data), (dir), (split), (const char *const[]){__VA_ARGS__, NULL})

static void check_refused(const char *data, const char *data_dir, const char *split,
                          vq_status want, const char *part)
{
    vq_error err;
    dataset ds;
    int next = dup(0);
    close(next);
    assert_fails(files_open(&ds, data, data_dir, split, &err), want, &err, part);
    assert_null(ds.source.ops);
    int after = dup(0); /* the lowest free descriptor: the same if none leaked */
    close(after);
    assert_int_equal(after, next);
    dataset_close(&ds);
}

/* The files of CIFAR-10, the i-th with i + 1 images. */
static void make_cifar10(const char *dir)
{
    for (int i = 0; i < 6; i++) {
        char name[32];
        snprintf(name, sizeof name, i < 5 ? "data_batch_%d.bin" : "test_batch.bin",
                 i + 1);
        files_write(dir, name, 1, i + 1);
    }
}

/* In the folder of the archive, or directly in the data folder. */
static void test_cifar_find__cifar10(void **state)
{
    (void)state;
    char dir[256];
    support_folder_make(dir);
    files_make_folder(dir, "cifar-10-batches-bin");
    const char *sub = files_path(dir, "cifar-10-batches-bin");
    make_cifar10(sub);
    for (int i = 0; i < 2; i++) {
        const char *where = i == 0 ? dir : sub;
        CHECK_FILES("cifar10", where, "train", "data_batch_1.bin", "data_batch_2.bin",
                    "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin");
        CHECK_FILES("cifar10", where, "test", "test_batch.bin");
        CHECK_FILES("cifar10", where, "all", "data_batch_1.bin", "data_batch_2.bin",
                    "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin",
                    "test_batch.bin");
    }
    CHECK_FILES(dir, "", "test", "test_batch.bin"); /* as a path, too */
    support_folder_remove(dir);
}

static void test_cifar_find__cifar100(void **state)
{
    (void)state;
    char dir[256];
    support_folder_make(dir);
    files_make_folder(dir, "cifar-100-binary");
    const char *sub = files_path(dir, "cifar-100-binary");
    files_write(sub, "train.bin", 2, 3);
    files_write(sub, "test.bin", 2, 2);
    CHECK_FILES("cifar100", dir, "train", "train.bin");
    CHECK_FILES("cifar100", sub, "test", "test.bin");
    CHECK_FILES(dir, "", "train", "train.bin");
    support_folder_remove(dir);
}

static void test_cifar_find__cifar_missing(void **state)
{
    (void)state;
    char dir[256];
    support_folder_make(dir);
    check_refused("cifar10", "no-such-folder", "train", VQ_EIO,
                  "cannot find CIFAR-10 in 'no-such-folder' (no data_batch_1.bin there "
                  "or in cifar-10-batches-bin): run scripts/get-cifar10.sh");
    check_refused("cifar10", dir, "test", VQ_EIO, "(no test_batch.bin there");
    check_refused("cifar100", dir, "train", VQ_EIO,
                  "unpack https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz");
    make_cifar10(dir);
    unlink(files_path(dir, "data_batch_4.bin"));
    check_refused("cifar10", dir, "train", VQ_EIO,
                  "/data_batch_4.bin': No such file or directory");
    support_folder_remove(dir);
}

/* A fault of one file is told with its name, and the files before it are closed. */
static void test_cifar_find__bad_file_among_good(void **state)
{
    (void)state;
    char dir[256];
    support_folder_make(dir);
    make_cifar10(dir);
    files_poke(dir, "data_batch_3.bin", 3073, 77);
    check_refused("cifar10", dir, "train", VQ_EINPUT,
                  "/data_batch_3.bin': label 77 at byte 3073");
    check_refused(dir, "", "train", VQ_EINPUT, "/data_batch_3.bin': label 77");
    files_resize(dir, "data_batch_2.bin", 5000);
    check_refused("cifar10", dir, "train", VQ_EINPUT,
                  "the last whole one ends at byte 3073");
    support_folder_remove(dir);
}

/* By name and in the order of names; hidden files and other endings are no data. */
static void test_cifar_find__folder(void **state)
{
    (void)state;
    char dir[256];
    support_folder_make(dir);
    static const char *const names[] = {
        "m.bin",   "a.bin", "z-test.bin", "b-test.bin",  "k.bin",      "c.txt",
        "._a.bin", "B.bin", "bin",        "old.bin.bak", "d.bin.test", "e.BIN"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        files_write(dir, names[i], i % 2 ? 1 : 2, 2);
    CHECK_FILES(dir, "", "train", "B.bin", "a.bin", "e.BIN", "k.bin", "m.bin");
    CHECK_FILES(dir, "", "test", "b-test.bin", "z-test.bin");
    support_folder_remove(dir);
}

static void test_cifar_find__folder_without_split(void **state)
{
    (void)state;
    char dir[256];
    support_folder_make(dir);
    files_write(dir, "a.bin", 1, 1);
    check_refused(dir, "", "test", VQ_EIO, "no .bin file of the test split in '");
    check_refused(dir, "", "valid", VQ_EUSAGE,
                  "no split 'valid': want train, val, test or all");
    check_refused("cifar10", dir, "valid", VQ_EUSAGE, "no split 'valid'");
    support_folder_remove(dir);
}

static void test_cifar_find__many_files(void **state)
{
    (void)state;
    enum { FILES = 200 };
    char dir[256], name[VQ_PATH_MAX], want[32];
    support_folder_make(dir);
    for (int i = 0; i < FILES; i++) {
        snprintf(name, sizeof name, "%03d.bin", i * 77 % FILES);
        files_write(dir, name, 1, 1);
    }
    vq_error err;
    dataset ds;
    assert_ok(files_open(&ds, dir, "", "train", &err), &err);
    assert_int_equal(ds.n, FILES);
    for (int i = 0; i < FILES; i++) {
        dataset_image_name(&ds, i, name);
        snprintf(want, sizeof want, "%03d.bin[0]", i);
        assert_string_equal(strrchr(name, '/') + 1, want);
    }
    dataset_close(&ds);
    support_folder_remove(dir);
}

/* One file is the whole of any split, whatever its name. */
static void test_cifar_find__single_file(void **state)
{
    (void)state;
    char dir[256];
    support_folder_make(dir);
    files_write(dir, "mine", 1, 2);
    const char *path = files_path(dir, "mine");
    CHECK_FILES(path, "", "train", "mine");
    CHECK_FILES(path, "", "test", "mine");
    CHECK_FILES(path, "", "all", "mine");
    check_refused(
        "cifar", "", "train", VQ_EIO,
        "cannot open 'cifar': No such file or directory (data is shapes, cifar10, "
        "cifar100, a folder of PNG and JPEG files, a .npy file of");
    support_folder_remove(dir);
}

static void test_cifar_find__long_path(void **state)
{
    (void)state;
    char dir[256], name[VQ_PATH_MAX];
    support_folder_make(dir);
    memset(name, 'x', sizeof name);
    name[sizeof name - 1] = '\0';
    check_refused("cifar10", name, "train", VQ_EUSAGE,
                  "path is longer than 1023 bytes: 'xxx");
    /* a folder whose own path fits, but not those of its files */
    name[0] = '\0';
    size_t length = (size_t)snprintf(name, sizeof name, "%s", dir);
    for (; length < sizeof name - 4; length++)
        name[length] = '/';
    name[length] = '\0';
    files_write(dir, "a.bin", 1, 1);
    check_refused(name, "", "train", VQ_EUSAGE, "path is longer than 1023 bytes: '/");
    support_folder_remove(dir);
}

/* dataset_open as a user who is not root, whom no permission stops. */
static vq_status open_as_nobody(const char *data, const char *data_dir, vq_error *err)
{
    dataset ds;
    bool root = geteuid() == 0;
    if (root && seteuid(65534) != 0)
        skip();
    vq_status status = files_open(&ds, data, data_dir, "train", err);
    if (root && seteuid(0) != 0)
        fail_msg("cannot become root again");
    dataset_close(&ds);
    return status;
}

/* What may not be read is told apart from what is not there. */
static void test_cifar_find__no_permission(void **state)
{
    (void)state;
    char dir[256];
    vq_error err;
    support_folder_make(dir);
    assert_int_equal(chmod(dir, 0755), 0);
    files_make_folder(dir, "shut");
    files_write(dir, "secret.bin", 1, 1);
    const char *shut = files_path(dir, "shut");
    const char *secret = files_path(dir, "secret.bin");
    assert_int_equal(chmod(shut, 0), 0);
    assert_int_equal(chmod(secret, 0), 0);
    assert_fails(open_as_nobody("cifar10", shut, &err), VQ_EIO, &err,
                 "/shut/cifar-10-batches-bin/data_batch_1.bin': Permission denied");
    assert_fails(open_as_nobody(shut, "", &err), VQ_EIO, &err,
                 "/shut': Permission denied");
    assert_fails(open_as_nobody(secret, "", &err), VQ_EIO, &err,
                 "/secret.bin': Permission denied");
    support_folder_remove(dir);
}

const struct CMUnitTest test_cifar_find_suite[] = {
    cmocka_unit_test(test_cifar_find__cifar10),
    cmocka_unit_test(test_cifar_find__cifar100),
    cmocka_unit_test(test_cifar_find__cifar_missing),
    cmocka_unit_test(test_cifar_find__bad_file_among_good),
    cmocka_unit_test(test_cifar_find__folder),
    cmocka_unit_test(test_cifar_find__folder_without_split),
    cmocka_unit_test(test_cifar_find__many_files),
    cmocka_unit_test(test_cifar_find__single_file),
    cmocka_unit_test(test_cifar_find__long_path),
    cmocka_unit_test(test_cifar_find__no_permission),
    {0},
};
