/*
 * SPDX-License-Identifier: MIT
 *
 * What a report measures, and draws, by what a run tells and what it leaves out.
 */
#include "report/pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/program.h"
#include "prior/prior.h"
#include "report/trainings.h"
#include "tiny.h"

/* The page of folder/name, with the folder as the working one. */
static char *report_from_folder(const char *name, int pictures)
{
    char before[VQ_PATH_MAX];
    const place its = place_of(name);
    const char *const runs[] = {its.path};
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(folder_path()), 0);
    char *html = pages_report(runs, 1, pictures);
    assert_int_equal(chdir(before), 0);
    return html;
}

/* A model tells what it is and what its data is called, which may be here. */
static void test_report_measure__no_configuration(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "A VQ-VAE, trained on <b>train.bin</b>",
        "16 codes of 8 numbers, one for every 4 &#215; 4 pixels",
        "no configuration that can be read",
        "Trained for 4 steps",
    };
    trainings_model("a", "lr", "0.002");
    assert_int_equal(unlink(in_folder("a/config.json")), 0);
    char *html = report_from_folder("a", 6);
    assert_page_has(html, parts, sizeof parts / sizeof *parts);
    assert_contains(html, "test split</small></th><td>8</td>");
    free(html);
    html = pages_report_one("a", 3);
    assert_page_has(html, parts, sizeof parts / sizeof *parts);
    assert_contains(html, "Not measured anew: cannot open &#39;train.bin&#39;");
    free(html);
}

/* Data of a known name is where the request says, else where the run found it. */
static void test_report_measure__data_folder(void **state)
{
    (void)state;
    vq_error err;
    const place a = place_of("a"), data = place_of("cifar");
    const char *const runs[] = {a.path};
    vq_report_request request = {
        .runs = runs, .n_runs = 1, .images = 5, .threads = 2, .data_dir = data.path};
    trainings_model("a", "lr", "0.002");
    pages_put("a/config.json", "{\"data\": \"cifar10\", \"data_dir\": \"/no/such\"}");
    assert_ok(file_make_dirs(data.path, &err), &err);
    assert_int_equal(rename(in_folder("train.bin"), in_folder("cifar/test_batch.bin")),
                     0);
    char *html = pages_request(&request, 6);
    assert_contains(html, "test split</small></th><td>5</td>");
    free(html);
    request.data_dir = NULL;
    html = pages_request(&request, 3);
    assert_contains(html, "Not measured anew: ");
    assert_contains(html, "/no/such");
    free(html);
}

/* The use of the first books; the others are counted. */
static void test_report_measure__many_books(void **state)
{
    (void)state;
    trainings_model("a", "levels", "9");
    char *html = pages_report_one("a", 6);
    assert_contains(html, "9 codebooks of 16 codes");
    assert_contains(html, ">book 8: ");
    assert_contains(html, "The first 8 of 9 books.");
    assert_page_lacks(html, ">book 9: ");
    free(html);
    trainings_model("b", "levels", "8");
    html = pages_report_one("b", 6);
    assert_contains(html, ">book 8: ");
    assert_page_lacks(html, "The first 8");
    free(html);
}

/* Write the prior of folder/p again, with other facts. */
static void change_prior(uint64_t model, const char *classes)
{
    vq_error err;
    vq_prior *p;
    const place path = place_of("p/model.safetensors");
    assert_ok(vq_prior_open(&p, path.path, &err), &err);
    p->facts.model = model;
    snprintf(p->facts.classes, sizeof p->facts.classes, "%s", classes);
    assert_ok(vq_prior_save(p, path.path, false, &err), &err);
    vq_prior_close(p);
}

/* Classes that have no name have a number. */
static void test_report_measure__class_names(void **state)
{
    (void)state;
    static const struct {
        const char *names, *first, *second, *last;
    } cases[] = {
        {"cat,dog,,,,,,,,fox", "cat", "dog", "fox"},
        {"cat,,x", "cat", "class 1", "class 9"},
        {"cat,dog,", "cat", "dog", "class 9"},
        {"", "class 0", "class 1", "class 9"},
    };
    vq_prior *p;
    vq_error err;
    trainings_model("a", "lr", "0.002");
    trainings_prior("p", "a", "lr", "0.001");
    assert_ok(vq_prior_open(&p, in_folder("p/model.safetensors"), &err), &err);
    const uint64_t model = p->facts.model;
    vq_prior_close(p);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char first[64], second[64], last[64];
        change_prior(model, cases[i].names);
        char *html = pages_report_one("p", 11); /* ten and a sample */
        snprintf(first, sizeof first, "<figcaption>%s</", cases[i].first);
        snprintf(second, sizeof second, "<figcaption>%s</", cases[i].second);
        snprintf(last, sizeof last, "<figcaption>%s</", cases[i].last);
        const char *const parts[] = {first, second, last};
        assert_page_has(html, parts, 3);
        free(html);
    }
}

/* The model of a prior: by name, by its fingerprint, or it is not known. */
static void test_report_measure__model_of_prior(void **state)
{
    (void)state;
    vq_error err;
    char config[VQ_PATH_MAX];
    const place a = place_of("a");
    trainings_model("a", "lr", "0.002");
    trainings_prior("p", "a", "unconditional", "yes");
    pages_put("p/config.json", "{\"first_kernel\": 7}");
    char *html = pages_report_one("p", 1);
    assert_contains(html, "Not measured anew: the model of its codes is not known");
    assert_page_lacks(html, "Drawn anew");
    free(html);
    assert_ok(file_make_dirs(in_folder("runs"), &err), &err);
    assert_int_equal(symlink(in_folder("a"), in_folder("runs/latest")), 0);
    html = report_from_folder("p", 2);
    assert_contains(html, "Drawn anew");
    assert_page_lacks(html, "Not measured");
    free(html);
    change_prior(0, ""); /* of a model that is not known */
    html = report_from_folder("p", 1);
    assert_contains(html, "the model of its codes is not known");
    free(html);
    snprintf(config, sizeof config, "{\"first_kernel\": 7, \"model\": \"%s\"}", a.path);
    pages_put("p/config.json", config);
    free(pages_report_one("p", 2));
}

const struct CMUnitTest test_report_measure_suite[] = {
    folder_test(test_report_measure__no_configuration),
    folder_test(test_report_measure__data_folder),
    folder_test(test_report_measure__many_books),
    folder_test(test_report_measure__class_names),
    folder_test(test_report_measure__model_of_prior),
    {0},
};
