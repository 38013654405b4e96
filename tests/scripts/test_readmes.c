/*
 * SPDX-License-Identifier: MIT
 *
 * scripts/readmes.sh: a small house whose READMEs are right, and then one error at a
 * time planted into it, which must be named.
 */
#include "support.h"

#include <stdio.h>
#include <string.h>

/* Two rooms on two floors, cli including base; links to a file, a place and the web. */
static const char right[] =
    "mkdir -p scripts src/base src/cli tests/deep\n"
    "cat >scripts/layers.sh <<'END'\n"
    "    floor[\"base\"] = 0\n"
    "    floor[\"cli\"] = floor[\"eval\"] = 3\n"
    "END\n"
    "echo '#include \"base/b.h\"' | tee src/base/b.c >src/cli/a.c\n"
    ": >src/base/b.h\n"
    "cat >src/README.md <<'END'\n"
    "  3  |    cli    |  talks\n"
    "     +-----------+\n"
    "  0  |   base    |\n"
    "| room | floor | includes | what |\n"
    "|---|---|---|---|\n"
    "| `base/` | 0 | nothing | b |\n"
    "| `cli/` | 3 | base | a |\n"
    "END\n"
    "echo '[a](src/README.md#place) ![b](src/base/b.h) [c](https://c)' >README.md\n"
    "echo '[up](../../README.md), [here](#here)' >tests/deep/README.md\n";

/* A change to that house, and part of what is said; NULL: nothing. */
static const struct plant {
    const char *change, *objection;
} plants[] = {
    {":", NULL},
    {"echo 'see [x](src/none.h)' >>README.md", "README.md: no 'src/none.h' to link to"},
    {"echo '[x](README.md)' >>tests/deep/README.md; rm src/base/b.h",
     "README.md: no 'src/base/b.h' to link to"},
    {"echo '![x](../README.md)' >>tests/deep/README.md",
     "tests/deep/README.md: no '../README.md' to link to"},
    {"sed -i 's/|    cli/| cellar/' src/README.md", "the drawing lacks cli on floor 3"},
    {"sed -i 's/ 0  |   base/ 1  |   base/' src/README.md",
     "the drawing lacks base on floor 0"},
    {"sed -i 's/|    cli    |/| cli | eval |/' src/README.md",
     "the drawing has rooms that src/ has not"},
    {"mkdir src/eval; echo 'int a;' >src/eval/e.c",
     "the drawing lacks eval on floor 3"},
    {"sed -i 's/| 3 | base/| 2 | base/' src/README.md",
     "the table's row of cli/ says '2|base', want '3|base'"},
    {"echo '#  include <x.h>' >src/cli/a.c",
     "the table's row of cli/ says '3|base', want '3|nothing'"},
    {"echo '#include \"cli/a.h\"' >>src/base/b.c",
     "the table's row of base/ says '0|nothing', want '0|cli'"},
    {"sed -i '/^| .base/d' src/README.md",
     "the table's row of base/ says '', want '0|nothing'"},
};

static void test_readmes__object_to_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof plants / sizeof *plants; i++) {
        const struct plant *p = &plants[i];
        char folder[256], command[4096], out[512], said[2048];
        support_folder_make(folder);
        snprintf(command, sizeof command,
                 "cd '%s' && { %s %s\n} && cd - >/dev/null && scripts/readmes.sh '%s'",
                 folder, right, p->change, folder);
        int code = support_run(command, out, sizeof out, said, sizeof said);
        support_folder_remove(folder);
        if (code != (p->objection != NULL) ||
            (p->objection ? !strstr(said, p->objection) : *said != '\0'))
            fail_msg("%s: exit %d with '%s', want '%s'", p->change, code, said,
                     p->objection ? p->objection : "");
    }
}

static void test_readmes__of_this_house(void **state)
{
    (void)state;
    char said[4096];
    if (support_run("scripts/readmes.sh", NULL, 0, said, sizeof said) != 0)
        fail_msg("%s", said);
}

const struct CMUnitTest test_readmes_suite[] = {
    cmocka_unit_test(test_readmes__object_to_errors),
    cmocka_unit_test(test_readmes__of_this_house),
    {0},
};
