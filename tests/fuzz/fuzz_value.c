/*
 * SPDX-License-Identifier: MIT
 *
 * libFuzzer entry: a text as a number, a length of time, a number of bytes, a size, a
 * name of a split and UTF-8. What is read is written so that it reads back.
 */
#include "fuzz.h"

#include <math.h>
#include <string.h>

#include "base/decimal.h"
#include "base/utf8.h"
#include "config/bytes.h"
#include "config/duration.h"
#include "data/split.h"

static void try_decimals(const char *text)
{
    double x, again;
    int64_t whole, same;
    uint64_t natural;
    char said[32];
    if (decimal_read(text, &x)) {
        decimal_text(x, said);
        require(decimal_read(said, &again) && again == x);
    }
    if (decimal_read_whole(text, INT64_MIN, INT64_MAX, &whole)) {
        require(decimal_read(text, &x) && fabs(x - (double)whole) <= fabs(x) * 0x1p-52);
        decimal_grouped(whole, said);
        require(strlen(said) < sizeof said);
        require(decimal_read_whole(text, whole, whole, &same) && same == whole);
        require(decimal_read_unsigned(text, &natural) == (whole >= 0));
        require(whole < 0 || natural == (uint64_t)whole);
    }
}

static void try_units(const char *text)
{
    int64_t x, again;
    char said[32];
    if (duration_read(text, &x)) {
        require(x >= 0 && x <= DURATION_MAX);
        duration_text(x, said);
        require(duration_read(said, &again) && again == x);
    }
    if (bytes_read(text, &x)) {
        require(x >= 0);
        bytes_text(x, said);
        require(bytes_read(said, &again) && again == x);
    }
}

static void try_words(const char *text)
{
    data_split split;
    unsigned code;
    vq_error err = {""};
    if (split_parse(&split, text, &err) == VQ_OK)
        require(strcmp(split_name(split), text) == 0);
    else
        require(err.message[0]);
    require(split_of_folder(text, strlen(text)) <= SPLIT_NONE);
    const bool good = utf8_is(text);
    const char *at = text;
    for (int n; *at && (n = utf8_read(at, &code)); at += n)
        require(code > 0 && code <= 0x10ffff);
    require(good == !*at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_words w = {data, data + size};
    char *text = fuzz_word(&w, '\0');
    if (!text)
        return 0;
    try_decimals(text);
    try_units(text);
    try_words(text);
    free(text);
    return 0;
}
