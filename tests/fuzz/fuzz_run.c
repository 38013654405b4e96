/*
 * SPDX-License-Identifier: MIT
 *
 * libFuzzer entry: a run folder with any bytes as its config.json and, behind the first
 * zero, its log.jsonl, to one of those who read them, watch, report or resume: which,
 * goes by the size, for files are dear. The page is sound; what a resume keeps of the
 * log is its beginning, and stays when it is resumed again.
 */
#include "fuzz.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "report/html.h"
#include "report/run.h"
#include "train/run_folder.h"
#include "train/run_log.h"

/* A log that somebody else wrote, line by line. */
static void try_watch(void)
{
    vq_watch *w;
    vq_progress now;
    vq_error err = {""};
    bool more;
    vq_status status = vq_watch_open(&w, fuzz_folder(), &err);
    require(status == VQ_OK);
    require(!vq_watch_goes_on(w));
    while ((status = vq_watch_next(w, &now, &more, &err)) == VQ_OK && more) {
        if (now.event != VQ_EVENT_LOG)
            continue;
        require(now.step > 0 && now.n_figures >= 0 && now.n_figures <= VQ_FIGURES_MAX);
        for (int i = 0; i < now.n_figures; i++)
            require(now.figure[i].name && strlen(now.figure[i].name) < 64);
    }
    require(status == VQ_OK);
    vq_watch_close(w);
}

static void try_report(void)
{
    const char *run = fuzz_folder();
    char out[VQ_PATH_MAX], why[256] = "";
    vq_error err = {""};
    unsigned char *page;
    size_t size;
    const vq_report_request request = {
        .runs = &run, .n_runs = 1, .out = fuzz_path("page.html"), .threads = 1};
    require(vq_report(&request, out, &err) == VQ_OK);
    require(file_read(out, (size_t)3 << 20, &page, &size, &err) == VQ_OK);
    char *html = malloc(size + 1);
    require(html);
    memcpy(html, page, size);
    html[size] = '\0';
    require(html_is_sound(html, why));
    free(html);
    free(page);
}

/* The folder as a training to go on with, or, with force, to begin anew. */
static void try_folder(bool force)
{
    const int64_t most = 1000000000000; /* that config.json may say */
    vq_error err = {""};
    run_folder f;
    fuzz_file(RUN_CHECKPOINT, "", 0);
    vq_status status =
        run_folder_open(&f, RUN_LATEST, "x", fuzz_folder(), !force, force, &err);
    require(status == VQ_OK && f.run > 0 && f.run <= most);
    run_folder_close(&f);
}

static size_t kept(int64_t step, unsigned char **bytes)
{
    run_log log;
    size_t size;
    vq_error err = {""};
    const char *path = fuzz_path(RUN_LOG);
    require(run_log_open(&log, path, step, &err) == VQ_OK);
    run_log_close(&log);
    require(file_read(path, (size_t)1 << 20, bytes, &size, &err) == VQ_OK);
    return size;
}

static void try_resume(const uint8_t *log, size_t size)
{
    static const int64_t steps[] = {INT64_MAX, 100, 15, 1};
    const int64_t step = steps[size % 4];
    unsigned char *once, *twice;
    const size_t n = kept(step, &once);
    require(n <= size && memcmp(once, log, n) == 0);
    require(n == 0 || log[n - 1] == '\n');
    require(kept(step, &twice) == n && memcmp(once, twice, n) == 0);
    free(once);
    free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *zero = size ? memchr(data, '\0', size) : NULL;
    const size_t n = zero ? (size_t)(zero - data) : size;
    const uint8_t *log = zero ? zero + 1 : data + size;
    const size_t n_log = size - (size_t)(log - data);
    fuzz_file(RUN_CONFIG, data, n);
    fuzz_file(RUN_LOG, log, n_log);
    switch (size % 3) {
    case 0:
        try_watch();
        break;
    case 1:
        try_report();
        break;
    default:
        try_folder(n_log / 4 % 2);
        try_resume(log, n_log);
    }
    return 0;
}
