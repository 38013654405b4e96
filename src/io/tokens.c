/*
 * SPDX-License-Identifier: MIT
 *
 * Code files of three kinds behind one face, and the text one.
 */
#include "io/tokens.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/ending.h"
#include "base/file.h"
#include "base/magic.h"
#include "io/codes.h"
#include "io/npy.h"
#include "io/vqt.h"

/* Text of a gigabyte has under 2^29 codes, so that none of its counts overflows. */

/* ---- text ------------------------------------------------------------------------ */

typedef struct text {
    const char *name;
    const unsigned char *start, *at, *end;
    vq_codes codes; /* n images are whole, of h rows of w codes */
    size_t count;
    int line, rows; /* now; rows of the image that is being read */
    vq_error *err;
} text;

/* Read one code; false, at the offending byte, where there is none. */
static bool read_code(text *t, int32_t *code)
{
    int64_t x = 0;
    const unsigned char *first = t->at;
    for (; t->at < t->end && *t->at >= '0' && *t->at <= '9'; t->at++)
        if ((x = x * 10 + (*t->at - '0')) > INT32_MAX)
            return false;
    *code = (int32_t)x;
    return t->at > first;
}

static void skip_blanks(text *t)
{
    while (t->at < t->end && (*t->at == ' ' || *t->at == '\t' || *t->at == '\r'))
        t->at++;
}

/* Read the codes of one position into the index: as many as the first one had. */
static vq_status read_position(text *t)
{
    int depth = 0;
    do {
        t->at += depth > 0; /* the comma */
        if (!read_code(t, &t->codes.index[t->count]))
            return vq_fail(t->err, VQ_EINPUT,
                           "'%s' does not hold codes: line %d, byte %zu", t->name,
                           t->line, (size_t)(t->at - t->start));
        t->count++;
        depth++;
    } while (t->at < t->end && *t->at == ',');
    if (t->codes.depth && t->codes.depth != depth)
        return vq_fail(t->err, VQ_EINPUT,
                       "'%s': line %d has a position of %d codes, others have %d",
                       t->name, t->line, depth, t->codes.depth);
    t->codes.depth = depth;
    return VQ_OK;
}

/* Read the codes of one line into the index; *w is of how many positions. */
static vq_status read_line(text *t, int *w)
{
    *w = 0;
    t->line++;
    for (skip_blanks(t); t->at < t->end && *t->at != '\n'; skip_blanks(t)) {
        vq_status status = read_position(t);
        if (status != VQ_OK)
            return status;
        ++*w;
    }
    if (t->at < t->end)
        t->at++;
    return VQ_OK;
}

/* After a blank line, or at the end: the image's rows must be as many as others have.
 */
static vq_status end_image(text *t)
{
    vq_codes *c = &t->codes;
    if (!t->rows)
        return VQ_OK;
    if (c->n && t->rows != c->h)
        return vq_fail(t->err, VQ_EINPUT,
                       "'%s': image %d, up to line %d, has %d rows, others have %d",
                       t->name, c->n, t->line, t->rows, c->h);
    c->h = t->rows;
    c->n++;
    t->rows = 0;
    return VQ_OK;
}

static vq_status read_text(text *t)
{
    vq_status status = VQ_OK;
    while (t->at < t->end) {
        int w;
        TRY(read_line(t, &w));
        if (w && t->codes.w && w != t->codes.w)
            return vq_fail(t->err, VQ_EINPUT,
                           "'%s': line %d has %d codes, others have %d", t->name,
                           t->line, w, t->codes.w);
        if (!w) {
            TRY(end_image(t));
            continue;
        }
        t->codes.w = w;
        t->rows++;
    }
    TRY(end_image(t));
    if (!t->codes.n)
        return vq_fail(t->err, VQ_EINPUT, "'%s' holds no codes", t->name);
out:
    return status;
}

