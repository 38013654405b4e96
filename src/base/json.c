/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

static _Thread_local bool ran_short;

typedef struct blocks {
    void **block; /* [room], n of them in use */
    size_t n, room;
} blocks;

/*
 * Without memory for a long string the library's parser goes on as if it had it, and
 * aborts or writes over the end: so a failure leaves it at once. For that, what a parse
 * allocates is noted, and what it frees is freed when it is over. NULL: no parse.
 */
typedef struct parse {
    jmp_buf out;
    blocks all, late;
} parse;
static _Thread_local parse *parsing;

static void note(blocks *list, void *memory)
{
    if (list->n == list->room) {
        const size_t room = 2 * list->room + 64;
        void **more = realloc(list->block, room * sizeof *more);
        if (!more) {
            if (list == &parsing->all)
                free(memory);
            longjmp(parsing->out, 1);
        }
        list->block = more;
        list->room = room;
    }
    list->block[list->n++] = memory;
}

static void free_blocks(blocks *list, bool content)
{
    for (size_t i = 0; i < list->n && content; i++)
        free(list->block[i]);
    free(list->block);
}

static void *allocate(size_t size)
{
    void *memory = malloc(size);
    if (parsing && !memory)
        longjmp(parsing->out, 1);
    if (parsing)
        note(&parsing->all, memory);
    ran_short = ran_short || !memory;
    return memory;
}

static void release(void *memory)
{
    if (parsing)
        note(&parsing->late, memory);
    else
        free(memory);
}

/* Before main, so that a process that wants another allocator still gets it. */
__attribute__((constructor)) static void watch_memory(void)
{
    json_set_alloc_funcs(allocate, release);
}

/* Has there been no memory since this was last asked? */
static bool was_short(void)
{
    const bool was = ran_short;
    ran_short = false;
    return was;
}

/* Apart from json_parse, whose variables a longjmp would leave undefined. */
static bool parse_guarded(parse *p, json_t **value, const void *text, size_t size,
                          json_error_t *fault)
{
    if (setjmp(p->out) != 0)
        return false;
    *value = json_loadb(text, size, JSON_REJECT_DUPLICATES, fault);
    return true;
}

/* Where the text has its last value that is allowed, if there is another; else 0. Each
 * follows a comma or the bracket of what holds it, so an empty list counts twice. */
static size_t end_of_most(const char *text, size_t size)
{
    bool inside = false;
    int n = 1;
    for (size_t i = 0; i < size; i++)
        if (text[i] == '"')
            inside = !inside;
        else if (inside)
            i += text[i] == '\\';
        else if ((text[i] == ',' || text[i] == '[' || text[i] == '{') &&
                 n++ == JSON_VALUES_MAX)
            return i;
    return 0;
}

vq_status json_parse(json_t **value, const void *text, size_t size, json_error_t *fault,
                     vq_error *err)
{
    const size_t end = end_of_most(text, size);
    if (end) {
        *value = NULL;
        *fault = (json_error_t){.line = -1, .column = -1, .position = (int)end};
        snprintf(fault->text, sizeof fault->text, "more than %d values",
                 JSON_VALUES_MAX);
        return VQ_OK;
    }
    parse p = {.all = {0}};
    parsing = &p;
    const bool done = parse_guarded(&p, value, text, size, fault);
    parsing = NULL;
    free_blocks(&p.all, !done);
    free_blocks(&p.late, done);
    if (done)
        return VQ_OK;
    *value = NULL;
    return vq_fail_memory(err, size);
}

vq_status json_check(vq_error *err)
{
    return was_short() ? vq_fail(err, VQ_ENOMEM, "out of memory for JSON") : VQ_OK;
}

vq_status json_print(char **text, json_t *value, size_t flags, vq_error *err)
{
    *text = value ? json_dumps(value, flags) : NULL;
    json_decref(value);
    if (json_check(err) == VQ_OK && *text)
        return VQ_OK;
    free(*text);
    *text = NULL;
    return vq_fail(err, VQ_ENOMEM, "out of memory for JSON");
}
