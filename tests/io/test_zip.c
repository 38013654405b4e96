/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "io/zip.h"
#include "io/zip_build.h"

static vq_error err;

static void build(zip_file *f)
{
    *f = (zip_file){0};
    zip_build_add(f, "b/two", "22", 2);
    zip_build_add(f, "a", "one", 3);
    zip_build_add(f, "b/", "", 0);
    zip_build_end(f);
}

/* Parse a copy of exactly that size and read every entry. */
static vq_status read_all(const unsigned char *bytes, size_t size)
{
    zip z;
    unsigned char *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    vq_status status = zip_parse(&z, "z", copy, size, &err);
    for (int i = 0; status == VQ_OK && i < z.n; i++) {
        const unsigned char *data;
        size_t n;
        status = zip_data(&z, &z.entry[i], &data, &n, &err);
        unsigned sum = 0;
        for (size_t k = 0; status == VQ_OK && k < n; k++)
            sum += data[k]; /* ASan: all of it is there */
        assert_true(status != VQ_OK || sum <= 255 * n);
    }
    zip_release(&z);
    free(copy);
    return status;
}

static void test_zip__entries(void **state)
{
    (void)state;
    zip_file f;
    zip z;
    const unsigned char *data;
    size_t size;
    build(&f);
    assert_ok(zip_parse(&z, "z", f.bytes, f.size, &err), &err);
    assert_int_equal(z.n, 3);
    const zip_entry *e = zip_find(&z, "b/two", 5);
    assert_non_null(e);
    assert_ok(zip_data(&z, e, &data, &size, &err), &err);
    assert_int_equal(size, 2);
    assert_memory_equal(data, "22", 2);
    e = zip_find(&z, "a", 1);
    assert_non_null(e);
    assert_ok(zip_data(&z, e, &data, &size, &err), &err);
    assert_memory_equal(data, "one", 3);
    e = zip_find(&z, "b/", 2);
    assert_non_null(e);
    assert_int_equal(e->size, 0);
    assert_null(zip_find(&z, "b", 1));
    assert_null(zip_find(&z, "b/two!", 6));
    zip_release(&z);
    memcpy(f.bytes + f.size, "!", 1); /* a comment of one byte */
    f.bytes[f.size - 2] = 1;
    assert_ok(zip_parse(&z, "z", f.bytes, f.size + 1, &err), &err);
    assert_int_equal(z.n, 3);
    zip_release(&z);
}

/* Each is found among names that begin alike. */
static void test_zip__names_within_names(void **state)
{
    (void)state;
    static const char *const names[] = {"data/10", "data/", "data/1", "d", "data/100"};
    zip_file f = {0};
    zip z;
    for (size_t i = 0; i < 5; i++)
        zip_build_add(&f, names[i], names[i], strlen(names[i]));
    zip_build_end(&f);
    assert_ok(zip_parse(&z, "z", f.bytes, f.size, &err), &err);
    for (size_t i = 0; i < 5; i++) {
        const zip_entry *e = zip_find(&z, names[i], strlen(names[i]));
        assert_non_null(e);
        assert_int_equal(e->size, strlen(names[i]));
    }
    assert_null(zip_find(&z, "data/1000", 9));
    assert_null(zip_find(&z, "data", 4));
    zip_release(&z);
}

