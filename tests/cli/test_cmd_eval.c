/*
 * SPDX-License-Identifier: MIT
 *
 * The scores of every image that eval --csv writes.
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "program.h"

#define IN "cd '%s'; export VQVAE_MODEL=run/model.safetensors; "
#define HEADER "image,name,label,class,height,width,mse,psnr,ssim,ssim_luma"

/* A folder with a tiny model in run/, and three pictures of two classes in set/. */
static void set_up(char folder[256])
{
    static const char *const names[] = {"set/a b", "set/c,d", "set/a b/1.png",
                                        "set/a b/say \"2\".png", "set/c,d/3.png"};
    char path[300];
    support_folder_make(folder);
    program_model(folder);
    snprintf(path, sizeof path, "%s/set", folder);
    assert_int_equal(mkdir(path, 0777), 0);
    for (int i = 0; i < 5; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        if (i < 2)
            assert_int_equal(mkdir(path, 0777), 0);
        else
            program_picture(path, 16 + 8 * i, 24);
    }
}

static void test_cmd_eval__csv_quotes(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    const ran *r = program_run(IN "vqvae eval -q --data set --split all --refine 0 "
                                  "--csv s.csv >/dev/null && cat s.csv",
                               folder);
    assert_ran(r, 0, HEADER "\n", "");
    assert_contains(r->out, "\n0,set/a b/1.png,0,a b,24,32,");
    assert_contains(r->out, "\n1,\"set/a b/say \"\"2\"\".png\",0,a b,24,40,");
    assert_contains(r->out, "\n2,\"set/c,d/3.png\",1,\"c,d\",24,48,");
    support_folder_remove(folder);
}

/* The mean of a column of the CSV text, whose names hold no commas. */
static double mean_of(const char *csv, int column, int *rows)
{
    double sum = 0;
    *rows = 0;
    while ((csv = strchr(csv, '\n')) && *++csv) {
        const char *at = csv;
        for (int i = 0; i < column; i++)
            at = strchr(at, ',') + 1;
        sum += strtod(at, NULL);
        ++*rows;
    }
    return sum / *rows;
}

/* The means of the columns from `first` on are the scores of the object. */
static void check_means(const char *csv, int first, const json_t *scores)
{
    static const char *const keys[] = {"mse", "psnr_mean", "ssim", "ssim_luma"};
    for (int i = 0; i < 4; i++) {
        int rows;
        const double mean = mean_of(csv, first + i, &rows);
        const double want = json_number_value(json_object_get(scores, keys[i]));
        if (rows != 16 || !(fabs(mean - want) <= 1e-7 * fabs(want)))
            fail_msg("%d rows, mean %s %.9g, want %.9g", rows, keys[i], mean, want);
    }
}

/* The columns' means are what eval says, of both kinds of codes and of one alone. */
static void test_cmd_eval__csv_means(void **state)
{
    (void)state;
    char folder[256];
    support_folder_make(folder);
    program_model(folder);
    const ran *r = program_run(IN "vqvae eval -q --data data.bin --refine 2 --json "
                                  "--csv s.csv >&2; cat s.csv",
                               folder);
    assert_ran(r, 0, HEADER ",plain_mse,plain_psnr,plain_ssim,plain_ssim_luma\n", "");
    assert_contains(r->out, "\n3,data.bin[3],3,cat,32,32,");
    json_t *scores = json_loads(r->err, 0, NULL);
    assert_non_null(scores);
    check_means(r->out, 6, scores);
    check_means(r->out, 10, json_object_get(scores, "plain"));
    json_decref(scores);
    /* with - the rows are alone on standard output */
    r = program_run(IN "vqvae eval -q --data data.bin --refine 0 --json --csv -",
                    folder);
    assert_ran(r, 0, HEADER "\n0,data.bin[0],0,", "{\"mse\": ");
    scores = json_loads(r->err, 0, NULL);
    check_means(r->out, 6, scores);
    json_decref(scores);
    support_folder_remove(folder);
}

/* A file is there whole or not at all, and what is wrong with its name is said first.
 */
static void test_cmd_eval__csv_faults(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    assert_ran(program_run(IN
                           "head -c 200 'set/c,d/3.png' >cut; mv cut 'set/c,d/3.png'; "
                           "vqvae eval --data set --split all --refine 0 --csv "
                           "s.csv; code=$?; ls; exit $code",
                           folder),
               3, "data.bin\nrun\nset\n", "set/c,d/3.png");
    assert_ran(program_run(IN "vqvae eval --data data.bin --csv no/s.csv", folder), 4,
               "", "no/s.csv");
    assert_ran(
        program_run(IN "vqvae eval --data data.bin --refine 0 --csv /dev/full", folder),
        4, "", "cannot write '/dev/full': No space left");
    assert_ran(program_run(IN "vqvae eval --data data.bin --prior builtin --csv s.csv",
                           folder),
               2, "", "--csv does not go with --prior");
    support_folder_remove(folder);
}

const struct CMUnitTest test_cmd_eval_suite[] = {
    cmocka_unit_test(test_cmd_eval__csv_quotes),
    cmocka_unit_test(test_cmd_eval__csv_means),
    cmocka_unit_test(test_cmd_eval__csv_faults),
    {0},
};
