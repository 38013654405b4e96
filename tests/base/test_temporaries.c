/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

/* Of writers open at once all files go; those committed or given up are not touched. */
static void test_temporaries__removed_on_the_way_out(void **state)
{
    (void)state;
    char folder[256], path[300];
    file_writer w[4];
    vq_error err;
    support_folder_make(folder);
    snprintf(path, sizeof path, "%s/first", folder);
    assert_ok(file_writer_open(&w[0], path, &err), &err);
    vq_remove_temporaries();
    assert_false(file_exists(w[0].temp));
    const int slot = w[0].slot;
    file_writer_abort(&w[0]);
    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/%d", folder, i);
        assert_ok(file_writer_open(&w[i], path, &err), &err);
        assert_true(file_exists(w[i].temp));
    }
    assert_int_equal(w[0].slot, slot);
    assert_ok(file_writer_commit(&w[0], &err), &err);
    file_writer_abort(&w[1]);
    vq_remove_temporaries();
    assert_false(file_exists(w[2].temp));
    assert_false(file_exists(w[3].temp));
    snprintf(path, sizeof path, "%s/0", folder);
    assert_true(file_exists(path));
    assert_fails(file_writer_commit(&w[2], &err), VQ_EIO, &err, "cannot replace");
    file_writer_abort(&w[3]);
    support_folder_remove(folder);
}

/* The list has an end; whoever comes too late is told, and places are given back. */
static void test_temporaries__many_at_once(void **state)
{
    (void)state;
    enum { MANY = 200 };
    char name[TEMPORARY_PATH_MAX];
    int slot[MANY], n = 0;
    while (n < MANY && (slot[n] = temporary_name("a/b", name)) >= 0)
        n++;
    assert_in_range(n, 16, MANY - 1);
    assert_int_equal(strncmp(name, "a/.vqvae-", 9), 0);
    assert_int_equal(temporary_name("a/b", name), -1);
    for (int i = 0; i < n; i++)
        temporary_forget(slot[i]);
    for (int i = 0; i < n; i++) /* there is room for as many again */
        assert_true((slot[i] = temporary_name("b", name)) >= 0);
    for (int i = 1; i < n; i++)
        temporary_forget(slot[i]);
    assert_int_equal(strncmp(name, ".vqvae-", 7), 0);
    temporary_forget(slot[0]);
    temporary_forget(-1); /* of one that was not to be had */
    assert_int_equal(temporary_name("b", name), slot[0]);
    temporary_forget(slot[0]);
}

static void test_temporaries__targets(void **state)
{
    (void)state;
    char folder[256], path[300];
    int ends[2];
    vq_error err;
    support_folder_make(folder);
    assert_int_equal(pipe(ends), 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", ends[1]); /* which takes no file */
    assert_ok(file_check_target(path, &err), &err);
    close(ends[0]);
    close(ends[1]);
    assert_ok(file_check_target("-", &err), &err);
    assert_ok(file_check_target("/dev/null", &err), &err);
    assert_ok(file_check_target("new", &err), &err);
    snprintf(path, sizeof path, "%s/new", folder);
    assert_ok(file_check_target(path, &err), &err);
    assert_false(file_exists(path));
    assert_fails(file_check_target(folder, &err), VQ_EIO, &err, "Is a directory");
    assert_fails(file_check_target("", &err), VQ_EIO, &err, "No such file");
    snprintf(path, sizeof path, "%s/no/new", folder);
    assert_fails(file_check_target(path, &err), VQ_EIO, &err, "No such file");
    snprintf(path, sizeof path, "%s/file", folder);
    assert_ok(file_write(path, "x", 1, &err), &err);
    snprintf(path, sizeof path, "%s/file/new", folder);
    assert_fails(file_check_target(path, &err), VQ_EIO, &err, "Not a directory");
    support_folder_remove(folder);
}

const struct CMUnitTest test_temporaries_suite[] = {
    cmocka_unit_test(test_temporaries__removed_on_the_way_out),
    cmocka_unit_test(test_temporaries__many_at_once),
    cmocka_unit_test(test_temporaries__targets),
    {0},
};
