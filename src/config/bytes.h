/*
 * SPDX-License-Identifier: MIT
 *
 * Numbers of bytes as people write them: "2G", "512M", "1500000".
 * Tested in tests/config/test_bytes.c.
 */
#ifndef VQ_CONFIG_BYTES_H
#define VQ_CONFIG_BYTES_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A whole number, alone or with K, M, G or T behind it, each 1,024 times the one before
 * it; an i or B behind that changes nothing: 2G is 2GiB. False: anything else, or 2^63
 * and more.
 */
bool bytes_read(const char *text, int64_t *bytes);

/* The shortest text that reads back: 2147483648 is "2G". */
void bytes_text(int64_t bytes, char text[32]);

#endif
