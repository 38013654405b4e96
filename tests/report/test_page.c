/* SPDX-License-Identifier: MIT */
#include "faults.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/program.h"
#include "html.h"
#include "report/page.h"
#include "tiny.h"

static const char plain[] = "<!DOCTYPE html>\n<html><body><p class=\"a\">x &amp; y</p>"
                            "<meta a=\"b\"/></body></html>\n";

/* The checker itself: a page that is sound, and each fault that it is for. */
static void test_page__checker_objects(void **state)
{
    (void)state;
    static const struct {
        const char *part, *by;
    } faults[] = {
        {"</p>", ""},
        {"</body>", "</div>"},
        {"&amp;", "&"},
        {"&amp;", "&nbsp;"},
        {"\"a\"", "a"},
        {"\"a\"", "\"a<b\""},
        {"x ", "\xff"},
        {"x ", "<script></script>"},
        {"x ", "<i onclick=\"x\"></i>"},
        {"x ", "<a href=\"https://example.org\">x</a>"},
        {"x ", "<style>@import 'x'</style>"},
        {"\"/>", "\">"},
        {"DOCTYPE", "doctype"},
    };
    char why[256];
    if (!html_is_sound(plain, why))
        fail_msg("%s", why);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        char faulty[512];
        const char *at = strstr(plain, faults[i].part);
        snprintf(faulty, sizeof faulty, "%.*s%s%s", (int)(at - plain), plain,
                 faults[i].by, at + strlen(faults[i].part));
        if (html_is_sound(faulty, why))
            fail_msg("no objection to: %s", faulty);
    }
}

static void test_page__escapes(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    page_text(out, "<b a=\"x\">&'\x1b\xff\xc3\xa9\xef\xbf\xbf\n");
    page_text(out,
              "\t\x7f.\xc2\x9f.\xc2\xa0"); /* DEL, the last control, the first letter */
    fclose(out);
    assert_string_equal(text, "&lt;b a=&quot;x&quot;&gt;&amp;&#39;\xef\xbf\xbd\xef\xbf"
                              "\xbd\xc3\xa9\xef\xbf\xbd\n"
                              "\t\xef\xbf\xbd.\xef\xbf\xbd.\xc2\xa0");
    free(text);
}

/* A picture of pixels that no coder makes smaller. */
static void write_noise(const char *path, int width, int height)
{
    vq_error err;
    vq_image image = {.width = width, .height = height};
    image.rgb = malloc((size_t)3 * (size_t)width * (size_t)height);
    uint32_t x = 1;
    for (size_t i = 0; i < (size_t)3 * (size_t)width * (size_t)height; i++) {
        x = x * 1664525u + 1013904223u;
        image.rgb[i] = (unsigned char)(x >> 24);
    }
    assert_ok(vq_image_write(&image, path, &err), &err);
    vq_image_release(&image);
}

/* Small pictures stay as they are, large ones shrink until the page holds its limit. */
static void test_page__holds_its_limit(void **state)
{
    (void)state;
    vq_error err;
    page p;
    char why[256];
    const char *small = in_folder("small.png"), *large = in_folder("large.png");
    program_picture(small, 20, 10);
    write_noise(large, 1501, 1001);
    assert_ok(page_begin(&p, "<title>", in_folder("page.html"), 4, &err), &err);
    assert_ok(page_picture(&p, small, "a \"small\" one", &err), &err);
    for (int i = 0; i < 3; i++)
        assert_ok(page_picture(&p, large, "noise", &err), &err);
    assert_ok(page_end(&p, &err), &err);
    if (!html_is_sound(p.text.text, why) ||
        html_pictures(p.text.text, folder_path(), why) != 4)
        fail_msg("%s", why);
    assert_true(p.text.size < PAGE_BYTES_MAX);
    assert_true(p.text.size > PAGE_BYTES_MAX / 8);
    assert_contains(p.text.text, "<img width=\"20\" height=\"10\" alt=\"a &quot;small");
    assert_contains(p.text.text, "<img width=\"750\" height=\"500\" alt=\"noise\"");
    assert_contains(p.text.text, "<title>&lt;title&gt;</title>");
    strstr(p.text.text, "base64,iVBOR")[60] ^= 1; /* in the midst of the first */
    assert_int_equal(html_pictures(p.text.text, folder_path(), why), -1);
    page_release(&p);
    assert_int_equal(folder_entries(), 3); /* and the picture that was checked */
}

static void test_page__refuses_no_picture(void **state)
{
    (void)state;
    vq_error err;
    page p;
    assert_ok(page_begin(&p, "t", in_folder("page.html"), 1, &err), &err);
    assert_fails(page_picture(&p, in_folder("none.png"), "", &err), VQ_EIO, &err,
                 "none.png");
    page_release(&p);
}

/* Pictures that cannot shrink any more: a page that is full stays as it is. */
static void test_page__is_full(void **state)
{
    (void)state;
    static const int sizes[][2] = {{1, 1}, {1, 300}, {300, 1}, {40, 50}};
    vq_error err;
    page p;
    assert_ok(page_begin(&p, "t", in_folder("page.html"), 1, &err), &err);
    for (int i = 0; i < PAGE_BYTES_MAX; i++)
        fputc('x', p.out);
    fflush(p.out);
    const size_t before = p.text.size;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        write_noise(in_folder("picture.png"), sizes[i][0], sizes[i][1]);
        assert_fails(page_picture(&p, in_folder("picture.png"), "", &err), VQ_EINPUT,
                     &err, "no room for more pictures");
    }
    fflush(p.out);
    assert_int_equal(p.text.size, before);
    assert_int_equal(folder_entries(), 1); /* the picture, and none beside it */
    page_release(&p);
}

static size_t size_of_page;

/* A page of a picture that must shrink: one of 400 that share the room. */
static vq_status put_large(vq_error *err)
{
    page p = {.n_pictures = 0};
    vq_status status;
    TRY(page_begin(&p, "t", in_folder("page.html"), 400, err));
    TRY(page_picture(&p, in_folder("large.png"), "noise", err));
    TRY(page_end(&p, err));
    size_of_page = p.text.size;
out:
    page_release(&p);
    return status;
}

/* Whatever fails on the way, no picture stays beside the page. */
static void nothing_beside(vq_status status)
{
    assert_int_equal(folder_entries(), 1);
    assert_int_equal(size_of_page > 0, status == VQ_OK);
    size_of_page = 0;
}

static void test_page__faults(void **state)
{
    (void)state;
    static const call_fault faults[] = {{"open", EACCES, SOME, "Permission denied"},
                                        {"read", EIO, SOME, "Input/output error"},
                                        {"write", ENOSPC, SOME, "No space left"},
                                        {"rename", EACCES, SOME, "Permission denied"},
                                        {"getentropy", EIO, SOME, "Input/output error"},
                                        {ALLOCATION, ENOMEM, SOME, "memory"},
                                        {0}};
    write_noise(in_folder("large.png"), 301, 201);
    size_of_page = 0;
    assert_place_faults(faults, NULL, put_large, nothing_beside);
}

const struct CMUnitTest test_page_suite[] = {
    cmocka_unit_test(test_page__checker_objects),
    cmocka_unit_test(test_page__escapes),
    folder_test(test_page__holds_its_limit),
    folder_test(test_page__refuses_no_picture),
    folder_test(test_page__is_full),
    folder_test(test_page__faults),
    {0},
};
