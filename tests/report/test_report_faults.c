/*
 * SPDX-License-Identifier: MIT
 *
 * A disk and a memory that fail, in every place of a report.
 */
#include "report/pages.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "report/html.h"
#include "report/trainings.h"

static char model_run[400], prior_run[400];

static vq_status report_run(const char *run, vq_error *err)
{
    char out[400];
    snprintf(out, sizeof out, "%s", in_folder("page.html"));
    const char *const runs[] = {run};
    const vq_report_request request = {
        .runs = runs, .n_runs = 1, .out = out, .images = 1, .threads = 1};
    return vq_report(&request, NULL, err);
}

static vq_status report_model(vq_error *err)
{
    return report_run(model_run, err);
}

static vq_status report_prior(vq_error *err)
{
    return report_run(prior_run, err);
}

static void remove_page(void)
{
    unlink(in_folder("page.html"));
}

static int entries;

/* A page that is sound, or none, and no picture beside it. */
static void assert_page_or_none(vq_status status)
{
    char why[256];
    assert_int_equal(file_exists(in_folder("page.html")), status == VQ_OK);
    assert_int_equal(folder_entries(), entries + (status == VQ_OK));
    if (status != VQ_OK)
        return;
    char *html = pages_read(in_folder("page.html"));
    if (!html_is_sound(html, why))
        fail_msg("%s", why);
    free(html);
}

/* What cannot be had of a run for another reason than memory is said on the page. */
static const call_fault faults[] = {
    {ALLOCATION, ENOMEM, EVERY, "memory"},
    {"read", EIO, SOME, ""},
    {"write", ENOSPC, SOME, "No space left"},
    {"rename", EACCES, SOME, ""},
    {"fdopendir", EIO, SOME, ""},
    {"getentropy", EIO, SOME, "Input/output error"},
    {"realpath", EACCES, 0, ""}, /* the run goes by the name that it was given */
    {0},
};

static void test_report_faults__model(void **state)
{
    (void)state;
    trainings_model("a", "lr", "0.002");
    snprintf(model_run, sizeof model_run, "%s", in_folder("a"));
    entries = folder_entries();
    assert_place_faults(faults, remove_page, report_model, assert_page_or_none);
}

static void test_report_faults__prior(void **state)
{
    (void)state;
    trainings_model("a", "lr", "0.002");
    trainings_prior("p", "a", "unconditional", "yes");
    snprintf(prior_run, sizeof prior_run, "%s", in_folder("p"));
    entries = folder_entries();
    assert_place_faults(faults, remove_page, report_prior, assert_page_or_none);
}

/* A part of the page of folder/page.html. */
static bool page_says(const char *part)
{
    char *html = pages_read(in_folder("page.html"));
    const bool says = strstr(html, part) != NULL;
    free(html);
    return says;
}

/* A picture that gets no name on the disk: the others go, too, and the page says why.
 */
static void test_report_faults__nameless_picture(void **state)
{
    (void)state;
    vq_error err;
    trainings_model("a", "lr", "0.002");
    snprintf(model_run, sizeof model_run, "%s", in_folder("a"));
    entries = folder_entries();
    for (int n = 1; n <= 3; n++) {
        call_fail_at("getentropy", n, EIO);
        const vq_status status = report_model(&err);
        assert_true(call_failed());
        assert_page_or_none(status);
        assert_true(page_says("Not measured anew: cannot name a picture beside"));
        assert_false(page_says("<h2>Best and worst</h2>"));
        assert_true(page_says("<h2>Samples of the training</h2>"));
    }
    assert_ok(report_model(&err), &err);
    assert_true(page_says("<h2>Best and worst</h2>"));
}

static int stop(double done, void *user)
{
    (void)done, (void)user;
    return 1;
}

/* A prior whose model is another by now, or is gone: its page says so. */
static void test_report_faults__other_model(void **state)
{
    (void)state;
    vq_error err;
    char far[VQ_PATH_MAX + 8];
    trainings_model("a", "lr", "0.002");
    trainings_prior("p", "a", "unconditional", "yes");
    snprintf(prior_run, sizeof prior_run, "%s", in_folder("p"));
    const char *const runs[] = {prior_run};
    vq_report_request request = {.runs = runs, .n_runs = 1, .images = 1, .work = stop};
    assert_fails(vq_report(&request, NULL, &err), VQ_ESTOPPED, &err, "stopped");
    memset(far, 'x', sizeof far);
    far[sizeof far - 1] = '\0';
    request.out = far;
    assert_fails(vq_report(&request, NULL, &err), VQ_EUSAGE, &err, "path is longer");
    support_folder_remove(in_folder("a"));
    assert_ok(report_prior(&err), &err);
    assert_true(page_says("Not measured anew: cannot open"));
    trainings_model("a", "lr", "0.004");
    assert_ok(report_prior(&err), &err);
    assert_true(page_says("belongs to another model"));
}

const struct CMUnitTest test_report_faults_suite[] = {
    folder_test(test_report_faults__model),
    folder_test(test_report_faults__prior),
    folder_test(test_report_faults__nameless_picture),
    folder_test(test_report_faults__other_model),
    {0},
};
