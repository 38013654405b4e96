/*
 * SPDX-License-Identifier: MIT
 *
 * encode of data sets, as a user runs it: arrays, folders, pipes, kills.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "program.h"

#define IN "cd '%s'; export VQVAE_MODEL=run/model.safetensors; "

/* A folder with a tiny model in run/, and pictures of one size in pictures/. */
static void set_up(char folder[256])
{
    char path[300];
    support_folder_make(folder);
    program_model(folder);
    snprintf(path, sizeof path, "%s/pictures", folder);
    assert_int_equal(mkdir(path, 0777), 0);
    for (int i = 0; i < 5; i++) {
        snprintf(path, sizeof path, "%s/pictures/%d.png", folder, i);
        program_picture(path, 40, 24);
    }
    snprintf(path, sizeof path, "%s/other.png", folder);
    program_picture(path, 41, 24);
}

static void test_cmd_encode__folder(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    const ran *r = program_run(IN "vqvae encode pictures -o t.npy && cat t.tsv && "
                                  "head -c 70 t.npy | tail -c 60",
                               folder);
    assert_ran(r, 0,
               "path\tlabel\tclass\theight\twidth\npictures/0.png\t-1\t\t24\t40\n",
               "codes: 5 x 6 x 10, each one of 16\npictures: 5 pictures, ");
    assert_contains(r->out, "{'descr': '<u2', 'fortran_order': False, 'shape': (5,");
    /* the same of the files themselves, of a list and of either kind of file */
    assert_ran(
        program_run(IN "vqvae encode -q pictures/*.png -o a.npy && cmp t.npy a.npy &&"
                       "cmp t.tsv a.tsv && (cd pictures; ls) | sed s:^:pictures/: "
                       ">list.txt && vqvae encode -q list.txt -o b.npy && "
                       "cmp t.npy b.npy && cmp t.tsv b.tsv &&"
                       "vqvae encode -q pictures --format npy --type int32 -o c && "
                       "vqvae decode -q t.npy t.png && vqvae decode -q c c.png && "
                       "cmp t.png c.png && ls",
                    folder),
        0, "c.tsv\n", "");
    /* what is no array comes whole from memory */
    assert_ran(program_run(IN "vqvae encode -q pictures -o t.vqt && vqvae decode -q "
                              "t.vqt v.png && vqvae encode -q pictures >t.txt && vqvae "
                              "decode -q t.txt w.png && cmp t.txt w.png; "
                              "vqvae encode -q pictures/*.png -f npy -o - >p.npy && "
                              "vqvae decode -q p.npy p.png && cmp w.png p.png && "
                              "vqvae encode -q pictures -f npy -o /dev/stdout >q.npy "
                              "&& cmp p.npy q.npy && [ ! -e /dev/stdout.tsv ]",
                           folder),
               0, "", "");
    support_folder_remove(folder);
}

/* decode gives the pictures back: a grid, or one by one as reconstruct does. */
static void test_cmd_encode__and_back(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    assert_ran(program_run(IN "vqvae encode -q data.bin -o t.npy &&"
                              "vqvae decode -q t.npy --each back && ls back | wc -l &&"
                              "vqvae decode -q back/../t.npy grid.png &&"
                              "vqvae encode -q pictures other.png --each x",
                           folder),
               3, "16\n", "'pictures' is not a regular file");
    assert_ran(program_run(IN "vqvae encode -q pictures/*.png other.png --each codes &&"
                              "cut -f 1,2,5,6 codes/index.tsv | tail -n 1 &&"
                              "vqvae decode -q codes/00005.vqt o.png &&"
                              "vqvae reconstruct -q other.png p.png && cmp o.png p.png",
                           folder),
               0, "00005.vqt\tother.png\t24\t41\n", "");
    assert_ran(
        program_run(IN "vqvae encode -q pictures/*.png other.png -f txt "
                       "--each txt && ls txt && ! vqvae encode -q other.png "
                       "pictures/*.png -o t.npy",
                    folder),
        0, "00005.txt\nindex.tsv\n",
        "1 of 6 are not 40 x 24: 'other.png' (41 x 24) (--each DIR writes a file "
        "a picture)");
    support_folder_remove(folder);
}

/*
 * Killed when it has written a piece, or a moment later, until it is through: the same
 * bytes. One that is through before it was killed four times begins again.
 */
