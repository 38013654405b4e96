/*
 * SPDX-License-Identifier: MIT
 *
 * What a pickle is of, as a tree of values: what Python would call is a value that
 * names the callee and its arguments. Made by io/pickle.h. Containers can come to hold
 * themselves, so whoever walks the tree goes down a fixed number of floors.
 */
#ifndef VQ_IO_PICKLE_TREE_H
#define VQ_IO_PICKLE_TREE_H

#include <stdint.h>

#include "base/status.h"

/* Values and items of one pickle: 16 million, 640 MB; each takes a byte of the file. */
#define PICKLE_VALUES_MAX (1 << 24)

typedef enum pickle_type {
    PICKLE_NONE,
    PICKLE_BOOL,
    PICKLE_INT,
    PICKLE_LONG, /* over 64 bits: text holds its bytes, the lowest first */
    PICKLE_FLOAT,
    PICKLE_TEXT, /* text or bytes */
    PICKLE_TUPLE,
    PICKLE_LIST,
    PICKLE_DICT, /* as items: key, value, key, value */
    PICKLE_SET,
    PICKLE_NAME,      /* of a Python function or class */
    PICKLE_CALL,      /* of a name; may have got items, as a dictionary or a list */
    PICKLE_PERSISTENT /* what the file around the pickle is asked for, by args */
} pickle_type;

/* Values and cells are named by their index, of which 0 is none. */
typedef struct pickle_value {
    pickle_type type;
    int n;           /* items */
    int first, last; /* their cells */
    union {
        int64_t integer; /* of BOOL and INT; of NAME its index in the list, of
                              one that is not in it the list's length */
        struct {
            int callee, args; /* of CALL; PERSISTENT has args alone */
        };
        const char *text; /* of TEXT and LONG, into the bytes */
    };
    size_t size; /* of text */
} pickle_value;

typedef struct pickle_cell {
    int value, next;
} pickle_cell;

typedef struct pickle {
    pickle_value *value; /* [n], owned */
    pickle_cell *cell;   /* [n_cells], owned */
    int n, n_cells;
    int root;          /* the value that the pickle is of */
    size_t end;        /* bytes up to its end */
    char refused[160]; /* the first name outside the list; empty: none */
    size_t refused_at; /* its byte, counted as messages count */
} pickle;

/* Where a pickle lies, for messages. */
typedef struct pickle_place {
    const char *name; /* of the file */
    size_t at;        /* what is added to offsets */
} pickle_place;

void pickle_release(pickle *p);

/* Is value v text, and this one? */
bool pickle_is_text(const pickle *p, int v, const char *text);

/* The value of a key of a dictionary, or of a call that was filled as one; 0: none. */
int pickle_find(const pickle *p, int dict, const char *key);

/* Item i of a tuple or a list; 0: there is none, or v is neither. */
int pickle_item(const pickle *p, int v, int i);

/* *to becomes item i where that is an integer and not negative; false otherwise. */
bool pickle_count(const pickle *p, int v, int i, int64_t *to);

#endif
