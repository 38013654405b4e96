/*
 * SPDX-License-Identifier: MIT
 *
 * A text file that lists pictures: a path a line, relative to the file's own folder,
 * and after a tab, if there is one, the class. Empty lines are left out. Tested in
 * tests/data/test_list.c, fuzzed by tests/fuzz/fuzz_list.c.
 */
#ifndef VQ_DATA_LIST_H
#define VQ_DATA_LIST_H

#include "data/picture_set.h"
#include "data/source.h"

/*
 * Read the text of a list; set->root stays NULL. Classes are numbered by name; there
 * are none where a line has none. VQ_EINPUT: no line, one without a path, or
 * bytes that are no text; VQ_ENOMEM. Release the set in any case.
 */
vq_status list_parse(picture_set *set, const char *name, const char *text, size_t size,
                     vq_error *err);

/* A file whose name ends in .txt; the whole of any split. As pictures_open. */
extern const source_kind picture_list;

#endif
