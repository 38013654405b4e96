/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "base/text_stream.h"

enum { LINES = 5000 };

/* Write LINES numbered lines, looking at no result. */
static void write_lines(FILE *stream)
{
    for (int i = 0; i < LINES; i++) {
        fprintf(stream, "%06d", i);
        fputs(i % 2 ? " odd" : " even", stream);
        fputc('\n', stream);
    }
}

static void test_text_stream__whole(void **state)
{
    (void)state;
    text_stream t;
    assert_true(text_stream_open(&t));
    assert_string_equal(t.text, "");
    write_lines(t.stream);
    fflush(t.stream);
    assert_int_equal(t.size, LINES / 2 * (11 + 12));
    assert_true(text_stream_close(&t));
    assert_int_equal(strlen(t.text), t.size);
    assert_memory_equal(t.text, "000000 even\n000001 odd\n", 23);
    assert_string_equal(t.text + t.size - 11, "004999 odd\n");
    text_stream_release(&t);
    text_stream_release(&t);
}

/* Whichever allocation fails, the end says so, or nothing is missing. */
static void test_text_stream__every_allocation(void **state)
{
    (void)state;
    int refused = 0;
    bool whole = false;
    for (long n = 1; !whole && n < 100; n++) {
        text_stream t;
        support_alloc_fail_at(n);
        whole = text_stream_open(&t);
        if (whole) {
            write_lines(t.stream);
            whole = text_stream_close(&t);
        }
        support_alloc_fail_at(0);
        if (whole)
            assert_int_equal(t.size, LINES / 2 * (11 + 12));
        refused += !whole;
        text_stream_release(&t);
    }
    assert_true(whole);
    assert_true(refused > 3);
}

const struct CMUnitTest test_text_stream_suite[] = {
    cmocka_unit_test(test_text_stream__whole),
    cmocka_unit_test(test_text_stream__every_allocation),
    {0},
};
