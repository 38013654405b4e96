/*
 * SPDX-License-Identifier: MIT
 *
 * What a mistyped word was meant to be. Tested in tests/cli/test_suggest.c.
 */
#ifndef VQ_CLI_SUGGEST_H
#define VQ_CLI_SUGGEST_H

#include <stdbool.h>

/*
 * Cost of turning `typed` into `meant` by inserting (1), swapping neighbours (1),
 * replacing (2) and deleting (3) letters. Inserting is cheap because people shorten
 * words more often than they lengthen them. A beginning of the word costs 1 however
 * much is missing: --batch means --batch-size, not --beta. So does a word that goes on
 * behind a dash: --hidden-size means --hidden. Words of SUGGEST_MAX letters or more:
 * INT_MAX.
 */
#define SUGGEST_MAX 64
int suggest_distance(const char *typed, const char *meant);

/* The cheapest of a row of candidates, fed one at a time; ties keep the first. */
typedef struct suggestion {
    const char *typed, *best; /* borrowed; best is NULL before the first candidate */
    int distance;
} suggestion;

void suggest_consider(suggestion *s, const char *candidate);

/* Is the best one so near that it can be what was meant? At most half of the letters,
 * and three at the most, are others. */
bool suggest_is_near(const suggestion *s);

#endif
