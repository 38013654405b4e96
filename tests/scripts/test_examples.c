/*
 * SPDX-License-Identifier: MIT
 *
 * tests/examples/: each does what the program does, code for code and pixel for pixel,
 * and says what went wrong. scripts/check-install.sh builds and runs them as a user
 * would, Python's in any case.
 */
#include "cli/program.h"

#include <stdio.h>
#include <stdlib.h>

#define C_EXAMPLE VQVAE_RUN " " VQVAE_EXAMPLE
#define PYTHON "\"${PYTHON:-python3}\""
#define PYTHON_EXAMPLE                                                                 \
    "VQVAE_LIBRARY=" VQVAE_SHARED " " PYTHON " tests/examples/tokens.py"

static void check(const char *example)
{
    char folder[256];
    support_folder_make(folder);
    char in[300];
    snprintf(in, sizeof in, "%s/in.png", folder);
    program_picture(in, 45, 22);
    assert_ran(program_run("cd '%s' && vqvae encode -q in.png -o want.txt && "
                           "vqvae reconstruct -q in.png want.png",
                           folder),
               0, "", "");
    const ran *r = program_run("%s %s '%s/out.png' >'%s/codes' && cd '%s' && "
                               "cmp codes want.txt && cmp out.png want.png",
                               example, in, folder, folder, folder);
    assert_ran(r, 0, "", "");
    assert_string_equal(r->err, "");
    r = program_run("%s '%s/none.png' '%s/out.png'; code=$?; [ $code != 0 ]", example,
                    folder, folder);
    assert_ran(r, 0, "", "none.png': No such file or directory\n");
    support_folder_remove(folder);
}

static void test_examples__c(void **state)
{
    (void)state;
    check(C_EXAMPLE);
}

/* In the Python of this machine; a library under AddressSanitizer wants it loaded
 * first. */
static void test_examples__python(void **state)
{
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    skip();
#endif
    if (VQVAE_RUN[0] || system(PYTHON " -c 'import numpy' 2>/dev/null") != 0)
        skip();
    check(PYTHON_EXAMPLE);
}

const struct CMUnitTest test_examples_suite[] = {
    cmocka_unit_test(test_examples__c),
    cmocka_unit_test(test_examples__python),
    {0},
};
