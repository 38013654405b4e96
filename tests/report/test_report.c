/* SPDX-License-Identifier: MIT */
#include "report/pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/program.h"
#include "report/trainings.h"

static void test_report__one_run(void **state)
{
    (void)state;
    trainings_model("a", "lr", "0.002");
    const place a = place_of("a");
    const char *const runs[] = {a.path};
    const int before = folder_entries();
    /* three samples, the worst, the best, the atlas */
    char *html = pages_report(runs, 1, 6);
    static const char *const parts[] = {
        "<h1>a</h1>",
        "16 codes of 8 numbers, one for every 4 &#215; 4 pixels",
        "Finished: 4 steps, 12 pictures a batch",
        "<code>lr</code></th><td>0.002</td><td class=\"from\">0.0003</td>",
        "<code>batch-size</code></th><td>12</td><td class=\"from\">32</td>",
        ">pictures <small>evenly spread over the test split</small></th><td>8</td>",
        ">Error of the training batches</text>",
        ">minutes of training</text>",
        ">codes, most used first</text>",
        "Before the first step",
        "After 2 steps",
        "After 4 steps",
        "at most 8 pictures of the test split",
    };
    assert_page_has(html, parts, sizeof parts / sizeof *parts);
    assert_page_lacks(html, "held-out");
    free(html);
    assert_int_equal(folder_entries(), before); /* no picture is left */
    free(pages_report(runs, 1, 6));             /* a report may be replaced */
}

/* Figures that not every line, and not every run, has; of several the best is bold. */
static void test_report__compares(void **state)
{
    (void)state;
    trainings_model("a", "lr", "0.002");
    trainings_model("b", "levels", "2");
    pages_put(
        "b/log.jsonl",
        "{\"step\": 1, \"nmse\": 0.5, \"images_per_s\": 24}\n"
        "{\"step\": 2, \"nmse\": 0.25, \"held_out_psnr\": 21.5, \"images_per_s\": 24}\n"
        "torn");
    const place a = place_of("a"), b = place_of("b");
    const char *const runs[] = {a.path, b.path};
    char *html = pages_report(runs, 2, 12);
    static const char *const parts[] = {
        "<h1>2 runs compared</h1>",
        "2 codebooks of 16 codes",
        "Stopped at step 2 of 4",
        "<b>0.2500</b>",
        "dB, while training</small></th><td></td><td>21.50</td>",
        "minutes</th>",
        ">book 2: ",
    };
    assert_page_has(html, parts, sizeof parts / sizeof *parts);
    /* over steps and over minutes, a line a run; 2 steps of 12 at 24 a second */
    assert_int_equal(pages_count(html, "<polyline fill=\"none\" stroke=\"#1f6fb4\""),
                     4);
    assert_true(pages_count(html, "<polyline fill=\"none\" stroke=\"#c1440e\"") >= 2);
    free(html);
}

/* What a run does not have is left out, and said. */
static void test_report__what_there_is(void **state)
{
    (void)state;
    trainings_model("a", "lr", "0.002");
    const place a = place_of("a");
    const char *const runs[] = {a.path};
    unlink(in_folder("train.bin"));
    char *html = pages_report(runs, 1, 3);
    assert_contains(html, "Not measured anew: cannot open");
    assert_contains(html, "train.bin");
    free(html);
    unlink(in_folder("a/model.safetensors"));
    html = pages_report(runs, 1, 3);
    assert_contains(html, "No model to measure: it has saved no model yet");
    free(html);
    /* of an old version, and of a newer one */
    pages_put("a/config.json",
              "{\"lr\": \"2e-3\", \"batch_size\": \"12\", \"data\": \"<b>\", "
              "\"no_option\": \"<i>&\"}");
    html = pages_report(runs, 1, 3);
    assert_contains(html, "<code>no-option</code></th><td>&lt;i&gt;&amp;</td>");
    assert_contains(html, "trained on <b>&lt;b&gt;</b>");
    free(html);
    unlink(in_folder("a/config.json"));
    html = pages_report(runs, 1, 3);
    assert_contains(html, "no configuration that can be read");
    assert_page_lacks(html, "minutes of training");
    free(html);
    pages_put("a/log.jsonl", "");
    free(pages_report(runs, 1, 3));
}

