/*
 * SPDX-License-Identifier: MIT
 *
 * Picture files of any kind that can be read, told apart by their first bytes, never by
 * their names. Implements vq_image_read. Tested in tests/image/test_read.c.
 */
#ifndef VQ_IMAGE_READ_H
#define VQ_IMAGE_READ_H

#include <stdio.h>

#include "image/image.h"

/*
 * Read a picture from a stream open for reading, which stays open. `name` is for
 * messages. Rows as jpeg_decode takes them. VQ_EINPUT: empty, neither PNG nor JPEG, or
 * damaged; VQ_EIO; VQ_ENOMEM.
 */
vq_status image_decode(vq_image *image, int rows, const char *name, FILE *stream,
                       vq_error *err);

#endif
