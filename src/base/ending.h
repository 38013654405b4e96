/*
 * SPDX-License-Identifier: MIT
 *
 * What a file is by the ending of its name, in any case: for files that are looked for
 * in folders or are yet to be written. What is there goes by its bytes (base/magic.h).
 * Tested in tests/base/test_ending.c.
 */
#ifndef VQ_BASE_ENDING_H
#define VQ_BASE_ENDING_H

/* Where the one of the endings (".png") that the path has begins in it, or NULL. NULL
 * ends them. */
const char *ending_among(const char *path, const char *const *endings);

/* Where the ending begins, which the path has, or NULL. */
const char *ending_in(const char *path, const char *ending);

/*
 * The ending of a path that promises another kind of file than its own endings do; NULL
 * where it has none of those that are known here. What is written under such a name
 * would mislead, and take the place of what somebody else wrote.
 */
const char *ending_other(const char *path, const char *const *own);

extern const char *const ending_jpeg[];
extern const char *const ending_picture[]; /* that is read: PNG and JPEG */
extern const char *const ending_foreign[]; /* of pictures that are not */

#endif
