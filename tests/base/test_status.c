/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <string.h>

#include "base/status.h"

static void test_status__exit_codes(void **state)
{
    (void)state;
    assert_int_equal(vq_exit_code(VQ_OK), 0);
    assert_int_equal(vq_exit_code(VQ_EUSAGE), 2);
    assert_int_equal(vq_exit_code(VQ_EINPUT), 3);
    assert_int_equal(vq_exit_code(VQ_EIO), 4);
    assert_int_equal(vq_exit_code(VQ_EDIVERGED), 5);
    assert_int_equal(vq_exit_code(VQ_ENOMEM), 70);
    assert_string_equal(vq_status_text(VQ_EINPUT), "bad input");
}

static void test_status__message(void **state)
{
    (void)state;
    vq_error err = {""};
    assert_fails(vq_fail(&err, VQ_EIO, "cannot open '%s'", "x"), VQ_EIO, &err,
                 "cannot open 'x'");
    assert_int_equal(vq_fail(NULL, VQ_EIO, "nobody listens"), VQ_EIO);
    char text[4000];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    vq_fail(&err, VQ_EIO, "%s", text);
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
}

const struct CMUnitTest test_status_suite[] = {
    cmocka_unit_test(test_status__exit_codes),
    cmocka_unit_test(test_status__message),
    {0},
};
