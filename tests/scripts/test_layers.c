/*
 * SPDX-License-Identifier: MIT
 *
 * scripts/layers.sh: plants one violation at a time in a scratch folder and sees it
 * named; what looks like a violation and is none must pass.
 */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"

/* One file `path` with `text`; `objection` is part of the message, NULL: none. */
typedef struct plant {
    const char *path, *text, *objection;
} plant;

static const plant violations[] = {
    {"tensor/a.c", "#include \"base/arena.h\"\n",
     "tensor/a.c:1: tensor (floor 0) includes base/arena.h (floor 1)"},
    {"base/a.h", "\n#  include  \"image/png.h\" /* why */\n",
     "base/a.h:2: base (floor 1) includes image/png.h (floor 2)"},
    {"io/a.c", "#include \"codec/codec.h\"\n", "io (floor 2) includes codec/codec.h"},
    {"io/a.c", "#include \"image/png.h\"\n", "io (floor 2) includes image/png.h"},
    {"train/a.c", "#include \"cli/text.h\"\n", "train (floor 6) includes cli/text.h"},
    {"train/a.c", "#include \"vqvae.h\"\n", "vqvae.h comes through base/status.h"},
    {"data/a.c", "#include \"vqvae.h\"\n", "vqvae.h comes through base/status.h"},
    {"cli/a.c", "#include \"text.h\"\n", "cannot place \"text.h\""},
    {"cli/a.c", "#include \"../base/file.h\"\n", "cannot place \"../base/file.h\""},
    {"cli/a.c", "#include \"attic/b.h\"\n", "cannot place \"attic/b.h\""},
    {"cli/a.c", "#include HEADER\n", "an include must name its file"},
    {"attic/a.c", "int a;\n", "no room of the plan"},
    {"base/deep/a.c", "int a;\n", "no room of the plan"},
    {"tensor/a.c", "#include <cblas.h>\n", "only tensor/gemm.c includes <cblas.h>"},
    {"io/a.c", "#include <openblas/cblas.h>\n", "only tensor/gemm.c includes"},
    {"io/tokens.c", "#include <libpng16/png.h>\n", "only image/png.c includes <png.h>"},
    {"image/png.c", "#include <jpeglib.h>\n",
     "only image/jpeg.c image/jpeg_write.c includes <jpeglib.h>"},
    {"tensor/gemm.c", "#pragma omp parallel\n", "only base/parallel.c runs"},
    {"data/a.c", "#include <omp.h>\n", "only tensor/gemm.c includes"},
    {"data/a.c", "#include <pthread.h>\n", "only base/parallel.c includes"},
    {"base/parallel.c", "#pragma omp parallel\n", "only base/parallel.c runs"},
    {"tensor/a.c", "  #pragma omp parallel for\n", "only base/parallel.c runs"},
    {"tensor/a.c", "_Pragma(\"omp simd\")\n", "only base/parallel.c runs"},
    {"tensor/a.c", "int n = omp_get_max_threads();\n", "only tensor/gemm.c ask OpenMP"},
    {"base/a.c", "void f(void) { printf(\"x\"); }\n", "a.c:1: only cli prints"},
    {"base/a.c", "void f(void) { fprintf(stderr, \"x\"); }\n", "only cli prints"},
    {"base/a.c", "void f(void) { fputs(\"x\", stdout); }\n", "only cli prints"},
    {"base/a.c", "void f(void) { perror (\"x\"); }\n", "only cli prints"},
    {"base/a.c", "/* a */ void f(void) { puts(\"*/\"); }\n", "only cli prints"},
    {"io/a.c", "int f = open(\"x\", 0);\n",
     "only base/fd.c opens, cuts, locks and syncs"},
    {"cli/a.c", "FILE *f = fopen(\"x\", \"r\");\n", "only base/fd.c opens"},
    {"data/a.c", "ssize_t n = pread(fd, to, 9, 0);\n", "only base/fd.c opens"},
    {"codec/a.c", "void f(void) { exit(1); }\n", "only cli exits"},
    {"codec/a.c", "void f(void)\n{\n    abort();\n}\n", "a.c:3: only cli exits"},
    {"io/a.c", "char *s = \"a/*\";\nvoid f(void) { _exit(1); }\n",
     "a.c:2: only cli exits"},
};

/* Files that need each other, those without a path left out, and what names them. */
typedef struct circle {
    plant file[4];
    const char *named;
} circle;

static const circle circles[] = {
    {{{"io/a.c", "#include \"io/b.h\"\n", NULL},
      {"io/b.c", "#include \"io/a.h\"\n", NULL}},
     "circle: io/a -> io/b -> io/a\n"},
    {{{"io/a.h", "#include \"io/b.h\"\n", NULL},
      {"io/b.h", "#include \"io/c.h\"\n", NULL},
      {"io/c.c", "#include \"io/c.h\"\n#include \"io/a.h\"\n", NULL}},
     "circle: io/a -> io/b -> io/c -> io/a\n"},
    /* found behind a file and a need that are no part of it */
    {{{"io/a.c", "#include \"base/file.h\"\n#include \"io/b.h\"\n", NULL},
      {"io/b.h", "#include \"base/status.h\"\n#include \"io/c.h\"\n", NULL},
      {"io/c.c", "#include \"io/b.h\"\n", NULL}},
     "circle: io/b -> io/c -> io/b\n"},
};

