/* SPDX-License-Identifier: MIT */
#include "data/list.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/ending.h"
#include "base/file.h"
#include "base/magic.h"
#include "data/pictures.h"

#define LIST_BYTES_MAX ((size_t)1 << 30)

/* The text, cut into strings, and the class of each picture. */
typedef struct parse {
    char *text;   /* owned */
    char **class; /* [set->n] owned, borrowed from text; NULL: the line has none */
    size_t room, class_room;
    int64_t lines, unlabelled; /* so far; of these, pictures without a class */
} parse;

/* Append one line, which is cut at its tab. */
static vq_status add_line(picture_set *set, parse *p, const char *name, char *line,
                          vq_error *err)
{
    char *tab = strchr(line, '\t');
    if (tab)
        *tab = '\0';
    else
        p->unlabelled++;
    if (!line[0])
        return vq_fail(err, VQ_EINPUT,
                       "'%s' has a class without a path at line %" PRId64, name,
                       p->lines);
    if ((size_t)set->n == p->class_room) {
        size_t room = p->class_room ? 2 * p->class_room : 16;
        char **more = realloc(p->class, room * sizeof *more);
        if (!more)
            return vq_fail_memory(err, room * sizeof *more);
        p->class = more;
        p->class_room = room;
    }
    p->class[set->n] = tab ? tab + 1 : NULL;
    char *path = strdup(line);
    if (!path)
        return vq_fail_memory(err, strlen(line) + 1);
    return picture_set_add(set, &p->room, path, -1, err);
}

static vq_status add_lines(picture_set *set, parse *p, const char *name, vq_error *err)
{
    vq_status status = VQ_OK;
    char *line = p->text, *stop;
    if (strncmp(line, "\xEF\xBB\xBF", 3) == 0) /* a byte order mark */
        line += 3;
    for (; line; line = stop) {
        stop = strchr(line, '\n');
        if (stop)
            *stop++ = '\0';
        size_t length = strlen(line);
        if (length > 0 && line[length - 1] == '\r')
            line[length - 1] = '\0';
        p->lines++;
        if (line[0])
            TRY(add_line(set, p, name, line, err));
    }
out:
    return status;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Copy each name once, in order, to set->class_name. */
static vq_status name_classes(picture_set *set, char *const *class, vq_error *err)
{
    const size_t size = (size_t)set->n * sizeof *class;
    char **sorted = malloc(size);
    if (!sorted)
        return vq_fail_memory(err, size);
    memcpy(sorted, class, size);
    qsort(sorted, (size_t)set->n, sizeof *sorted, compare);
    set->class_name = sorted; /* what is not yet copied is not counted */
    for (int64_t i = 0; i < set->n; i++) {
        if (i > 0 && strcmp(sorted[i], set->class_name[set->n_classes - 1]) == 0)
            continue;
        char *copy = strdup(sorted[i]);
        if (!copy)
            return vq_fail_memory(err, strlen(sorted[i]) + 1);
        sorted[set->n_classes++] = copy;
    }
    for (int64_t i = 0; i < set->n; i++) {
        char **found = bsearch(&class[i], set -> class_name, (size_t)set -> n_classes,
                               sizeof *set->class_name, compare);
        set->picture[i].label = (int32_t)(found - set->class_name);
    }
    return VQ_OK;
}

vq_status list_parse(picture_set *set, const char *name, const char *text, size_t size,
                     vq_error *err)
{
    vq_status status;
    parse p = {.text = malloc(size + 1)};
    *set = (picture_set){0};
    if (!p.text)
        return vq_fail_memory(err, size + 1);
    memcpy(p.text, text, size);
    p.text[size] = '\0';
    const char *zero = memchr(text, '\0', size);
    if (zero) {
        status = vq_fail(err, VQ_EINPUT, "'%s' is no list of paths: a zero at byte %zu",
                         name, (size_t)(zero - text));
        goto out;
    }
    TRY(add_lines(set, &p, name, err));
    if (set->n == 0)
        status = vq_fail(err, VQ_EINPUT, "'%s' lists no picture", name);
    else if (p.unlabelled == 0)
        status = name_classes(set, p.class, err);
out:
    free(p.class);
    free(p.text);
    return status;
}

static vq_status list_open(source *s, const source_request *r, vq_error *err)
{
    vq_status status;
    picture_set set = {0};
    unsigned char *text = NULL;
    size_t size;
    if (!r->n_head || !ending_in(r->data, ".txt"))
        return VQ_OK;
    if (magic_of(r->head, r->n_head) == MAGIC_UTF16)
        return magic_refuse(r->data, r->head, r->n_head, WANT_DATA, err);
    TRY(file_read(r->data, LIST_BYTES_MAX, &text, &size, err));
    TRY(list_parse(&set, r->data, (const char *)text, size, err));
    const char *slash = strrchr(r->data, '/');
    set.root = slash ? strndup(r->data, (size_t)(slash - r->data) + 1) : strdup("");
    if (!set.root) {
        status = vq_fail_memory(err, strlen(r->data) + 1);
        goto out;
    }
    TRY(pictures_open(s, &set, r, err));
out:
    picture_set_release(&set);
    free(text);
    return status;
}

const source_kind picture_list = {.what = "a .txt file that lists pictures",
                                  .open = list_open};