static vq_status text_parse(vq_codes *codes, const char *name,
                            const unsigned char *bytes, size_t size, vq_error *err)
{
    text t = {
        .name = name, .start = bytes, .at = bytes, .end = bytes + size, .err = err};
    size_t most =
        (size / 2 + 1) * sizeof *t.codes.index; /* a code and a blank: 2 bytes */
    t.codes.index = malloc(most);
    if (!t.codes.index)
        return vq_fail_memory(err, most);
    vq_status status = read_text(&t);
    if (status == VQ_OK)
        *codes = t.codes;
    else
        free(t.codes.index);
    return status;
}

static vq_status text_write(const vq_codes *codes, const char *path, vq_error *err)
{
    file_writer w;
    const int32_t *code = codes->index;
    int depth = codes_depth(codes);
    vq_status status = file_writer_open(&w, path, err);
    if (status != VQ_OK)
        return status;
    for (int i = 0; i < codes->n; i++) {
        if (i)
            fputc('\n', w.stream);
        for (int y = 0; y < codes->h; y++)
            for (int x = 0; x < codes->w; x++)
                for (int l = 0; l < depth; l++)
                    fprintf(w.stream, "%" PRId32 "%c", *code++,
                            l + 1 < depth      ? ','
                            : x + 1 < codes->w ? ' '
                                               : '\n');
    }
    TRY(file_writer_commit(&w, err));
out:
    file_writer_abort(&w);
    return status;
}

/* ---- .npy ------------------------------------------------------------------------ */

/* Codes of [n,h,w,depth], [n,h,w], [h,w] or [w] integers; takes a->v over. */
static vq_status from_npy(vq_codes *codes, npy_ints *a, const char *name, vq_error *err)
{
    if (a->rank < 1)
        return vq_fail(err, VQ_EINPUT,
                       "'%s' holds a single number, where codes have 3 dimensions "
                       "(images, rows, columns), 1, 2 or 4",
                       name);
    const int64_t *dims = a->dims + (a->rank > 2);
    int64_t n = a->rank > 2 ? a->dims[0] : 1;
    int64_t h = a->rank > 1 ? dims[0] : 1, w = a->rank > 1 ? dims[1] : dims[0];
    int64_t depth = a->rank > 3 ? dims[2] : 1;
    if (!a->count || n > INT_MAX || h > INT_MAX || w > INT_MAX || depth > INT_MAX)
        return vq_fail(err, VQ_EINPUT, "'%s' holds no codes", name);
    for (int64_t i = 0; i < a->count; i++)
        if (a->v[i] < 0)
            return vq_fail(err, VQ_EINPUT, "'%s': code %" PRId32 " at index %" PRId64,
                           name, a->v[i], i);
    *codes = (vq_codes){.n = (int)n,
                        .h = (int)h,
                        .w = (int)w,
                        .index = a->v,
                        .depth = (int)depth,
                        .rank = a->rank};
    a->v = NULL;
    return VQ_OK;
}

/* ---- any kind -------------------------------------------------------------------- */

static bool begins(const unsigned char *bytes, size_t size, const char *magic)
{
    size_t n = strlen(magic);
    return size >= n && memcmp(bytes, magic, n) == 0;
}

vq_status tokens_parse(vq_codes *codes, const char *name, const unsigned char *bytes,
                       size_t size, vq_error *err)
{
    *codes = (vq_codes){0};
    if (begins(bytes, size, VQT_MAGIC))
        return vqt_parse(codes, name, bytes, size, err);
    vq_status status = VQ_OK;
    if (!begins(bytes, size, NPY_MAGIC)) {
        status = magic_refuse(name, bytes, size, WANT_CODES, err);
        return status == VQ_OK ? text_parse(codes, name, bytes, size, err) : status;
    }
    npy_ints a;
    status = npy_parse(&a, name, bytes, size, err);
    if (status == VQ_OK)
        status = from_npy(codes, &a, name, err);
    free(a.v);
    return status;
}

