/*
 * SPDX-License-Identifier: MIT
 *
 * Splits: which part of the data is trained on and which is held out. Tested in
 * tests/data/test_split.c.
 */
#ifndef VQ_DATA_SPLIT_H
#define VQ_DATA_SPLIT_H

#include "base/status.h"

typedef enum data_split {
    SPLIT_TRAIN,
    SPLIT_VAL,
    SPLIT_TEST,
    SPLIT_ALL,
    SPLIT_NONE /* of something that says of itself to belong nowhere */
} data_split;

/* "train", "val", "test", "all" */
const char *split_name(data_split split);

/* VQ_EUSAGE: no split of that name. */
vq_status split_parse(data_split *split, const char *text, vq_error *err);

/*
 * The split that a folder of this name holds: train or training; val, valid or
 * validation; test or testing, in any case. SPLIT_NONE: it is another name. The name is
 * `length` bytes.
 */
data_split split_of_folder(const char *name, size_t length);

/*
 * Is "test" a word of the name, in any case? A word is letters with none beside them:
 * a-test.png and Test1.png have it, contest.png and latest.bin do not.
 */
bool split_says_test(const char *name);

/* Does something that is in the test split, or else in the train split, belong here? */
bool split_takes(data_split split, bool test);

#endif
