/* SPDX-License-Identifier: MIT */
#include "cli/spark.h"

#include <math.h>
#include <string.h>

enum { HEIGHTS = 8 };

/* Twice as many values in half as many means. */
static void halve(spark *s)
{
    for (int i = 0; i < SPARK_MAX / 2; i++)
        s->mean[i] = (s->mean[2 * i] + s->mean[2 * i + 1]) / 2;
    s->n = SPARK_MAX / 2;
    s->each *= 2;
}

void spark_add(spark *s, double value)
{
    if (!isfinite(value))
        return;
    if (s->each == 0)
        s->each = 1;
    s->sum += value;
    if (++s->n_sum < s->each)
        return;
    if (s->n == SPARK_MAX)
        halve(s);
    else {
        s->mean[s->n++] = s->sum / s->n_sum;
        s->sum = s->n_sum = 0;
    }
}

/* The mean of what falls on column i of `columns`. */
static double column(const spark *s, int i, int columns)
{
    const int from = i * s->n / columns, to = (i + 1) * s->n / columns;
    double sum = 0;
    for (int k = from; k < to; k++)
        sum += s->mean[k];
    return sum / (to - from);
}

int spark_draw(const spark *s, int columns, bool utf8, char text[SPARK_BYTES])
{
    static const char *const blocks[HEIGHTS] = {
        "\xe2\x96\x81", "\xe2\x96\x82", "\xe2\x96\x83", "\xe2\x96\x84",
        "\xe2\x96\x85", "\xe2\x96\x86", "\xe2\x96\x87", "\xe2\x96\x88"};
    static const char *const plain[HEIGHTS] = {"_", ".", ":", "-", "=", "+", "*", "#"};
    const int n = columns < s->n ? columns : s->n;
    double height[SPARK_MAX], low = (double)INFINITY, high = -(double)INFINITY;
    bool positive = true;
    text[0] = '\0';
    if (columns < SPARK_LEAST || n < 2)
        return 0;
    for (int i = 0; i < s->n; i++)
        positive = positive && s->mean[i] > 0;
    for (int i = 0; i < n; i++) {
        height[i] = column(s, i, n);
        height[i] = positive ? log(height[i]) : height[i];
        low = fmin(low, height[i]);
        high = fmax(high, height[i]);
    }
    for (int i = 0; i < n; i++) {
        const double share = high > low ? (height[i] - low) / (high - low) : 0;
        strcat(text, (utf8 ? blocks : plain)[(int)lround(share * (HEIGHTS - 1))]);
    }
    return n;
}