/* No name of a folder leaves its place on the page. */
static void test_report__names_are_escaped(void **state)
{
    (void)state;
    const char *name = "<img src=x onerror=\"a\">'&\xff";
    char path[400];
    assert_int_equal(mkdir(in_folder(name), 0777), 0);
    snprintf(path, sizeof path, "%s/log.jsonl", name);
    pages_put(path, "{\"step\": 1, \"nmse\": 0.5}\n");
    const place named = place_of(name);
    const char *const runs[] = {named.path};
    char *html = pages_report(runs, 1, 0);
    assert_contains(html, "<h1>&lt;img src=x onerror=&quot;a&quot;&gt;&#39;&amp;\xef");
    free(html);
}

static void test_report__prior(void **state)
{
    (void)state;
    trainings_model("a", "lr", "0.002");
    trainings_prior("p", "a", "lr", "0.001");
    const place p = place_of("p"), a = place_of("a");
    const char *const runs[] = {p.path, a.path};
    /* a sample and ten classes; and what the model has */
    char *html = pages_report(runs, 2, 11 + 6);
    static const char *const parts[] = {
        "A prior, a model of which codes go together",
        "1 gated layers of 4 channels",
        ">What a code costs</text>",
        ">nats a code; dashed: validation</text>",
        "nats a code <small>last batches",
        "Drawn anew, by class",
        "truck",
    };
    assert_page_has(html, parts, sizeof parts / sizeof *parts);
    free(html);
}

static int stop(double done, void *user)
{
    (void)done, (void)user;
    return 1;
}

static void test_report__refuses(void **state)
{
    (void)state;
    vq_error err;
    trainings_model("a", "lr", "0.002");
    const place a = place_of("a");
    const char *runs[9] = {a.path};
    vq_report_request r = {.runs = runs, .n_runs = 1, .images = 4, .work = stop};
    const int before = folder_entries();
    assert_fails(vq_report(&r, NULL, &err), VQ_ESTOPPED, &err, "");
    assert_int_equal(folder_entries(), before);
    pages_put("a/report.html", "mine");
    assert_fails(vq_report(&r, NULL, &err), VQ_EUSAGE, &err, "no report of vqvae");
    char path[VQ_PATH_MAX];
    snprintf(path, sizeof path, "%s", in_folder("none/x.html"));
    r.out = path;
    assert_fails(vq_report(&r, NULL, &err), VQ_EIO, &err, "none/x.html");
    r.out = NULL;
    r.n_runs = 9;
    assert_fails(vq_report(&r, NULL, &err), VQ_EUSAGE, &err, "1 to 8 runs, not of 9");
    r.n_runs = 1;
    runs[0] = in_folder("train.bin");
    assert_fails(vq_report(&r, NULL, &err), VQ_EINPUT, &err, "is a file");
    runs[0] = in_folder("nowhere");
    assert_fails(vq_report(&r, NULL, &err), VQ_EIO, &err, "nowhere");
    runs[0] = folder_path();
    assert_fails(vq_report(&r, NULL, &err), VQ_EINPUT, &err, "is no run folder");
    runs[0] = a.path;
    unlink(in_folder("a/log.jsonl"));
    assert_fails(vq_report(&r, NULL, &err), VQ_EINPUT, &err, "has no log.jsonl");
}

const struct CMUnitTest test_report_suite[] = {
    folder_test(test_report__one_run),
    folder_test(test_report__compares),
    folder_test(test_report__what_there_is),
    folder_test(test_report__names_are_escaped),
    folder_test(test_report__prior),
    folder_test(test_report__refuses),
    {0},
};
