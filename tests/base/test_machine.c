/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdio.h>
#include <string.h>

/* Compile a file for a machine; "" when that works, else what the compiler says. */
static const char *compile_for(const char *flags)
{
    static char errors[8192];
    char command[300], out[100];
    snprintf(
        command, sizeof command,
        "LC_ALL=C ${CC:-cc} -std=c11 -D_GNU_SOURCE %s -Iinclude -Isrc -fsyntax-only "
        "src/base/status.c",
        flags);
    if (support_run(command, out, sizeof out, errors, sizeof errors) == 0)
        return "";
    return errors;
}

static void expect(const char *flags, const char *part)
{
    const char *errors = compile_for(flags);
    if (part ? !strstr(errors, part) : *errors)
        fail_msg("'%s' says '%s', want '%s'", flags, errors, part ? part : "");
}

/* Pretended: not every compiler can compile for such a machine. */
static void test_machine__others_are_refused(void **state)
{
    (void)state;
    expect("", NULL);
    expect("-U__SIZEOF_POINTER__ -D__SIZEOF_POINTER__=4", "needs a 64-bit machine");
    expect("-U__BYTE_ORDER__ -D__BYTE_ORDER__=__ORDER_BIG_ENDIAN__",
           "needs a little-endian machine");
}

/* The real thing, where the compiler knows it: the reason comes first, before headers
 * of the system that such a machine may lack. */
static void test_machine__i386_is_refused(void **state)
{
    (void)state;
    if (support_run("${CC:-cc} -m32 -x c -E /dev/null", (char[1]){0}, 1, (char[1]){0},
                    1) != 0)
        skip();
    const char *errors = compile_for("-m32"), *first = strstr(errors, "error:");
    const char *reason = strstr(errors, "needs a 64-bit machine");
    if (!reason || !first || strchr(first, '\n') < reason)
        fail_msg("says '%s'", errors);
}

const struct CMUnitTest test_machine_suite[] = {
    cmocka_unit_test(test_machine__others_are_refused),
    cmocka_unit_test(test_machine__i386_is_refused),
    {0},
};
