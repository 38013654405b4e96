/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "image/figures.h"

/* Figures that come late, go, or are none; lines that are torn. */
static void test_figures__reads(void **state)
{
    (void)state;
    static const char log[] =
        "{\"step\": 10, \"loss\": 1, \"epoch\": 0.5}\n"
        "{\"step\": 10, \"note\": \"half\"}\n"
        "{\"step\": 20, \"loss\": null, \"late\": 7, \"word\": \"x\"}\n"
        "{\"step\": 20, \"a name of thirty-two letters 890\": 1}\n"
        "not json\n[]\n{\"loss\": 3}\n"
        "{\"step\": 30, \"loss\": 0.25, \"a name of thirty-one letters 89\": 2}\n"
        "{\"step\": 40, \"lo";
    vq_error err;
    figures f;
    const char *path = in_folder("log.jsonl");
    assert_ok(file_write(path, log, strlen(log), &err), &err);
    assert_ok(figures_read(&f, path, &err), &err);
    assert_int_equal(f.n, 3);
    assert_int_equal(f.n_figures, 4);
    assert_true(figures_last(&f, "a name of thirty-one letters 89") == 2);
    assert_true(f.step[0] == 10 && f.step[1] == 20 && f.step[2] == 30);
    const double *loss = figures_find(&f, "loss"), *late = figures_find(&f, "late");
    assert_true(loss[0] == 1 && isnan(loss[1]) && loss[2] == .25);
    assert_true(isnan(late[0]) && late[1] == 7 && isnan(late[2]));
    assert_true(figures_last(&f, "late") == 7);
    assert_true(isnan(figures_last(&f, "note")));
    assert_null(figures_find(&f, "step"));
    figures_release(&f);
    assert_fails(figures_read(&f, in_folder("none"), &err), VQ_EIO, &err, "none");
}

/* More lines than there is room for at first, and more figures than there may be. */
static void test_figures__grows(void **state)
{
    (void)state;
    vq_error err;
    figures f;
    const char *path = in_folder("log.jsonl");
    FILE *log = fopen(path, "w");
    assert_non_null(log);
    for (int i = 1; i <= 600; i++)
        fprintf(log, "{\"step\": %d, \"a%d\": %d, \"loss\": %d}\n", i, i / 20, i, i);
    assert_int_equal(fclose(log), 0);
    assert_ok(figures_read(&f, path, &err), &err);
    assert_int_equal(f.n, 600);
    assert_int_equal(f.n_figures, 32);
    assert_true(figures_find(&f, "loss")[599] == 600);
    assert_true(isnan(figures_find(&f, "a1")[0]));
    assert_true(figures_find(&f, "a1")[19] == 20);
    figures_release(&f);
}

/* Every allocation fails in turn. */
static void test_figures__out_of_memory(void **state)
{
    (void)state;
    vq_error err;
    figures f;
    const char *path = in_folder("log.jsonl");
    char log[20000] = "";
    for (int i = 1; i <= 600; i++) /* more than there is room for at first */
        sprintf(log + strlen(log), "{\"step\": %d, \"%c\": 1}\n", i, i % 2 ? 'a' : 'b');
    assert_ok(file_write(path, log, strlen(log), &err), &err);
    support_alloc_reset();
    assert_ok(figures_read(&f, path, &err), &err);
    figures_release(&f);
    const long n = support_alloc_count();
    for (long i = 1; i <= n; i++) {
        support_alloc_fail_at(i);
        if (figures_read(&f, path, &err) == VQ_OK)
            figures_release(&f);
        support_alloc_fail_at(0);
    }
}

const struct CMUnitTest test_figures_suite[] = {
    folder_test(test_figures__reads),
    folder_test(test_figures__grows),
    folder_test(test_figures__out_of_memory),
    {0},
};