vq_status tokens_look(const char *name, const unsigned char *bytes, size_t n,
                      int64_t size, vq_error *err)
{
    if (begins(bytes, n, VQT_MAGIC))
        return vqt_look(name, bytes, n, size, err);
    if (begins(bytes, n, NPY_MAGIC))
        return npy_look(name, bytes, n, size, err);
    vq_status status = magic_refuse(name, bytes, n, WANT_CODES, err);
    for (size_t i = 0; status == VQ_OK && i < n; i++)
        if (!memchr("0123456789, \t\r\n", bytes[i], 15))
            status =
                vq_fail(err, VQ_EINPUT, "'%s' does not hold codes: byte %zu", name, i);
    return status;
}

vq_status vq_codes_read(vq_codes *codes, const char *path, vq_error *err)
{
    unsigned char *bytes;
    size_t size;
    *codes = (vq_codes){0};
    vq_status status =
        file_read_looking(path, TOKENS_FILE_MAX, tokens_look, &bytes, &size, err);
    if (status == VQ_OK)
        status = tokens_parse(codes, file_input_name(path), bytes, size, err);
    free(bytes);
    return status;
}

/* The format that a path's ending means. */
static vq_status format_of(const char *path, vq_codes_format *format, vq_error *err)
{
    static const struct {
        const char *ending;
        vq_codes_format format;
    } endings[] = {
        {".npy", VQ_CODES_NPY}, {".txt", VQ_CODES_TXT}, {".vqt", VQ_CODES_VQT}};
    for (int i = 0; i < 3; i++)
        if (ending_in(path, endings[i].ending)) {
            *format = endings[i].format;
            return VQ_OK;
        }
    *format = VQ_CODES_TXT;
    if (strcmp(path, "-") == 0)
        return VQ_OK;
    return vq_fail(err, VQ_EUSAGE, "'%s' does not end in .npy, .txt or .vqt", path);
}

/* What every format needs to be read back: at least one code, all of them in range. */
static vq_status check(const vq_codes *codes, const char *path, vq_error *err)
{
    int64_t count = 0;
    if (codes->n < 1 || codes->h < 1 || codes->w < 1 ||
        __builtin_mul_overflow((int64_t)codes->n * codes->h, codes->w, &count) ||
        __builtin_mul_overflow(count, codes_depth(codes), &count))
        return vq_fail(err, VQ_EINPUT, "cannot write '%s': %d images of %d x %d codes",
                       path, codes->n, codes->w, codes->h);
    int32_t top = codes->k > 0 ? codes->k - 1 : INT32_MAX;
    for (int64_t i = 0; i < count; i++)
        if (codes->index[i] < 0 || codes->index[i] > top)
            return vq_fail(err, VQ_EINPUT,
                           "cannot write '%s': code %" PRId32 " at index %" PRId64
                           " is not in 0 to %" PRId32,
                           path, codes->index[i], i, top);
    return VQ_OK;
}

vq_status vq_codes_check_target(const char *path, vq_codes_format format, vq_error *err)
{
    static const char *const endings[] = {".npy", ".txt", ".vqt", ".csv", ".tsv", NULL};
    vq_status status = VQ_OK;
    if (format == VQ_CODES_AUTO || ending_other(path, endings))
        status = format_of(path, &format, err);
    return status == VQ_OK ? file_check_target(path, err) : status;
}

vq_status vq_codes_write(const vq_codes *codes, const char *path,
                         vq_codes_format format, vq_error *err)
{
    vq_status status;
    if (format == VQ_CODES_AUTO)
        TRY(format_of(path, &format, err));
    TRY(check(codes, path, err));
    if (format == VQ_CODES_VQT)
        return vqt_write(codes, path, err);
    if (format == VQ_CODES_TXT)
        return text_write(codes, path, err);
    int depth = codes_depth(codes);
    return npy_write(path, depth > 1 ? 4 : 3,
                     (int64_t[]){codes->n, codes->h, codes->w, depth}, codes->index,
                     err);
out:
    return status;
}
