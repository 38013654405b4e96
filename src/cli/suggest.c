/* SPDX-License-Identifier: MIT */
#include "cli/suggest.h"

#include <limits.h>
#include <string.h>

enum { COST_INSERT = 1, COST_SWAP = 1, COST_REPLACE = 2, COST_DELETE = 3 };

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* Optimal string alignment; row i holds the costs of turning typed[0, i) into each
 * meant[0, j). A swap looks two rows back, so three rows are kept. */
int suggest_distance(const char *typed, const char *meant)
{
    size_t n = strlen(typed), m = strlen(meant);
    if (n >= SUGGEST_MAX || m >= SUGGEST_MAX)
        return INT_MAX;
    if (n > 0 && n < m && memcmp(typed, meant, n) == 0)
        return COST_INSERT;
    if (m > 0 && m < n && memcmp(typed, meant, m) == 0 && typed[m] == '-')
        return COST_INSERT;

    int rows[3][SUGGEST_MAX];
    int *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= m; j++)
        row[j] = (int)j * COST_INSERT;

    for (size_t i = 1; i <= n; i++) {
        int *oldest = before;
        before = above;
        above = row;
        row = oldest;
        row[0] = (int)i * COST_DELETE;
        for (size_t j = 1; j <= m; j++) {
            bool same = typed[i - 1] == meant[j - 1];
            row[j] = above[j - 1] + (same ? 0 : COST_REPLACE);
            row[j] = smaller(row[j], row[j - 1] + COST_INSERT);
            row[j] = smaller(row[j], above[j] + COST_DELETE);
            if (i > 1 && j > 1 && typed[i - 1] == meant[j - 2] &&
                typed[i - 2] == meant[j - 1])
                row[j] = smaller(row[j], before[j - 2] + COST_SWAP);
        }
    }
    return row[m];
}

void suggest_consider(suggestion *s, const char *candidate)
{
    int distance = suggest_distance(s->typed, candidate);
    if (!s->best || distance < s->distance) {
        s->best = candidate;
        s->distance = distance;
    }
}

bool suggest_is_near(const suggestion *s)
{
    const int letters = (int)strlen(s->typed), most = 3 * COST_REPLACE;
    return s->best && s->distance <= smaller(letters, most);
}
