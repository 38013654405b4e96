/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static vq_error err;

static const char nested[] =
    "{\"a\": [1, 2.5, \"three\"], \"b\": {\"c\": null, \"d\": \"e\"}}";

static void test_json__parse(void **state)
{
    (void)state;
    json_t *value;
    json_error_t fault;
    assert_ok(json_parse(&value, nested, sizeof nested - 1, &fault, &err), &err);
    assert_int_equal(json_array_size(json_object_get(value, "a")), 3);
    json_decref(value);
    assert_ok(json_parse(&value, "{\"a\"", 4, &fault, &err), &err);
    assert_null(value);
    assert_non_null(strstr(fault.text, "expected"));
    assert_ok(json_parse(&value, "{\"a\":1,\"a\":2}", 13, &fault, &err), &err);
    assert_null(value);
}

/* [0,0,...], then what closes it; the values are n zeros and the list. */
static size_t zeros(char *list, int n, const char *end)
{
    size_t size = 0;
    for (int i = 0; i < n; i++) {
        list[size++] = i ? ',' : '[';
        list[size++] = '0';
    }
    return size + (size_t)sprintf(list + size, "%s", end);
}

/* As many values as there may be, nested or not; one more is refused, unread. */
static void test_json__many_values(void **state)
{
    (void)state;
    static char list[2 * JSON_VALUES_MAX + 64];
    static const struct {
        int zeros; /* beside JSON_VALUES_MAX */
        const char *end;
    } most[] = {
        {-1, "]"},          {-3, ",[]]"},        {-3, ",[0]]"},
        {-3, ",{}]"},       {-3, ",{\"a\":0}]"}, {-2, ",\",[{\\\",[{\"]"},
        {-2, ",\"\\\\\"]"},
    };
    for (size_t i = 0; i < sizeof most / sizeof *most; i++) {
        json_t *value;
        json_error_t fault;
        size_t size = zeros(list, JSON_VALUES_MAX + most[i].zeros, most[i].end);
        assert_ok(json_parse(&value, list, size, &fault, &err), &err);
        assert_non_null(value);
        json_decref(value);
        size = zeros(list, JSON_VALUES_MAX + most[i].zeros + 1, most[i].end);
        list[1] = '!'; /* no JSON: if it were read, it would be said */
        assert_ok(json_parse(&value, list, size, &fault, &err), &err);
        assert_null(value);
        assert_string_equal(fault.text, "more than 16384 values");
        assert_in_range(fault.position, size - 16, size - 1);
    }
}

/* A list of texts of every length: the parser's room ends with a quote in one of them.
 */
static size_t texts_of_every_length(char list[4096])
{
    size_t n = 0;
    list[n++] = '[';
    for (size_t length = 0; length < 70; length++) {
        list[n++] = '"';
        memset(list + n, 'a', length);
        n += length;
        list[n++] = '"';
        list[n++] = ',';
    }
    list[n - 1] = ']';
    return n;
}

/* Whichever allocation fails, it is never told as text that is no JSON. */
static void test_json__parse_without_memory(void **state)
{
    (void)state;
    char text[4096];
    const size_t size = texts_of_every_length(text);
    long n = 0;
    for (vq_status status = VQ_ENOMEM; status != VQ_OK;) {
        json_t *value;
        json_error_t fault;
        support_alloc_fail_at(++n);
        status = json_parse(&value, text, size, &fault, &err);
        support_alloc_fail_at(0);
        if (status == VQ_OK)
            assert_non_null(value);
        else
            assert_fails(status, VQ_ENOMEM, &err, "out of memory");
        json_decref(value);
    }
    assert_true(n > 10);
}

/* An object whose maker looks at no result. */
static json_t *careless(void)
{
    json_t *object = json_object(), *list = json_array();
    json_array_append_new(list, json_integer(1));
    json_array_append_new(list, json_string("two"));
    json_object_set_new(object, "list", list);
    json_object_set_new(object, "x", json_real(1.5));
    return object;
}

static void test_json__print_without_memory(void **state)
{
    (void)state;
    long n = 0;
    for (vq_status status = VQ_ENOMEM; status != VQ_OK;) {
        char *line;
        support_alloc_fail_at(++n);
        status = json_print(&line, careless(), JSON_COMPACT | JSON_SORT_KEYS, &err);
        support_alloc_fail_at(0);
        if (status == VQ_OK)
            assert_string_equal(line, "{\"list\":[1,\"two\"],\"x\":1.5}");
        else
            assert_fails(status, VQ_ENOMEM, &err, "out of memory");
        free(line);
    }
    assert_true(n > 10);
}

/* What was short is told once. */
static void test_json__check(void **state)
{
    (void)state;
    assert_ok(json_check(&err), &err);
    support_alloc_fail_at(1);
    assert_null(json_string("a"));
    support_alloc_fail_at(0);
    assert_fails(json_check(&err), VQ_ENOMEM, &err, "out of memory");
    assert_ok(json_check(&err), &err);
}

const struct CMUnitTest test_json_suite[] = {
    cmocka_unit_test(test_json__parse),
    cmocka_unit_test(test_json__many_values),
    cmocka_unit_test(test_json__parse_without_memory),
    cmocka_unit_test(test_json__print_without_memory),
    cmocka_unit_test(test_json__check),
    {0},
};
