/*
 * SPDX-License-Identifier: MIT
 *
 * Words and numbers in pictures, in small letters of 5 x 7 pixels and two below the
 * line. Tested in tests/image/test_label.c.
 */
#ifndef VQ_IMAGE_LABEL_H
#define VQ_IMAGE_LABEL_H

#include "base/status.h"

enum { LABEL_WIDTH = 6, LABEL_HEIGHT = 10 }; /* pixels that a letter takes */

/*
 * Draw text from its upper left corner on, as gray as `shade` says; what lies outside
 * the picture is left out. A character that is no ASCII is drawn as a question mark.
 */
void label_draw(vq_image *to, int x, int y, unsigned char shade, const char *text);

/* The same in so many pixels: of a longer text, two dots and its end. */
void label_draw_end(vq_image *to, int x, int y, int width, unsigned char shade,
                    const char *text);

/* Put a line of text above a picture, which grows as wide as that. VQ_ENOMEM. */
vq_status label_add_heading(vq_image *image, const char *text, vq_error *err);

#endif
