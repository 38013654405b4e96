/*
 * SPDX-License-Identifier: MIT
 *
 * Numbers as people write them. Tested in tests/config/test_decimal.c.
 */
#ifndef VQ_CONFIG_DECIMAL_H
#define VQ_CONFIG_DECIMAL_H

/* Shortest decimal text that reads back as x. */
void decimal_text(double x, char text[32]);

#endif
