/*
 * SPDX-License-Identifier: MIT
 *
 * scripts/setup.sh and what calls it, on machines that lack a tool: a PATH that holds
 * nothing but what is put into it. And that make builds again what other flags change.
 */
#include "support.h"

#include <stdio.h>
#include <string.h>

/* $D is a scratch folder, $D/bin the PATH after `only TOOL...`; pkg-config finds
 * everything. */
static const char prelude[] =
    "D='%s'; unset MAKEFLAGS MAKELEVEL MFLAGS CC\n"
    "only() { mkdir -p $D/bin; for t; do ln -sf \"$(command -v $t)\" $D/bin/$t; done; "
    "printf '#!/bin/sh\\nexit 0\\n' >$D/bin/pkg-config; chmod +x $D/bin/pkg-config; "
    "PATH=$D/bin; }\n"
    "stand_in() { cat >$D/bin/$1; chmod +x $D/bin/$1; }\n";

/* The commands must end with `code` and say `part` (on either stream). */
static void check(const char *commands, int code, const char *part)
{
    char folder[256], text[6000], out[8192], errors[8192];
    support_folder_make(folder);
    int length = snprintf(text, sizeof text, prelude, folder);
    snprintf(text + length, sizeof text - (size_t)length, "%s", commands);
    int got = support_run(text, out, sizeof out, errors, sizeof errors);
    if (got != code || (!strstr(out, part) && !strstr(errors, part)))
        fail_msg("%s: exit %d with '%s' and '%s', want %d with '%s'", commands, got,
                 out, errors, code, part);
    support_folder_remove(folder);
}

#define TOOLS "only sh cat chmod cut cc gcc make id grep mkdir uname; "
#define INSTALL "install them with: sudo apt-get install -y --no-install-recommends "

static void test_setup__says_the_one_command(void **state)
{
    (void)state;
    check(TOOLS "scripts/setup.sh -n build", 0, "");
    check(TOOLS "scripts/setup.sh -n format", 1, INSTALL "clang-format\n");
    check(TOOLS "scripts/setup.sh -n fuzz", 1, INSTALL "clang ");
    check(TOOLS "scripts/setup.sh -n tsan", 1, INSTALL "clang ");
    check(TOOLS "scripts/setup.sh -n mpi", 1, INSTALL "openmpi-bin\n");
    check(TOOLS "CC=none-such scripts/setup.sh -n build", 1, INSTALL "gcc\n");
    check(TOOLS "scripts/setup.sh -n nonsense", 2, "usage: setup.sh ");
}

/* A clang of another version needs the packages of that version. */
static void test_setup__clang(void **state)
{
    (void)state;
    static const char clang[] =
        TOOLS "stand_in clang <<'END'\n#!/bin/sh\ncase \"$*\" in *-dumpversion*) echo "
              "17.0.6 ;; *%s*) exit 1 ;; esac\nEND\n%s";
    char commands[1000];
    snprintf(commands, sizeof commands, clang, "-fopenmp",
             "CC=clang scripts/setup.sh -n build");
    check(commands, 1, INSTALL "libomp-17-dev\n");
    snprintf(commands, sizeof commands, clang, "-fsanitize",
             "CC=clang scripts/setup.sh -n fuzz");
    check(commands, 1, INSTALL "libclang-rt-17-dev\n");
    snprintf(commands, sizeof commands, clang, "-nothing",
             "CC=clang scripts/setup.sh -n fuzz");
    check(commands, 0, "");
}

static void test_setup__targets_ask_it(void **state)
{
    (void)state;
    check(TOOLS "make -s fuzz", 2, INSTALL "clang ");
    check(TOOLS "make -s tsan", 2, INSTALL "clang ");
    check(TOOLS "make -s check-format", 2, INSTALL "clang-format\n");
    check(TOOLS "make -s format", 2, INSTALL "clang-format\n");
    check(TOOLS "make -s check", 2, INSTALL "clang clang-format ");
}

/* One object, in a build folder of its own. */
#define MAKE "make MODE=flags build/flags/src/base/version.o "
#define NOTHING " >$D/out && [ ! -s $D/out ]"

static void test_setup__other_flags_build_again(void **state)
{
    (void)state;
    check("rm -rf build/flags; " MAKE, 0, "CC     src/base/version.c");
    check(MAKE NOTHING, 0, "");
    check(MAKE "CFLAGS='-O1 -DX=\"a b\"'", 0, "CC     src/base/version.c");
    check(MAKE "CFLAGS='-O1 -DX=\"a b\"'" NOTHING, 0, "");
    check(MAKE "CC=gcc", 0, "CC     src/base/version.c");
    check(MAKE "CC=gcc LDFLAGS=-s", 0, "CC     src/base/version.c");
    check(MAKE "CC=gcc LDFLAGS=-s COMMIT=x", 0, "CC     src/base/version.c");
    check("rm -rf build/flags", 0, "");
}

/* Installed: stripped, said file by file, and removed again. */
static void test_setup__install(void **state)
{
    (void)state;
    static const char run[] =
        "%s scripts/install.sh " VQVAE_BIN " " VQVAE_LIB " " VQVAE_SHARED
        " $D/root /opt && ! readelf -S "
        "$D/root/opt/bin/vqvae $D/root/opt/lib/libvqvae.* | grep -q debug_info && %s";
    char commands[1000];
    snprintf(commands, sizeof commands, run, "", "$D/root/opt/bin/vqvae inspect photo");
    check(commands, 0, "photo (built in)");
    check(commands, 0, "/root/opt/share/man/man1/vqvae.1");
    check(commands, 0, "/root/opt/lib/libvqvae.so." VQ_VERSION " ");
    snprintf(commands, sizeof commands, run, "",
             "scripts/install.sh --remove $D/root /opt && find $D/root ! -type d | wc "
             "-l");
    check(commands, 0, "\n0\n");
}

/* A script in Python says in one line what it lacks. */
static void test_setup__python(void **state)
{
    (void)state;
    if (support_run("python3 -c ''", (char[1]){0}, 1, (char[1]){0}, 1) != 0)
        skip();
    check("python3 -S -c 'import sys; sys.path.insert(0, \"scripts\"); import needs; "
          "needs.need(\"os\", \"no_such\", \"PIL_no\", \"sys\")'",
          1,
          "needs Python packages that are not here: python3 -m pip install no_such "
          "PIL_no\n");
    check("python3 -S -c 'import sys; sys.path.insert(0, \"scripts\"); import needs; "
          "needs.need(\"os\")'",
          0, "");
}

const struct CMUnitTest test_setup_suite[] = {
    cmocka_unit_test(test_setup__says_the_one_command),
    cmocka_unit_test(test_setup__clang),
    cmocka_unit_test(test_setup__targets_ask_it),
    cmocka_unit_test(test_setup__other_flags_build_again),
    cmocka_unit_test(test_setup__install),
    cmocka_unit_test(test_setup__python),
    {0},
};
