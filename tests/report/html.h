/*
 * SPDX-License-Identifier: MIT
 *
 * A strict look at a page: every element closed in turn, attributes in quotes, known
 * entities, UTF-8, nothing fetched from anywhere and no script; and its pictures.
 */
#ifndef VQ_TESTS_REPORT_HTML_H
#define VQ_TESTS_REPORT_HTML_H

#include "support.h"

/* What is wrong with the page, into why; true: nothing. */
bool html_is_sound(const char *html, char why[256]);

/*
 * Decode every data: picture into folder/picture and read it. Returns how many there
 * are; -1, and why, where one is no picture of the size that its element says.
 */
int html_pictures(const char *html, const char *folder, char why[256]);

#endif
