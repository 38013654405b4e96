/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "image/plot.h"

static char *plot(const char *log)
{
    const char *in = in_folder("log.jsonl"), *out = in_folder("curves.svg");
    unsigned char *svg;
    size_t size;
    vq_error err;
    assert_ok(file_write(in, log, strlen(log), &err), &err);
    assert_ok(plot_curves(in, out, &err), &err);
    assert_ok(file_read(out, 1 << 20, &svg, &size, &err), &err);
    svg = realloc(svg, size + 1);
    svg[size] = '\0';
    return (char *)svg;
}

static void assert_has(const char *svg, const char *part)
{
    if (!strstr(svg, part))
        fail_msg("no '%s' in: %s", part, svg);
}

static void test_plot__curves(void **state)
{
    (void)state;
    char *svg = plot("{\"step\": 10, \"nmse\": 1.0, \"perplexity\": 5}\n"
                     "{\"step\": 20, \"nmse\": 0.1, \"perplexity\": 10}\n"
                     "{\"step\": 30, \"nmse\": 0.01, \"perplexity\": 20}\n");
    /* the middle of a log axis is the geometric mean; the last step ends the axis */
    assert_has(svg, "points=\"276.67,40.00 483.33,140.00 690.00,240.00 \"");
    assert_has(svg, "points=\"276.67,470.00 483.33,420.00 690.00,320.00 \"");
    assert_has(svg, "</svg>");
    free(svg);
}

/* A log with nothing to show, or with broken lines, still gives a picture. */
static void test_plot__odd_logs(void **state)
{
    (void)state;
    static const char *const logs[] = {
        "",
        "not json\n",
        "{\"step\": 1, \"nmse\": 0.5, \"perplexity\": 1}",
        "{\"step\": 1, \"nmse\": -1, \"perplexity\": 1}\n{\"step\": 2}\n[]\n",
    };
    for (size_t i = 0; i < sizeof logs / sizeof logs[0]; i++) {
        char *svg = plot(logs[i]);
        assert_has(svg, "</svg>");
        assert_null(strstr(svg, "nan"));
        assert_null(strstr(svg, "inf"));
        free(svg);
    }
}

static void test_plot__usage(void **state)
{
    (void)state;
    const char *out = in_folder("usage.svg");
    unsigned char *svg;
    size_t size;
    vq_error err;
    double count[4] = {0, 30, 10, 0};
    assert_ok(plot_usage(count, 4, out, &err), &err);
    assert_ok(file_read(out, 1 << 20, &svg, &size, &err), &err);
    svg = realloc(svg, size + 1);
    svg[size] = '\0';
    assert_has((char *)svg, "2 of 4 used");
    assert_has((char *)svg, ">75</text>");
    free(svg);
}

const struct CMUnitTest test_plot_suite[] = {
    folder_test(test_plot__curves),
    folder_test(test_plot__odd_logs),
    folder_test(test_plot__usage),
    {0},
};
