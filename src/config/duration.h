/*
 * SPDX-License-Identifier: MIT
 *
 * Lengths of time as people write them: "90s", "10m", "1h30m".
 * Tested in tests/config/test_duration.c.
 */
#ifndef VQ_CONFIG_DURATION_H
#define VQ_CONFIG_DURATION_H

#include <stdbool.h>
#include <stdint.h>

#define DURATION_MAX ((int64_t)1000 * 1000 * 1000) /* seconds, about 30 years */

/*
 * Whole hours, minutes and seconds, in that order, each at most once; "0" is none.
 * False: anything else, or over DURATION_MAX.
 */
bool duration_read(const char *text, int64_t *seconds);

/* The shortest text that reads back: 5400 is "1h30m". */
void duration_text(int64_t seconds, char text[32]);

#endif
