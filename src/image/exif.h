/*
 * SPDX-License-Identifier: MIT
 *
 * Exif: which side of a picture is up. Nothing else of it is read. Tested in
 * tests/image/test_exif.c, fuzzed by tests/fuzz/fuzz_exif.c.
 */
#ifndef VQ_IMAGE_EXIF_H
#define VQ_IMAGE_EXIF_H

#include <stddef.h>

#include "base/status.h"

/*
 * The orientation in a block of Exif data (a TIFF file: "II" or "MM" and so on), 1 to
 * 8; 1, upright, where it says none or is damaged. Source: CIPA DC-008 (Exif 2.32),
 * 4.6.4 A, tag 0x0112.
 */
int exif_orientation(const unsigned char *tiff, size_t size);

/* Do the orientations 5 to 8 lie on their side, with width and height exchanged? */
bool exif_turns(int orientation);

/*
 * Turn a picture upright; where it is not, into a new buffer. VQ_ENOMEM, and then the
 * picture is as it was.
 */
vq_status exif_apply(vq_image *image, int orientation, vq_error *err);

#endif
