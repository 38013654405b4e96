/*
 * SPDX-License-Identifier: MIT
 *
 * The course of a number in a few characters. Tested in tests/cli/test_spark.c.
 */
#ifndef VQ_CLI_SPARK_H
#define VQ_CLI_SPARK_H

#include <stdbool.h>

enum { SPARK_MAX = 32, SPARK_LEAST = 6, SPARK_BYTES = 3 * SPARK_MAX + 1 };

/* The whole course in at most SPARK_MAX means of `each` values. */
typedef struct spark {
    double mean[SPARK_MAX];
    int n, each;
    double sum; /* of values that make no mean yet */
    int n_sum;
} spark;

/* A zeroed one is empty; what is not finite is left out. */
void spark_add(spark *s, double value);

/*
 * Draw the course in at most so many columns, which it returns: 0 where there are fewer
 * than SPARK_LEAST, or fewer than two values. Heights are logarithmic where all values
 * are positive, as losses are.
 */
int spark_draw(const spark *s, int columns, bool utf8, char text[SPARK_BYTES]);

#endif
