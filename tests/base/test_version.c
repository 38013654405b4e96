/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include "base/version.h"

static void test_version__newer(void **state)
{
    (void)state;
    static const char *const older[] = {"0.0.1", "0.1.99", "", "x", "1", "-1.5.3"};
    static const char *const newer[] = {"99.0.0", "99.1", "0.99.1", "99.0.0-rc1"};
    assert_false(version_is_newer(NULL));
    assert_false(version_is_newer(VQ_VERSION));
    for (size_t i = 0; i < sizeof older / sizeof *older; i++)
        if (version_is_newer(older[i]))
            fail_msg("'%s' is newer", older[i]);
    for (size_t i = 0; i < sizeof newer / sizeof *newer; i++)
        if (!version_is_newer(newer[i]))
            fail_msg("'%s' is not newer", newer[i]);
}

static void test_version__explains(void **state)
{
    (void)state;
    vq_error err = {"no"};
    assert_int_equal(version_explain(VQ_EINPUT, "99.0", &err), VQ_EINPUT);
    assert_string_equal(err.message, "no; it was made by a newer version, vqvae 99.0, "
                                     "and this is " VQ_VERSION);
    err = (vq_error){"no"};
    assert_int_equal(version_explain(VQ_EINPUT, VQ_VERSION, &err), VQ_EINPUT);
    assert_string_equal(err.message, "no");
    assert_int_equal(version_explain(VQ_OK, "99.0", &err), VQ_OK);
    assert_string_equal(err.message, "no");
    assert_int_equal(version_explain(VQ_EINPUT, "99.0", NULL), VQ_EINPUT);
    memset(err.message, 'x', sizeof err.message - 1);
    version_explain(VQ_EINPUT, "99.0", &err); /* no room: it stays */
    assert_int_equal(strlen(err.message), sizeof err.message - 1);
}

/* The number of the header is in what the program calls itself. */
static void test_version__is_said(void **state)
{
    (void)state;
    assert_int_equal(strncmp(vq_version(), VQ_VERSION, strlen(VQ_VERSION)), 0);
}

const struct CMUnitTest test_version_suite[] = {
    cmocka_unit_test(test_version__newer),
    cmocka_unit_test(test_version__explains),
    cmocka_unit_test(test_version__is_said),
    {0},
};
