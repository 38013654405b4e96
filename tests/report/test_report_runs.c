/*
 * SPDX-License-Identifier: MIT
 *
 * What a page says of a run by its configuration, its log and its samples, which here
 * are written and not trained.
 */
#include "report/pages.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "cli/program.h"

/* A line of a log. */
#define LINE(step, rest) "{\"step\": " #step ", \"nmse\": 0.5" rest "}\n"

/* Whether it was finished, and how long it took, as far as what there is tells. */
static void test_report_runs__state(void **state)
{
    (void)state;
    static const struct {
        const char *config, *log, *says;
    } cases[] = {
        {"{\"steps\": 4, \"batch_size\": 12}", LINE(4, ""),
         "<p>Finished: 4 steps, 12 pictures a batch.</p>"},
        {"{\"steps\": 9, \"batch_size\": 12}", LINE(4, ""),
         "<p>Stopped at step 4 of 9, 12 pictures a batch.</p>"},
        {"{\"steps\": 0, \"epochs\": 2, \"batch_size\": 12}", LINE(4, ", \"epoch\": 2"),
         "<p>Finished: 4 steps, 12 pictures a batch, 2 epochs.</p>"},
        {"{\"steps\": 0, \"epochs\": 2, \"batch_size\": 12}",
         LINE(4, ", \"epoch\": 1.5"),
         "<p>Trained for 4 steps, 12 pictures a batch, 1.5 epochs.</p>"},
        {"{\"steps\": 0, \"epochs\": 2, \"time_budget\": \"1h\", \"batch_size\": 12}",
         LINE(4, ", \"epoch\": 2"),
         "<p>Trained for 4 steps, 12 pictures a batch, 2 epochs.</p>"},
        {"{\"steps\": 4, \"batch_size\": 12}", LINE(4, ", \"images_per_s\": 24"),
         "12 pictures a batch, in 2 seconds.</p>"},
        {"{\"steps\": 4, \"batch_size\": 12}", LINE(4, ", \"images_per_s\": 0.5"),
         "12 pictures a batch, in 1.6 minutes.</p>"},
        /* a speed that is none, and a step that is there twice, take no time */
        {"{\"steps\": 8, \"batch_size\": 12}",
         LINE(4, ", \"images_per_s\": 24") LINE(6, ", \"images_per_s\": 0")
             LINE(6, ", \"images_per_s\": 1") LINE(8, ", \"images_per_s\": 24"),
         "<p>Finished: 8 steps, 12 pictures a batch, in 3 seconds.</p>"},
        {"{\"steps\": 4, \"batch_size\": 12}", "",
         "<p>Stopped at step 0 of 4, 12 pictures a batch.</p>"},
        {"[4]", LINE(4, ""), "<p>Trained for 4 steps.</p>"},
        {"{\"steps\": ", LINE(4, ""), "It has no configuration that can be read."},
        {"[4]", LINE(4, ""), "It has no configuration that can be read."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pages_put_run("run", cases[i].config, cases[i].log);
        char *html = pages_report_one("run", 0);
        assert_contains(html, cases[i].says);
        free(html);
    }
}

/* A run whose folder is locked goes on at this moment, however many steps it has. */
static void test_report_runs__training_now(void **state)
{
    (void)state;
    pages_put_run("run", "{\"steps\": 4, \"batch_size\": 12}", LINE(4, ""));
    const int fd = fd_open(in_folder("run/.lock"), O_RDWR | O_CREAT, 0666);
    assert_true(fd_lock(fd, LOCK_EX));
    char *html = pages_report_one("run", 0);
    assert_contains(html, "<p>Training at this moment: step 4 of 4, 12 pictures");
    free(html);
    fd_close(fd);
    html = pages_report_one("run", 0);
    assert_contains(html, "<p>Finished: 4 steps");
    free(html);
}

#define BY_DEFAULT "Every option is as by default."
#define UNKNOWN "<td class=\"from\">not known to this version</td>"

/* Options beside those of the run's preset; what this version does not know is kept. */
static void test_report_runs__options(void **state)
{
    (void)state;
    static const struct {
        const char *config, *says, *lacks;
    } cases[] = {
        {"{}", BY_DEFAULT, "<details>"},
        {"{\"version\": \"0\"}", BY_DEFAULT, "<details>"},
        {"{\"preset\": \"sonnet\", \"lr\": \"3e-4\"}", BY_DEFAULT, "class=\"from\""},
        {"{\"preset\": \"sonnet\", \"lr\": \"3e-4\"}", "The other 2 options",
         "class=\"from\""},
        {"{\"preset\": \"sonnet\", \"lr\": 0.5}",
         "<code>lr</code></th><td>0.5</td><td class=\"from\">0.0003</td>", BY_DEFAULT},
        {"{\"lr\": 0.5}",
         "<code>lr</code></th><td>0.5</td><td class=\"from\">0.002</td>", "<details>"},
        /* of a preset that came later: the usual values are those of ours */
        {"{\"preset\": \"later\", \"lr\": 0.5}",
         "<code>lr</code></th><td>0.5</td><td class=\"from\">0.002</td>", BY_DEFAULT},
        {"{\"preset\": \"later\", \"lr\": 0.5}",
         "<code>preset</code></th><td>later</td>" UNKNOWN, BY_DEFAULT},
        {"{\"lr\": [0.5]}", "<code>lr</code></th><td>...</td>" UNKNOWN, BY_DEFAULT},
        {"{\"gr\xc3\xb6_x\": 1}", "<code>gr\?\?-x</code></th><td>1</td>" UNKNOWN,
         BY_DEFAULT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pages_put_run("run", cases[i].config, LINE(4, ""));
        char *html = pages_report_one("run", 0);
        assert_contains(html, cases[i].says);
        assert_page_lacks(html, cases[i].lacks);
        free(html);
    }
}

/* More options than a page has room for: the first 96 stay. */
static void test_report_runs__many_options(void **state)
{
    (void)state;
    char config[8192] = "{\"lr\": 0.5";
    for (int i = 0; i < 120; i++) {
        const size_t n = strlen(config);
        snprintf(config + n, sizeof config - n, ", \"new_%d\": %d", i, i);
    }
    strcat(config, "}");
    pages_put_run("run", config, LINE(4, ""));
    char *html = pages_report_one("run", 0);
    assert_int_equal(pages_count(html, UNKNOWN), 96);
    assert_contains(html, "<code>new-95</code></th><td>95</td>");
    assert_page_lacks(html, "<code>new-96</code>");
    assert_page_lacks(html, "The other");
    free(html);
}

/* What a prior of unknown kind says, and does not. */
static void test_report_runs__prior_of_no_model(void **state)
{
    (void)state;
    pages_put_run("p", "{\"first_kernel\": 7, \"width\": 5, \"depth\": 3}",
                  LINE(4, ""));
    char *html = pages_report_one("p", 0);
    assert_contains(html, "</b>: 3 gated layers of 5 channels.</p>");
    assert_page_lacks(html, "of the codes of");
    free(html);
    pages_put_run("p", "{\"first_kernel\": 7, \"model\": \"a<b\"}", LINE(4, ""));
    html = pages_report_one("p", 0);
    assert_contains(html, ", of the codes of <b>a&lt;b</b>: ");
    free(html);
}

/* The level of all codes is in a chart of runs that have as many, and in no other. */
static void test_report_runs__level(void **state)
{
    (void)state;
    static const char log[] = "{\"step\": 1, \"perplexity\": 5}\n"
                              "{\"step\": 2, \"perplexity\": 6}\n";
    static const char level[] = ">all codes</text>";
    pages_put_run("a", "{\"codes\": 16}", log);
    pages_put_run("b", "{\"codes\": 16}", log);
    const place a = place_of("a"), b = place_of("b");
    const char *const runs[] = {a.path, b.path};
    char *html = pages_report(runs, 2, 0);
    assert_contains(html, level);
    free(html);
    pages_put_run("b", "{\"codes\": 17}", log);
    html = pages_report(runs, 2, 0);
    assert_page_lacks(html, level);
    free(html);
    /* how many another has is not known, though by default it would be as many */
    pages_put_run("a", "{\"codes\": 512}", log);
    pages_put_run("b", "{}", log);
    html = pages_report(runs, 2, 0);
    assert_contains(html, level);
    free(html);
    pages_put_run("b", "[]", log);
    html = pages_report(runs, 2, 0);
    assert_page_lacks(html, level);
    free(html);
}

/* Pictures of samples are those that are called after a step. */
static void test_report_runs__samples(void **state)
{
    (void)state;
    static const char *const names[] = {
        "run/samples/000007.png",     "run/samples/.png",
        "run/samples/x.png",          "run/samples/000009.txt",
        "run/samples/000008.png.png", "run/samples/-00003.png"};
    vq_error err;
    pages_put_run("run", "{}", LINE(9, ""));
    assert_ok(file_make_dirs(in_folder("run/samples"), &err), &err);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        program_picture(in_folder("picture.png"), 8, 8);
        assert_int_equal(rename(in_folder("picture.png"), in_folder(names[i])), 0);
    }
    char *html = pages_report_one("run", 1);
    assert_contains(html, "After 7 steps");
    assert_int_equal(pages_count(html, "<figcaption>"), 1); /* none that is missed */
    free(html);
}

/* The run's folder by a name of so many bytes. */
static void lengthen(char path[VQ_PATH_MAX], size_t length)
{
    snprintf(path, VQ_PATH_MAX, "%s", in_folder("run"));
    for (size_t n = strlen(path); n < length; n++)
        path[n] = '/';
    path[length] = '\0';
}

/* Names that fit for some of a run's files only. */
static void test_report_runs__long_path(void **state)
{
    (void)state;
    const size_t room = VQ_PATH_MAX - 1;
    char path[VQ_PATH_MAX];
    vq_error err;
    const place out = place_of("page.html");
    const char *const runs[] = {path};
    const vq_report_request request = {
        .runs = runs, .n_runs = 1, .out = out.path, .images = 8, .threads = 1};
    pages_put_run("run", "{}", LINE(7, ""));
    lengthen(path, room - strlen("config.json"));
    char *html = pages_request(&request, 0);
    assert_contains(html, "No model to measure: path is longer than 1023 bytes");
    free(html);
    lengthen(path, room - strlen("model.safetensors"));
    html = pages_request(&request, 0);
    assert_contains(html, "No model to measure: it has saved no model yet");
    free(html);
    assert_ok(file_make_dirs(in_folder("run/samples"), &err), &err);
    program_picture(in_folder("run/samples/000007.png"), 8, 8);
    assert_fails(vq_report(&request, NULL, &err), VQ_EUSAGE, &err, "path is longer");
    lengthen(path, room - strlen("samples/000007.png"));
    free(pages_request(&request, 1));
    lengthen(path, room - strlen("config.json") + 1);
    assert_fails(vq_report(&request, NULL, &err), VQ_EUSAGE, &err, "path is longer");
    lengthen(path, room);
    assert_fails(vq_report(&request, NULL, &err), VQ_EUSAGE, &err, "path is longer");
}

const struct CMUnitTest test_report_runs_suite[] = {
    folder_test(test_report_runs__state),
    folder_test(test_report_runs__training_now),
    folder_test(test_report_runs__options),
    folder_test(test_report_runs__many_options),
    folder_test(test_report_runs__prior_of_no_model),
    folder_test(test_report_runs__level),
    folder_test(test_report_runs__samples),
    folder_test(test_report_runs__long_path),
    {0},
};
