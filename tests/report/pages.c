/* SPDX-License-Identifier: MIT */
#include "report/pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/program.h"
#include "report/html.h"
#include "report/page.h"

place place_of(const char *name)
{
    place p;
    snprintf(p.path, sizeof p.path, "%s", in_folder(name));
    return p;
}

void pages_put(const char *name, const char *text)
{
    vq_error err;
    assert_ok(file_write(in_folder(name), text, strlen(text), &err), &err);
}

void pages_put_run(const char *name, const char *config, const char *log)
{
    vq_error err;
    char path[400];
    assert_ok(file_make_dirs(in_folder(name), &err), &err);
    snprintf(path, sizeof path, "%s/config.json", name);
    pages_put(path, config);
    snprintf(path, sizeof path, "%s/log.jsonl", name);
    pages_put(path, log);
}

char *pages_read(const char *path)
{
    unsigned char *bytes;
    size_t size;
    vq_error err;
    assert_ok(file_read(path, PAGE_BYTES_MAX, &bytes, &size, &err), &err);
    char *text = realloc(bytes, size + 1);
    assert_non_null(text);
    text[size] = '\0';
    return text;
}

char *pages_request(const vq_report_request *request, int pictures)
{
    vq_error err;
    char why[256], path[VQ_PATH_MAX];
    assert_ok(vq_report(request, path, &err), &err);
    char *html = pages_read(path);
    assert_true(strlen(html) < PAGE_BYTES_MAX);
    if (!html_is_sound(html, why))
        fail_msg("%s", why);
    const int found = html_pictures(html, folder_path(), why);
    if (found != pictures)
        fail_msg("%d pictures, not %d: %s", found, pictures, why);
    unlink(in_folder("picture"));
    return html;
}

char *pages_report(const char *const *runs, int n, int pictures)
{
    const vq_report_request request = {
        .runs = runs, .n_runs = n, .images = 8, .threads = 2};
    return pages_request(&request, pictures);
}

char *pages_report_one(const char *name, int pictures)
{
    const place run = place_of(name);
    const char *const runs[] = {run.path};
    return pages_report(runs, 1, pictures);
}

int pages_count(const char *text, const char *part)
{
    int n = 0;
    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        n++;
    return n;
}

void assert_page_lacks(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("'%s' is in:\n%s", part, text);
}

void assert_page_has(const char *html, const char *const *parts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_contains(html, parts[i]);
}
