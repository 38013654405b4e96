/* SPDX-License-Identifier: MIT */
#include "codec/token_index.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ending.h"
#include "base/file.h"
#include "io/checksum.h"

/* A path whose every byte is escaped, a class likewise, three numbers. */
#define LINE_MAX (4 * VQ_PATH_MAX + 128)
#define NAMES_MAX 700 /* bytes of the pictures that a message names */

/* ---- lines -------------------------------------------------------------------------
 */

/* Append text with its tabs, newlines and backslashes escaped. */
static size_t add_escaped(char *to, const char *text)
{
    static const char special[] = "\t\n\\", letters[] = "tn\\";
    size_t n = 0;
    for (; *text && n < 2 * VQ_PATH_MAX - 2; text++) {
        const char *found = strchr(special, *text);
        if (found)
            to[n++] = '\\';
        to[n++] = found ? letters[found - special] : *text;
    }
    to[n] = '\0';
    return n;
}

/* The line of picture i, without the file's column; returns its length. */
static size_t make_line(const dataset *ds, int64_t i, char line[LINE_MAX])
{
    char name[VQ_PATH_MAX];
    int height, width;
    const int label = dataset_label(ds, i);
    dataset_image_name(ds, i, name);
    dataset_size(ds, i, &height, &width);
    size_t n = add_escaped(line, name);
    n += (size_t)sprintf(line + n, "\t%d\t", label);
    if (label >= 0)
        n += add_escaped(line + n, dataset_class_name(ds, label));
    n += (size_t)sprintf(line + n, "\t%d\t%d\n", height, width);
    return n;
}

uint32_t token_index_sum(const dataset *ds)
{
    char line[LINE_MAX];
    uint32_t sum = 0;
    for (int64_t i = 0; i < ds->n; i++)
        sum = checksum_add(sum, line, make_line(ds, i, line));
    return sum;
}

vq_status token_index_write(const dataset *ds, const char *ending, const char *path,
                            vq_error *err)
{
    file_writer w;
    char line[LINE_MAX];
    vq_status status = file_writer_open(&w, path, err);
    if (status != VQ_OK)
        return status;
    fprintf(w.stream, "%spath\tlabel\tclass\theight\twidth\n", ending ? "file\t" : "");
    for (int64_t i = 0; i < ds->n; i++) {
        if (ending)
            fprintf(w.stream, "%05" PRId64 "%s\t", i, ending);
        TRY(file_writer_put(&w, line, make_line(ds, i, line), err));
    }
    TRY(file_writer_commit(&w, err));
out:
    file_writer_abort(&w);
    return status;
}

vq_status token_index_beside(const char *array, char path[VQ_PATH_MAX], vq_error *err)
{
    const char *end = ending_in(array, ".npy");
    const size_t n = end && end > array ? (size_t)(end - array) : strlen(array);
    if (snprintf(path, VQ_PATH_MAX, "%.*s.tsv", (int)n, array) >= VQ_PATH_MAX)
        return vq_fail(err, VQ_EUSAGE, "path is longer than %d bytes: '%.64s...'",
                       VQ_PATH_MAX - 1, array);
    return VQ_OK;
}

/* ---- sizes -------------------------------------------------------------------------
 */

static int64_t size_of(const dataset *ds, int64_t i)
{
    int height, width;
    dataset_size(ds, i, &height, &width);
    return (int64_t)height << 32 | width;
}

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* The most frequent size; of equally frequent ones the smallest. */
static vq_status find_usual(const dataset *ds, int64_t *usual, vq_error *err)
{
    const size_t bytes = (size_t)ds->n * sizeof(int64_t);
    int64_t *sizes = malloc(bytes), most = 0;
    if (!sizes)
        return vq_fail_memory(err, bytes);
    for (int64_t i = 0; i < ds->n; i++)
        sizes[i] = size_of(ds, i);
    qsort(sizes, (size_t)ds->n, sizeof *sizes, compare);
    for (int64_t i = 0, run = 0; i < ds->n; i++) {
        run = i > 0 && sizes[i] == sizes[i - 1] ? run + 1 : 1;
        if (run > most) {
            most = run;
            *usual = sizes[i];
        }
    }
    free(sizes);
    return VQ_OK;
}

/* Name the pictures of another size. */
static vq_status fail_sizes(const dataset *ds, int64_t usual, vq_error *err)
{
    char names[NAMES_MAX + VQ_PATH_MAX + 64] = "", more[64] = "";
    int64_t odd = 0, named = 0;
    size_t at = 0;
    for (int64_t i = 0; i < ds->n; i++) {
        char name[VQ_PATH_MAX];
        const int64_t size = size_of(ds, i);
        if (size == usual)
            continue;
        odd++;
        dataset_image_name(ds, i, name);
        if (named + 1 < odd || at + strlen(name) + 40 > NAMES_MAX)
            continue;
        named++;
        at += (size_t)sprintf(names + at, "%s'%s' (%d x %d)", at ? ", " : "", name,
                              (int)(size & INT32_MAX), (int)(size >> 32));
    }
    if (odd > named)
        snprintf(more, sizeof more, "%s%" PRId64 " more", named ? " and " : "",
                 odd - named);
    return vq_fail(err, VQ_EINPUT,
                   "the pictures of '%.300s' differ in size, and one array needs one: "
                   "%" PRId64 " of %" PRId64 " are not %d x %d: %s%s (--each DIR "
                   "writes a file a picture)",
                   ds->name, odd, ds->n, (int)(usual & INT32_MAX), (int)(usual >> 32),
                   names, more);
}

vq_status token_index_one_size(const dataset *ds, int *height, int *width,
                               vq_error *err)
{
    int64_t usual = 0;
    if (dataset_one_size(ds, height, width))
        return VQ_OK;
    vq_status status = find_usual(ds, &usual, err);
    return status == VQ_OK ? fail_sizes(ds, usual, err) : status;
}
