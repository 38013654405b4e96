/*
 * SPDX-License-Identifier: MIT
 *
 * A page of HTML: text that is escaped, pictures inside it, and a limit that it holds.
 * It is well-formed XML but for the line that says it is HTML. Tested in
 * tests/report/test_page.c.
 */
#ifndef VQ_REPORT_PAGE_H
#define VQ_REPORT_PAGE_H

#include <stdio.h>

#include "base/status.h"
#include "base/text_stream.h"

/* No page is larger. */
#define PAGE_BYTES_MAX 3000000

typedef struct page {
    FILE *out;          /* write HTML here, foreign words through page_text */
    text_stream text;   /* all of it, once flushed */
    const char *beside; /* pictures that must shrink do so beside this file; borrowed */
    int n_pictures;     /* that are still to come: they share what room is left */
} page;

/* VQ_ENOMEM. */
vq_status page_begin(page *p, const char *title, const char *beside, int n_pictures,
                     vq_error *err);
vq_status page_end(page *p, vq_error *err); /* now text is the page */
void page_release(page *p);                 /* legal on a zeroed one */

/*
 * Text of others as HTML, in an element or in an attribute: & < > " ' are escaped, what
 * is not UTF-8 or no character for a page becomes U+FFFD.
 */
void page_text(FILE *out, const char *text);

/* The style of every page (style.c). */
extern const char page_style[];

/*
 * A picture file as an element with a data: URI, with alt text that is escaped. One
 * that takes more than its share of the room comes as a JPEG, and smaller. VQ_EIO,
 * VQ_EINPUT, VQ_ENOMEM: then nothing was written.
 */
vq_status page_picture(page *p, const char *path, const char *alt, vq_error *err);

#endif