/* Needs that meet, and lead nowhere back. */
static const circle no_circles[] = {
    {{{"io/a.c", "#include \"io/a.h\"\n", NULL}, {"io/a.h", "int a;\n", NULL}}, NULL},
    {{{"io/a.c", "#include \"io/c.h\"\n", NULL},
      {"io/b.c", "#include \"io/c.h\"\n", NULL},
      {"io/c.h", "int c;\n", NULL}},
     NULL},
    {{{"io/a.h", "#include \"io/b.h\"\n#include \"io/c.h\"\n", NULL},
      {"io/b.c", "#include \"io/d.h\"\n", NULL},
      {"io/c.c", "#include \"io/b.h\"\n#include \"io/d.h\"\n", NULL},
      {"io/d.c", "#include \"io/d.h\"\n", NULL}},
     NULL},
    {{{"io/a.c", "/* #include \"io/b.h\" */\n", NULL},
      {"io/b.c", "#include \"io/a.h\"\n", NULL}},
     NULL},
};

static const plant permitted[] = {
    {"cli/a.c", "#include \"vqvae.h\"\n#include \"codec/codec.h\"\nint f = printf();\n",
     NULL},
    {"base/status.h", "#include \"vqvae.h\"\n", NULL},
    {"io/a.c", "#include \"io/npy.h\"\n#include \"base/file.h\"\n", NULL},
    {"image/png.c", "#include <png.h>\n", NULL},
    {"tensor/gemm.c", "#include <cblas.h>\n#include <omp.h>\n", NULL},
    {"tensor/gemm.c", "void f(void) { omp_set_num_threads(1); }\n", NULL},
    {"base/parallel.c", "#include <pthread.h>\n", NULL},
    {"base/a.c", "/* it doesn't print(f):\n printf(), exit(1) */ // abort()\n", NULL},
    {"base/a.c", "int n = snprintf(s, 9, \"exit(1); printf(\");\n", NULL},
    {"base/fd.c", "int f = open(\"x\", 0);\n", NULL},
    {"io/a.c", "int f = fd_open(x), g = k->open(x), h = file_writer_open(x);\n", NULL},
    {"io/a.c", "void png_writer_abort(void);\nint x = fwrite(p, 1, n, stdout);\n",
     NULL},
};

static void write_plant(const char *folder, const plant *p)
{
    char path[512];
    vq_error err;
    snprintf(path, sizeof path, "%s/%s", folder, p->path);
    *strrchr(path, '/') = '\0';
    assert_ok(file_make_dirs(path, &err), &err);
    snprintf(path, sizeof path, "%s/%s", folder, p->path);
    assert_ok(file_write(path, p->text, strlen(p->text), &err), &err);
}

/* Write up to n files under a fresh folder and check it; the exit code, and what it
 * said. */
static int check_planted(const plant *p, int n, char *said, size_t size)
{
    char folder[256], command[600];
    support_folder_make(folder);
    for (int i = 0; i < n && p[i].path; i++)
        write_plant(folder, &p[i]);
    snprintf(command, sizeof command, "scripts/layers.sh '%s'", folder);
    int code = support_run(command, said, size, NULL, 0);
    support_folder_remove(folder);
    return code;
}

static void test_layers__object_to_violations(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof violations / sizeof *violations; i++) {
        const plant *p = &violations[i];
        char said[2048];
        int code = check_planted(p, 1, said, sizeof said);
        if (code != 1 || !strstr(said, p->objection))
            fail_msg("%s: %s: exit %d with '%s', want 1 with '%s'", p->path, p->text,
                     code, said, p->objection);
    }
}

static void test_layers__permit_the_rest(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof permitted / sizeof *permitted; i++) {
        const plant *p = &permitted[i];
        char said[2048];
        int code = check_planted(p, 1, said, sizeof said);
        if (code != 0)
            fail_msg("%s: %s: exit %d with '%s', want 0", p->path, p->text, code, said);
    }
}

static void test_layers__name_circles(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof circles / sizeof *circles; i++) {
        char said[2048];
        int code = check_planted(circles[i].file, 4, said, sizeof said);
        if (code != 1 || strcmp(said, circles[i].named) != 0)
            fail_msg("circle %zu: exit %d with '%s', want 1 with '%s'", i, code, said,
                     circles[i].named);
    }
}

static void test_layers__permit_needs_that_meet(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof no_circles / sizeof *no_circles; i++) {
        char said[2048];
        int code = check_planted(no_circles[i].file, 4, said, sizeof said);
        if (code != 0)
            fail_msg("case %zu: exit %d with '%s', want 0", i, code, said);
    }
}

static void test_layers__this_source(void **state)
{
    (void)state;
    char said[4096];
    if (support_run("scripts/layers.sh src", said, sizeof said, NULL, 0) != 0)
        fail_msg("%s", said);
}

static void test_layers__empty_folder_is_an_error(void **state)
{
    (void)state;
    char folder[256], command[300], said[256];
    support_folder_make(folder);
    snprintf(command, sizeof command, "scripts/layers.sh '%s'", folder);
    int code = support_run(command, NULL, 0, said, sizeof said);
    support_folder_remove(folder);
    assert_int_equal(code, 1);
    assert_non_null(strstr(said, "no source files"));
}

const struct CMUnitTest test_layers_suite[] = {
    cmocka_unit_test(test_layers__object_to_violations),
    cmocka_unit_test(test_layers__permit_the_rest),
    cmocka_unit_test(test_layers__name_circles),
    cmocka_unit_test(test_layers__permit_needs_that_meet),
    cmocka_unit_test(test_layers__this_source),
    cmocka_unit_test(test_layers__empty_folder_is_an_error),
    {0},
};