static void test_zip__faults(void **state)
{
    (void)state;
    zip_file f;
    build(&f);
    const size_t end = f.size - 22;
    assert_fails(read_all(f.bytes, 0), VQ_EINPUT, &err,
                 "'z': zip archive: it has no directory at its end: it was cut short");
    f.bytes[end + 16]++;
    assert_fails(read_all(f.bytes, f.size), VQ_EINPUT, &err,
                 "its directory is not where its end says");
    build(&f);
    f.bytes[f.directory] = 'x';
    assert_fails(read_all(f.bytes, f.size), VQ_EINPUT, &err,
                 "its directory is damaged");
    build(&f);
    f.bytes[f.entry[1].at] = 'x'; /* where an entry is, none begins */
    assert_fails(read_all(f.bytes, f.size), VQ_EINPUT, &err, "'a'");
    build(&f);
    f.bytes[f.directory + 28] = 255; /* a long name */
    assert_fails(read_all(f.bytes, f.size), VQ_EINPUT, &err,
                 "its directory is damaged");
    build(&f);
    static const int compressed[][2] = {{8, 1}, {10, 8}, {24, 3}};
    for (int i = 0; i < 3; i++) { /* flags, method, size */
        build(&f);
        f.bytes[f.directory + compressed[i][0]] = (unsigned char)compressed[i][1];
        assert_fails(read_all(f.bytes, f.size), VQ_EINPUT, &err,
                     "'b/two' is compressed or encrypted");
    }
    char name[251] = "";
    memset(name, 'n', 250);
    f = (zip_file){0};
    zip_build_add(&f, name, "", 0);
    zip_build_end(&f);
    f.bytes[f.directory + 10] = 8;
    name[200] = '\0'; /* as much of it as a message has room for */
    assert_fails(read_all(f.bytes, f.size), VQ_EINPUT, &err, "n' is compressed");
    assert_non_null(strstr(err.message, name));
    build(&f);
    f.bytes[f.directory + 42] = 1;
    assert_fails(read_all(f.bytes, f.size), VQ_EINPUT, &err,
                 "'b/two' is not where it says");
    build(&f);
    f.bytes[f.directory + 44] = 1;
    assert_fails(read_all(f.bytes, f.size), VQ_EINPUT, &err,
                 "'b/two' is not where it says");
    build(&f);
    f.bytes[f.directory + 21] = f.bytes[f.directory + 25] = 9; /* a size of 2306 */
    assert_fails(read_all(f.bytes, f.size), VQ_EINPUT, &err,
                 "'b/two' is not where it says");
    build(&f);
    memset(f.bytes + end + 16, 255, 4);
    assert_fails(read_all(f.bytes, f.size), VQ_EINPUT, &err, "or 4 GiB");
    build(&f);
    f.bytes[end + 10] = f.bytes[end + 11] = 255;
    assert_fails(read_all(f.bytes, f.size), VQ_EINPUT, &err, "more than 65534 entries");
    f = (zip_file){0};
    zip_build_add(&f, "a", "1", 1);
    zip_build_add(&f, "a", "2", 1);
    zip_build_end(&f);
    assert_fails(read_all(f.bytes, f.size), VQ_EINPUT, &err, "it holds an entry twice");
}

/* A comment of any length, no entries, and of an entry a comment, more fields and no
 * name. */
static void test_zip__odd_archives(void **state)
{
    (void)state;
    enum { MOST = 65535 };
    zip z;
    zip_file f = {0};
    zip_build_end(&f);
    assert_ok(zip_parse(&z, "z", f.bytes, f.size, &err), &err);
    assert_int_equal(z.n, 0);
    zip_release(&z);
    build(&f);
    unsigned char *bytes = calloc(1, f.size + MOST + 1);
    memcpy(bytes, f.bytes, f.size);
    bytes[f.size - 2] = bytes[f.size - 1] = 0xff;
    assert_ok(read_all(bytes, f.size + MOST), &err);
    assert_fails(read_all(bytes, f.size + MOST + 1), VQ_EINPUT, &err, "no directory");
    free(bytes);

    build(&f); /* the first entry of the directory with five bytes behind its name */
    const size_t next = f.directory + 46 + 5, end = f.size - 22;
    memmove(f.bytes + next + 5, f.bytes + next, f.size - next);
    f.bytes[f.directory + 30] = 3;
    f.bytes[f.directory + 32] = 2;
    f.bytes[end + 5 + 12] += 5;
    assert_ok(read_all(f.bytes, f.size + 5), &err);

    f = (zip_file){0};
    zip_build_add(&f, "", "22", 2);
    zip_build_end(&f);
    assert_ok(read_all(f.bytes, f.size), &err);
    f.bytes[f.directory + 42] = (unsigned char)f.size; /* a header that the file ends */
    memcpy(f.bytes + f.size, "PK\3\4 and so", 12);
    f.bytes[f.size - 2] = 12;
    assert_fails(read_all(f.bytes, f.size + 12), VQ_EINPUT, &err,
                 "'' is not where it says");
}

static void test_zip__truncated_and_flipped(void **state)
{
    (void)state;
    zip_file f;
    build(&f);
    for (size_t n = 0; n < f.size; n++)
        assert_fails(read_all(f.bytes, n), VQ_EINPUT, &err, "'z': zip archive: ");
    int refused = 0;
    for (size_t bit = 0; bit < 8 * f.size; bit++) {
        f.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        vq_status status = read_all(f.bytes, f.size);
        if (status != VQ_OK)
            assert_fails(status, VQ_EINPUT, &err, "'z': zip archive: ");
        refused += status != VQ_OK;
        f.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    assert_true(refused > 500); /* what is left are dates, CRCs, names and data */
}

static void test_zip__no_memory(void **state)
{
    (void)state;
    zip_file f;
    zip z;
    build(&f);
    support_alloc_fail_at(1);
    vq_status status = zip_parse(&z, "z", f.bytes, f.size, &err);
    support_alloc_fail_at(0);
    assert_fails(status, VQ_ENOMEM, &err, "out of memory");
}

const struct CMUnitTest test_zip_suite[] = {
    cmocka_unit_test(test_zip__entries),
    cmocka_unit_test(test_zip__names_within_names),
    cmocka_unit_test(test_zip__faults),
    cmocka_unit_test(test_zip__odd_archives),
    cmocka_unit_test(test_zip__truncated_and_flipped),
    cmocka_unit_test(test_zip__no_memory),
    {0},
};
