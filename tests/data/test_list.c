/* SPDX-License-Identifier: MIT */
/* Lists of pictures, and one picture by itself. */
#include "files.h"

#include <stdio.h>
#include <string.h>

#include "data/list.h"

static vq_error err;

/* Each path of a list with its class and a bar. */
static void check_parse(const char *text, size_t size, const char *want)
{
    picture_set set;
    char got[512] = "";
    assert_ok(list_parse(&set, "list", text, size, &err), &err);
    for (int64_t i = 0; i < set.n; i++) {
        const int label = set.picture[i].label;
        size_t at = strlen(got);
        snprintf(got + at, sizeof got - at, "%s%s%s|", set.picture[i].path,
                 label < 0 ? "" : "=", label < 0 ? "" : set.class_name[label]);
    }
    assert_string_equal(got, want);
    picture_set_release(&set);
}
#define CHECK(text, want) check_parse(text, sizeof text - 1, want)

static void test_list__parse(void **state)
{
    (void)state;
    CHECK("a.png\nb/c d.jpg\n", "a.png|b/c d.jpg|");
    CHECK("a.png", "a.png|");
    CHECK("\n\n a\n\n\nb\n\n", " a|b|");
    CHECK("a\r\nb\r\n\r\nc", "a|b|c|");
    CHECK("\xEF\xBB\xBF"
          "a\nb",
          "a|b|");
    CHECK("a\tcat\nb\tdog\nc\tcat\n", "a=cat|b=dog|c=cat|");
    CHECK("a\tz z\r\nb\ta\tb\n", "a=z z|b=a\tb|");
    CHECK("a\tcat\nb\n", "a|b|"); /* not all have one: none has */
}

static void test_list__classes_by_name(void **state)
{
    (void)state;
    static const char text[] = "1\tpear\n2\tapple\n3\tfig\n4\tapple\n";
    static const int want[] = {2, 0, 1, 0};
    picture_set set;
    assert_ok(list_parse(&set, "list", text, sizeof text - 1, &err), &err);
    assert_int_equal(set.n_classes, 3);
    for (int i = 0; i < 4; i++)
        assert_int_equal(set.picture[i].label, want[i]);
    picture_set_release(&set);
}

static void test_list__refuses(void **state)
{
    (void)state;
    picture_set set;
    assert_fails(list_parse(&set, "list", "", 0, &err), VQ_EINPUT, &err,
                 "'list' lists no picture");
    picture_set_release(&set);
    assert_fails(list_parse(&set, "list", "\r\n\n", 3, &err), VQ_EINPUT, &err,
                 "'list' lists no picture");
    picture_set_release(&set);
    assert_fails(list_parse(&set, "list", "a\n\n\tcat\nb\n", 10, &err), VQ_EINPUT, &err,
                 "'list' has a class without a path at line 3");
    picture_set_release(&set);
    assert_fails(list_parse(&set, "list", "a\nb\0c\n", 6, &err), VQ_EINPUT, &err,
                 "'list' is no list of paths: a zero at byte 3");
    picture_set_release(&set);
}

static void test_list__failed_allocations(void **state)
{
    (void)state;
    static const char text[] = "1\tpear\n2\tapple\n3\tfig\n";
    vq_status status = VQ_ENOMEM;
    int failures = 0;
    for (int at = 1; status != VQ_OK; at++) {
        picture_set set;
        support_alloc_fail_at(at);
        status = list_parse(&set, "list", text, sizeof text - 1, &err);
        support_alloc_fail_at(0);
        picture_set_release(&set);
        failures += status != VQ_OK;
        assert_true(at < 100);
    }
    assert_int_equal(failures, 4); /* text, classes, pictures, names in order */
}

/* Paths are relative to the list, absolute ones stay; it is the whole of any split. */
static void test_list__open(void **state)
{
    (void)state;
    char dir[256], other[256], text[600], name[VQ_PATH_MAX];
    dataset ds;
    unsigned char rgb[4 * 3 * 3];
    support_folder_make(dir);
    support_folder_make(other);
    files_picture(dir, "deep/b.png", 4, 3, 1);
    files_picture(other, "a.png", 4, 3, 2);
    snprintf(text, sizeof text, "deep/b.png\tx\n%s/a.png\ty\n", other);
    files_put(dir, "list.txt", text, strlen(text));
    for (int split = 0; split < 4; split++) {
        static const char *const splits[] = {"train", "val", "test", "all"};
        assert_ok(files_open(&ds, files_path(dir, "list.txt"), "", splits[split], &err),
                  &err);
        assert_int_equal(ds.n, 2);
        assert_int_equal(dataset_classes(&ds), 2);
        for (int i = 0; i < 2; i++) {
            assert_ok(dataset_read(&ds, i, rgb, &err), &err);
            assert_int_equal(rgb[0], files_byte(i + 1, 0, 0, 0));
            assert_int_equal(dataset_label(&ds, i), i);
        }
        dataset_image_name(&ds, 1, name);
        assert_string_equal(name + strlen(other), "/a.png");
        dataset_close(&ds);
    }
    files_put(dir, "list.txt", "deep/b.png\nno-such.png\n", 23);
    assert_fails(files_open(&ds, files_path(dir, "list.txt"), "", "train", &err),
                 VQ_EIO, &err, "1 of 2 pictures of '");
    assert_non_null(strstr(err.message, "/list.txt' cannot be used: cannot open "
                                        "'no-such.png': No such file or directory"));
    support_folder_remove(dir);
    support_folder_remove(other);
}

static void test_list__in_utf16(void **state)
{
    (void)state;
    char dir[256];
    dataset ds;
    support_folder_make(dir);
    files_put(dir, "list.txt",
              "\xff\xfe"
              "a\0",
              4);
    assert_fails(files_open(&ds, files_path(dir, "list.txt"), "", "train", &err),
                 VQ_EINPUT, &err,
                 "/list.txt' is text in UTF-16, not a data file: save");
    support_folder_remove(dir);
}

/* A picture by itself, whatever its name, from which crops are drawn. */
static void test_list__single_picture(void **state)
{
    (void)state;
    char dir[256], name[VQ_PATH_MAX];
    dataset ds;
    support_folder_make(dir);
    files_picture(dir, "a.png", 40, 30, 1);
    files_picture(dir, "b.jpg", 41, 31, 2);
    assert_int_equal(rename(files_path(dir, "a.png"), files_path(dir, "photo")), 0);
    for (int i = 0; i < 2; i++) {
        const char *path = files_path(dir, i ? "b.jpg" : "photo");
        source_request r = {.data = path, .split = SPLIT_TEST, .side = 10};
        assert_ok(dataset_open(&ds, &r, &err), &err);
        assert_int_equal(ds.n, 1);
        assert_int_equal(dataset_samples(&ds), 12);
        assert_int_equal(dataset_classes(&ds), 0);
        dataset_image_name(&ds, 0, name);
        assert_string_equal(name, path);
        dataset_close(&ds);
        r.side = 32;
        assert_fails(dataset_open(&ds, &r, &err), VQ_EINPUT, &err,
                     "pixels, smaller than a crop of 32 x 32");
    }
    support_folder_remove(dir);
}

const struct CMUnitTest test_list_suite[] = {
    cmocka_unit_test(test_list__parse),
    cmocka_unit_test(test_list__classes_by_name),
    cmocka_unit_test(test_list__refuses),
    cmocka_unit_test(test_list__failed_allocations),
    cmocka_unit_test(test_list__open),
    cmocka_unit_test(test_list__in_utf16),
    cmocka_unit_test(test_list__single_picture),
    {0},
};
