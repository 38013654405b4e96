/*
 * SPDX-License-Identifier: MIT
 *
 * Reports made in the folder of the case, and what is on their pages.
 */
#ifndef VQ_TESTS_REPORT_PAGES_H
#define VQ_TESTS_REPORT_PAGES_H

#include "faults.h"

/* folder/name, which stays for the whole case. */
typedef struct place {
    char path[400];
} place;

place place_of(const char *name);

/* Write a text into folder/name. */
void pages_put(const char *name, const char *text);

/* Make folder/name a run of this configuration and log, which was not trained. */
void pages_put_run(const char *name, const char *config, const char *log);

/* The text of a page; free(). */
char *pages_read(const char *path);

/* The page that the request asks for, which is sound and holds so many pictures;
 * free().
 */
char *pages_request(const vq_report_request *request, int pictures);

/* The page of these runs, of 8 test pictures; free(). */
char *pages_report(const char *const *runs, int n, int pictures);

/* The page of the run in folder/name; free(). */
char *pages_report_one(const char *name, int pictures);

/* How often part is in text. */
int pages_count(const char *text, const char *part);

void assert_page_lacks(const char *text, const char *part);

/* Fail unless each of n parts is in html. */
void assert_page_has(const char *html, const char *const *parts, size_t n);

#endif
