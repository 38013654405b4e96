/* SPDX-License-Identifier: MIT */
#include "data/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "codec/token_index.h"

static vq_error err;

static void open_all(dataset *ds, const char *dir)
{
    const source_request r = {.data = dir, .split = SPLIT_ALL};
    assert_ok(dataset_open(ds, &r, &err), &err);
}

/* Write the index and give its text back; free(). */
static char *text_of(const dataset *ds, const char *dir, const char *ending)
{
    unsigned char *bytes;
    size_t size;
    const char *path = files_path(dir, "index.tsv");
    assert_ok(token_index_write(ds, ending, path, &err), &err);
    assert_ok(file_read(path, 100000, &bytes, &size, &err), &err);
    char *text = strndup((char *)bytes, size);
    free(bytes);
    return text;
}

static void test_token_index__lines(void **state)
{
    (void)state;
    char dir[256], want[2000];
    dataset ds;
    support_folder_make(dir);
    files_picture(dir, "cats/a\tb\\c\nd.png", 5, 4, 1);
    files_picture(dir, "dogs/2.jpg", 7, 6, 2);
    open_all(&ds, dir);
    char *text = text_of(&ds, dir, NULL);
    snprintf(
        want, sizeof want,
        "path\tlabel\tclass\theight\twidth\n"
        "%s/cats/a\\tb\\\\c\\nd.png\t0\tcats\t4\t5\n%s/dogs/2.jpg\t1\tdogs\t6\t7\n",
        dir, dir);
    assert_string_equal(text, want);
    free(text);
    text = text_of(&ds, dir, ".vqt");
    snprintf(want, sizeof want,
             "file\tpath\tlabel\tclass\theight\twidth\n"
             "00000.vqt\t%s/cats/a\\tb\\\\c\\nd.png\t0\tcats\t4\t5\n"
             "00001.vqt\t%s/dogs/2.jpg\t1\tdogs\t6\t7\n",
             dir, dir);
    assert_string_equal(text, want);
    free(text);
    dataset_close(&ds);
    support_folder_remove(dir);
}

static void test_token_index__without_labels(void **state)
{
    (void)state;
    char dir[256], want[600];
    dataset ds;
    support_folder_make(dir);
    files_picture(dir, "a.png", 5, 4, 1);
    const char *one = files_path(dir, "a.png"), *const two[] = {one, one};
    const source_request r = {.pictures = two, .n_pictures = 2};
    assert_ok(dataset_open(&ds, &r, &err), &err);
    char *text = text_of(&ds, dir, NULL);
    snprintf(want, sizeof want,
             "path\tlabel\tclass\theight\twidth\n%s\t-1\t\t4\t5\n%s\t-1\t\t4\t5\n", one,
             one);
    assert_string_equal(text, want);
    free(text);
    dataset_close(&ds);
    support_folder_remove(dir);
}

/* Another name, another class, another size, another order, one more: another sum. */
static void test_token_index__sum(void **state)
{
    (void)state;
    static const struct {
        const char *name[2];
        int width;
    } sets[] = {{{"x/a.png", "y/b.png"}, 5},
                {{"x/a.png", "y/c.png"}, 5},
                {{"x/a.png", "z/b.png"}, 5},
                {{"x/a.png", "y/b.png"}, 6},
                {{"x/a.png", "x/b.png"}, 5}};
    uint32_t sum[5];
    char dir[256];
    support_folder_make(dir);
    for (int i = 0; i < 5; i++) {
        dataset ds;
        char text[700];
        files_picture(dir, sets[i].name[0], 5, 4, 1);
        files_picture(dir, sets[i].name[1], sets[i].width, 4, 1);
        int n = snprintf(text, sizeof text, "%s\tk%c\n%s\tk%c\n", sets[i].name[0],
                         sets[i].name[0][0], sets[i].name[1], sets[i].name[1][0]);
        files_put(dir, "list.txt", text, (size_t)n);
        open_all(&ds, files_path(dir, "list.txt"));
        sum[i] = token_index_sum(&ds);
        dataset_close(&ds);
        for (int j = 0; j < i; j++)
            assert_int_not_equal(sum[i], sum[j]);
    }
    support_folder_remove(dir);
}

static void test_token_index__sizes(void **state)
{
    (void)state;
    char dir[256], name[64];
    dataset ds;
    int height, width;
    support_folder_make(dir);
    for (int i = 0; i < 30; i++) {
        snprintf(name, sizeof name, "%02d.png", i);
        files_picture(dir, name, 8, 6, i);
    }
    open_all(&ds, dir);
    assert_ok(token_index_one_size(&ds, &height, &width, &err), &err);
    assert_true(height == 6 && width == 8);
    dataset_close(&ds);
    files_picture(dir, "00.png", 8, 7, 0); /* the first is the odd one */
    files_picture(dir, "17.png", 6, 8, 0);
    open_all(&ds, dir);
    assert_fails(token_index_one_size(&ds, &height, &width, &err), VQ_EINPUT, &err,
                 "differ in size, and one array needs one: 2 of 30 are not 8 x 6: '");
    assert_non_null(strstr(err.message, "/00.png' (8 x 7), '"));
    assert_non_null(
        strstr(err.message, "/17.png' (6 x 8) (--each DIR writes a file a picture)"));
    dataset_close(&ds);
    for (int i = 0; i < 29; i++) { /* too many to name them all */
        snprintf(name, sizeof name, "%02d.png", i);
        files_picture(dir, name, 9 + i, 9, i);
    }
    for (int i = 0; i < 32; i++) {
        snprintf(name, sizeof name, "more%02d.png", i);
        files_picture(dir, name, 8, 6, i);
    }
    open_all(&ds, dir);
    assert_fails(token_index_one_size(&ds, &height, &width, &err), VQ_EINPUT, &err,
                 "29 of 62 are not 8 x 6: '");
    int named = 0;
    for (const char *at = err.message; (at = strstr(at, ".png' (")); at++)
        named++;
    const char *more = strstr(err.message, " and ");
    more = more ? strstr(more + 5, " and ") : NULL; /* after "and one array" */
    assert_non_null(more);
    assert_int_equal(named + atoi(more + 5), 29);
    assert_true(named >= 5);
    dataset_close(&ds);
    support_folder_remove(dir);
}

static void test_token_index__beside(void **state)
{
    (void)state;
    char path[VQ_PATH_MAX], deep[VQ_PATH_MAX];
    assert_ok(token_index_beside("a/t.npy", path, &err), &err);
    assert_string_equal(path, "a/t.tsv");
    assert_ok(token_index_beside("a.npy/t", path, &err), &err);
    assert_string_equal(path, "a.npy/t.tsv");
    memset(deep, 'x', sizeof deep);
    deep[VQ_PATH_MAX - 1] = '\0';
    assert_fails(token_index_beside(deep, path, &err), VQ_EUSAGE, &err,
                 "path is longer than 1023 bytes");
}

const struct CMUnitTest test_token_index_suite[] = {
    cmocka_unit_test(test_token_index__lines),
    cmocka_unit_test(test_token_index__without_labels),
    cmocka_unit_test(test_token_index__sum),
    cmocka_unit_test(test_token_index__sizes),
    cmocka_unit_test(test_token_index__beside),
    {0},
};
