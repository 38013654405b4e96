/*
 * SPDX-License-Identifier: MIT
 *
 * scripts/manual.sh: the library's manual page has every declaration and every word of
 * the header, and is good roff.
 */
#include "support.h"

#include <stdio.h>
#include <string.h>

static char page[1 << 18], said[4096];

static void run(const char *command)
{
    if (support_run(command, page, sizeof page, said, sizeof said) != 0)
        fail_msg("%s: %s", command, said);
}

/* A small header, and the page of it from the first section on. */
static void test_manual__small(void **state)
{
    (void)state;
    run("scripts/manual.sh /dev/stdin <<'END' | sed -n '/^.SH DESCRIPTION/,$p'\n"
        "/*\n"
        " * SPDX-License-Identifier: MIT\n"
        " *\n"
        " * vqvae: a purpose.\n"
        " *\n"
        " * Opening `words`:\n"
        " *   - an item\n"
        " *     of two lines;\n"
        " *   - .another.\n"
        " *\n"
        " *     as-it $(is)\n"
        " */\n"
        "#ifndef VQVAE_H\n"
        "#define VQVAE_H\n"
        "\n"
        "#include <stdint.h>\n"
        "#ifdef __GNUC__ /* aside */\n"
        "#pragma GCC\n"
        "#endif\n"
        "\n"
        "/* ---- part one ------------\n"
        " *\n"
        " * Of it.\n"
        " */\n"
        "\n"
        "/* Two lines, one comment;\n"
        " * it's above. */\n"
        "int a(int x);\n"
        "typedef struct s {\n"
        "    int b; /* c */\n"
        "\n"
        "    char d; /* '\\n' */\n"
        "} s;\n"
        "\n"
        "int alone(void);\n"
        "\n"
        "#endif\n"
        "END\n");
    assert_string_equal(page, ".SH DESCRIPTION\n"
                              "Opening \\(gawords\\(ga:\n"
                              ".IP \\(bu 2\nan item\nof two lines;\n"
                              ".IP \\(bu 2\n\\&.another.\n"
                              ".PP\n.nf\n    as\\-it $(is)\n.fi\n"
                              ".SH PART ONE\n"
                              "Of it.\n"
                              ".PP\n.nf\n"
                              "\\fBint a(int x);\\fR\n"
                              "\\fBtypedef struct s {\\fR\n"
                              "\\fB    int b; /* c */\\fR\n"
                              "\n"
                              "\\fB    char d; /* \\(aq\\en\\(aq */\\fR\n"
                              "\\fB} s;\\fR\n"
                              ".fi\n"
                              ".RS 4\nTwo lines, one comment;\nit\\(aqs above.\n.RE\n"
                              ".PP\n.nf\n\\fBint alone(void);\\fR\n.fi\n"
                              ".SH SEE ALSO\n.BR vqvae (1)\n");
}

static void test_manual__has_all(void **state)
{
    (void)state;
    run("scripts/manual.sh");
    assert_memory_equal(page, ".TH VQVAE 3 ", 12);
    assert_non_null(
        strstr(page, "\n.SH NAME\nvqvae \\- train a VQ\\-VAE, and use it "));
    static char all[sizeof page];
    strcpy(all, page);
    run("grep -o '\\bvq_[a-z0-9_]*(' include/vqvae.h | sort -u");
    int n = 0;
    for (char *name = strtok(page, "\n"); name; name = strtok(NULL, "\n"), n++)
        if (!strstr(all, name))
            fail_msg("the manual lacks %s", name);
    assert_true(n > 70);
    run("grep -c '^/[*] ---- ' include/vqvae.h; scripts/manual.sh | grep -c '^.SH '");
    int headings, sections;
    assert_int_equal(sscanf(page, "%d %d", &headings, &sections), 2);
    assert_int_equal(sections,
                     headings + 4); /* name, synopsis, description, see also */
}

static void test_manual__is_clean(void **state)
{
    (void)state;
    run("scripts/manual.sh | { if command -v mandoc >/dev/null; then mandoc -T lint -W "
        "warning; elif command -v groff >/dev/null; then groff -man -ww -z; fi; } "
        "2>&1");
    assert_string_equal(page, "");
}

const struct CMUnitTest test_manual_suite[] = {
    cmocka_unit_test(test_manual__small),
    cmocka_unit_test(test_manual__has_all),
    cmocka_unit_test(test_manual__is_clean),
    {0},
};
