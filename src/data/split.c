/* SPDX-License-Identifier: MIT */
#include "data/split.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static const char *const names[] = {[SPLIT_TRAIN] = "train",
                                    [SPLIT_VAL] = "val",
                                    [SPLIT_TEST] = "test",
                                    [SPLIT_ALL] = "all"};

static const struct word {
    const char *text;
    data_split split;
} words[] = {
    {"train", SPLIT_TRAIN},  {"training", SPLIT_TRAIN}, {"val", SPLIT_VAL},
    {"valid", SPLIT_VAL},    {"validation", SPLIT_VAL}, {"test", SPLIT_TEST},
    {"testing", SPLIT_TEST},
};

const char *split_name(data_split split)
{
    return names[split];
}

vq_status split_parse(data_split *split, const char *text, vq_error *err)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i]) == 0) {
            *split = (data_split)i;
            return VQ_OK;
        }
    return vq_fail(err, VQ_EUSAGE, "no split '%s': want train, val, test or all", text);
}

data_split split_of_folder(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].text) == length &&
            strncasecmp(name, words[i].text, length) == 0)
            return words[i].split;
    return SPLIT_NONE;
}

bool split_says_test(const char *name)
{
    while (*name) {
        size_t n = 0;
        while (isalpha((unsigned char)name[n]))
            n++;
        if (n == 4 && strncasecmp(name, "test", 4) == 0)
            return true;
        name += n > 0 ? n : 1;
    }
    return false;
}

bool split_takes(data_split split, bool test)
{
    return split == SPLIT_ALL || split == (test ? SPLIT_TEST : SPLIT_TRAIN);
}
