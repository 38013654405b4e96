/* SPDX-License-Identifier: MIT */
#include "image/drawing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/program.h"
#include "support.h"

/* Not inline: gcc 12 takes the stream's text for `text`. */
__attribute__((noinline)) char *drawing_of(const chart *c, int place)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    chart_page_begin(out, CHART_WIDTH, place + 1);
    chart_draw(out, c, place);
    chart_page_end(out);
    assert_int_equal(fclose(out), 0);
    return text;
}

void assert_draws(const chart *c, const char *const *parts, size_t n)
{
    char *svg = drawing_of(c, 0);
    for (size_t i = 0; i < n; i++)
        assert_contains(svg, parts[i]);
    assert_null(strstr(svg, "nan"));
    assert_null(strstr(svg, "inf"));
    free(svg);
}

void assert_lacks(const chart *c, const char *part)
{
    char *svg = drawing_of(c, 0);
    if (strstr(svg, part))
        fail_msg("'%s' in: %s", part, svg);
    free(svg);
}
