/*
 * SPDX-License-Identifier: MIT
 *
 * scripts/check-hardened.sh: objects to a program, a shared and a static library that
 * lack one thing at a time; what lacks nothing passes.
 */
#include "support.h"

#include <stdio.h>
#include <string.h>

/* A copy into a buffer, which both of the compiler's checks are about. */
static const char source[] =
    "#include <stdlib.h>\n#include <string.h>\n"
    "char *copy(const char *from) { char to[40]; strcpy(to, from); return strdup(to); "
    "}\n"
    "int main(int argc, char **argv) { return argc > 1 && copy(argv[1])[0]; }\n";

#define COMPILED                                                                       \
    "-O2 -fPIC -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"
#define LINKED "-pie -Wl,-z,relro,-z,now"

/* Build $D/x with these commands; the script must say `objection`, NULL: nothing. */
static void check(const char *commands, const char *objection)
{
    char folder[256], text[2000], out[1000], errors[4000];
    support_folder_make(folder);
    snprintf(text, sizeof text,
             "D='%s'; c() { ${CC:-cc} -x c - \"$@\" <<'END'\n%sEND\n}\n%s || exit 9\n"
             "scripts/check-hardened.sh $D/x*",
             folder, source, commands);
    const int got = support_run(text, out, sizeof out, errors, sizeof errors);
    if (got != !!objection || !strstr(errors, objection ? objection : ""))
        fail_msg("%s: exit %d with '%s', want '%s'", commands, got, errors,
                 objection ? objection : "");
    support_folder_remove(folder);
}

static void test_hardened__program(void **state)
{
    (void)state;
    check("c " COMPILED " " LINKED " -o $D/x", NULL);
    check("c " COMPILED " " LINKED " -no-pie -o $D/x", "x: no PIE");
    check("c " COMPILED " " LINKED " -Wl,-z,norelro -o $D/x", "x: no RELRO");
    check("c " COMPILED " " LINKED " -Wl,-z,lazy -o $D/x", "x: RELRO in part");
    check("c " COMPILED " " LINKED " -Wl,-z,execstack -o $D/x",
          "x: an executable stack");
    check("c " COMPILED " -fno-stack-protector " LINKED " -o $D/x",
          "x: no stack protector");
    check("c " COMPILED " -U_FORTIFY_SOURCE " LINKED " -o $D/x",
          "x: no _FORTIFY_SOURCE");
}

static void test_hardened__libraries(void **state)
{
    (void)state;
    check("c " COMPILED " -shared -Wl,-z,relro,-z,now -o $D/x.so", NULL);
    check("c " COMPILED " -shared -Wl,-z,relro,-z,lazy -o $D/x.so",
          "x.so: RELRO in part");
#define ARCHIVE " -c -o $D/o && ar rcs $D/x.a $D/o"
    check("c " COMPILED ARCHIVE, NULL);
    check("c " COMPILED " -fno-stack-protector" ARCHIVE, "x.a: no stack protector");
    check("c " COMPILED " -U_FORTIFY_SOURCE" ARCHIVE, "x.a: no _FORTIFY_SOURCE");
}

const struct CMUnitTest test_hardened_suite[] = {
    cmocka_unit_test(test_hardened__program),
    cmocka_unit_test(test_hardened__libraries),
    {0},
};