static void test_cmd_encode__killed(void **state)
{
    (void)state;
    char folder[256], path[300];
    set_up(folder);
    snprintf(path, sizeof path, "%s/many.bin", folder);
    program_data(path, (size_t)2400 * CIFAR_RECORD);
    const ran *r = program_run(
        IN
        "encode() { vqvae encode -q --refine 0 --threads 1 many.bin \"$@\"; }\n"
        "encode -o whole.npy || exit 1\n"
        "kills=0 was=\n"
        "while [ $kills -lt 4 ] || [ ! -f t.npy ]; do\n"
        "  rm -f t.npy t.tsv\n"
        "  \"$program\" encode -q --refine 0 --threads 1 many.bin -o t.npy --resume &\n"
        "  while kill -0 $! 2>/dev/null; do\n"
        "    now=$(tail -c 40 t.npy.part 2>/dev/null | cksum)\n"
        "    [ \"$now\" = \"$was\" ] || break\n"
        "    sleep .005\n"
        "  done\n"
        "  was=$now; sleep .0$kills; kill -9 $! 2>/dev/null\n"
        "  wait $! 2>/dev/null; [ $? != 137 ] || kills=$((kills+1))\n"
        "  [ ! -f t.npy ] || cmp whole.npy t.npy || exit 1\n"
        "done\n"
        "cmp whole.tsv t.tsv && [ ! -e t.npy.part ]",
        folder);
    if (r->code != 0)
        fail_msg("exit code %d: %s %s", r->code, r->out, r->err);
    support_folder_remove(folder);
}

/* ^C keeps what is done and says how to go on; one that was through before begins
 * again. */
static void test_cmd_encode__interrupted(void **state)
{
    (void)state;
    char folder[256], path[300];
    set_up(folder);
    snprintf(path, sizeof path, "%s/many.bin", folder);
    program_data(path, (size_t)2400 * CIFAR_RECORD);
    for (int each = 0; each < 2; each++) {
        const char *how = each ? "--each codes" : "-o t.npy";
        const ran *r = program_run(
            IN "code=0; while [ $code = 0 ]; do rm -rf t.npy t.tsv codes\n"
               "\"$program\" encode --refine 0 --threads 1 many.bin %s &\n"
               "until [ -e t.npy.part ] || [ -e t.npy ] || [ -e codes/00000.vqt ]\n"
               "do sleep .01; done\n"
               "kill -INT $! 2>/dev/null; wait $!; code=$?; done; exit $code",
            folder, how);
        assert_ran(r, 130, "", " of 2400 pictures; --resume goes on\n");
        assert_ran(program_run(IN "vqvae encode many.bin %s", folder, how), 2, "",
                   "--resume goes on with it, or remove it");
        assert_ran(program_run(IN "vqvae encode --refine 0 many.bin --resume %s && "
                                  "rm -f t.npy.part; ls codes | wc -l",
                               folder, how),
                   0, each ? "2401\n" : "0\n", each ? " -> codes: " : " -> t.npy: ");
    }
    support_folder_remove(folder);
}

/* A picture is opened once, so that a pipe will do wherever a file does. */
static void test_cmd_encode__pipes(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    static const char *const inputs[] = {
        "- <other.png",
        "/dev/stdin <other.png",
        "/dev/fd/3 3<other.png",
        "fifo & cat other.png >fifo; wait $! &&",
    };
    assert_ran(program_run(IN "vqvae encode -q other.png -o want.vqt; vqvae "
                              "reconstruct -q other.png want.png; mkfifo fifo",
                           folder),
               0, "PSNR", "");
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        const char *more = strstr(inputs[i], "&&") ? "" : "&&";
        assert_ran(program_run(IN "vqvae encode -q -o got.vqt %s %s cmp want.vqt "
                                  "got.vqt",
                               folder, inputs[i], more),
                   0, "", "");
        assert_ran(program_run(IN "vqvae reconstruct -q %.*s got.png%s %s cmp want.png "
                                  "got.png",
                               folder, (int)strcspn(inputs[i], " "), inputs[i],
                               inputs[i] + strcspn(inputs[i], " "), more),
                   0, "PSNR", "");
    }
    assert_ran(program_run(IN "cat other.png | vqvae encode -q - -o got.vqt && cmp "
                              "want.vqt got.vqt && cat want.vqt | vqvae decode -q - "
                              "got.png && cmp want.png got.png && cat other.png | "
                              "\"$program\" encode -q /dev/stdin -o got.vqt && cmp "
                              "want.vqt got.vqt",
                           folder),
               0, "", "");
    /* bash's <(...), where there is a bash */
    assert_ran(program_run(IN
                           "command -v bash >/dev/null || exit 0; p=$program bash -c "
                           "'\"$p\" encode -q <(cat other.png) -o got.vqt' && cmp "
                           "want.vqt got.vqt",
                           folder),
               0, "", "");
    support_folder_remove(folder);
}

/* The last line says bytes in and out, which are those of the files. */
static void test_cmd_encode__sizes(void **state)
{
    (void)state;
    static const char say[] =
        "bytes() { cat \"$@\" | wc -c; }\n"
        "last() { vqvae encode --refine 0 \"$@\" 2>&1 | tail -n 1; }\n"
        "same() { echo \"$1\"; [ \"$(echo \"$1\" | tr -d ,)\" = \"$2\" ] || exit 1; }\n"
        "bits() { awk \"BEGIN {printf \\\"%.4f bits a pixel\\\", 8 * $1 / $2}\"; }\n";
    char folder[256];
    set_up(folder);
    assert_ran(program_run(
                   IN "%s same \"$(last other.png -o o.vqt)\" \"other.png: $(bytes "
                      "other.png) bytes -> o.vqt: $(bytes o.vqt) bytes $(bits $(bytes "
                      "o.vqt) 984)\"\n"
                      "same \"$(last pictures -o t.npy)\" \"pictures: 5 pictures "
                      "$(bytes pictures/*) bytes -> t.npy: $(bytes t.npy) bytes $(bits "
                      "$(bytes t.npy) 4800)\"\n"
                      "same \"$(last pictures/*.png other.png --each c)\" \"in all: 6 "
                      "pictures $(bytes pictures/* other.png) bytes -> c: $(bytes "
                      "c/*.vqt) bytes $(bits $(bytes c/*.vqt) 5784)\"\n"
                      "cat other.png | last - -o p.vqt; last data.bin -o d.txt",
                   folder, say),
               0, "data.bin: 16 pictures, 49,152 bytes of pixels -> d.txt: ", "");
    assert_ran(program_run(IN "cat other.png | vqvae encode - -o p.vqt", folder), 0, "",
               "\nstandard input -> p.vqt: ");
    const ran *r = program_run(IN "vqvae encode -q other.png -o q.vqt; vqvae encode -q "
                                  "pictures -o q.npy; vqvae encode other.png 2>e; grep "
                                  "-c -- '->' e",
                               folder);
    assert_string_equal(r->err, "");
    assert_contains(r->out, "\n0\n"); /* nor of what goes to standard output */
    support_folder_remove(folder);
}

static void test_cmd_encode__refused(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    static const struct {
        const char *command;
        int code;
        const char *err;
    } cases[] = {
        {"encode pictures -o t.npy --each d", 2, "give --output FILE or --each DIR"},
        {"encode pictures --each d --prior builtin", 2, "--prior goes with --output"},
        {"encode pictures -o t.vqt --resume", 2,
         "--resume goes on with a .npy file or"},
        {"encode pictures --resume", 2, "or with --each DIR, not with '-'"},
        {"encode other.png -o t.npy --resume", 2, "--resume is for data sets, not one"},
        {"encode other.png -o t.npy --type int32", 2, "--type is for data sets"},
        {"encode pictures -o t.npy --type int8", 2, "--type is auto, uint16 or int32"},
        {"encode pictures -o t.npy --split half", 2, "half"},
        {"encode other.png t.vqt", 2, "did you mean '--output t.vqt'?"},
        {"encode other.png m.safetensors", 2, "did you mean '--model m.safetensors'?"},
        {"encode pictures -o none/t.npy", 4, "'none/t.npy': No such file"},
        {"encode none -o t.npy", 4, "cannot open 'none': No such file or directory (d"},
        {"encode cifar10 -o t.npy", 4, "cifar"},
        {"encode pictures --each other.png", 4, "'other.png': Not a directory"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_ran(program_run(IN "vqvae %s", folder, cases[i].command), cases[i].code,
                   "", cases[i].err);
    /* nothing was left behind */
    assert_ran(program_run(IN "ls -a | tr '\\n' ' '", folder), 0,
               ". .. data.bin other.png pictures run ", "");
    support_folder_remove(folder);
}

const struct CMUnitTest test_cmd_encode_suite[] = {
    cmocka_unit_test(test_cmd_encode__folder),
    cmocka_unit_test(test_cmd_encode__and_back),
    cmocka_unit_test(test_cmd_encode__killed),
    cmocka_unit_test(test_cmd_encode__interrupted),
    cmocka_unit_test(test_cmd_encode__pipes),
    cmocka_unit_test(test_cmd_encode__sizes),
    cmocka_unit_test(test_cmd_encode__refused),
    {0},
};
