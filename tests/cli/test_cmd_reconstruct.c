/*
 * SPDX-License-Identifier: MIT
 *
 * reconstruct --each: several pictures into a folder.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "program.h"

#define IN "cd '%s'; export VQVAE_MODEL=run/model.safetensors; "

/* A folder with a tiny model in run/, and a.png, b.JPG and in/c d.png. */
static void set_up(char folder[256])
{
    static const char *const names[] = {"a.png", "b.png", "in/c d.png"};
    char path[300];
    support_folder_make(folder);
    program_model(folder);
    snprintf(path, sizeof path, "%s/in", folder);
    assert_int_equal(mkdir(path, 0777), 0);
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        program_picture(path, 40 + 8 * i, 24);
    }
}

/* Each is what reconstruct makes of it alone, in the order given. */
static void test_cmd_reconstruct__each(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    const ran *r = program_run(
        IN "mv b.png b.JPG; mv a.png a.jfif; vqvae reconstruct --refine 1 'in/c "
           "d.png' b.JPG a.jfif "
           "--each out/x && ls out/x && vqvae reconstruct -q --refine 1 b.JPG one.png "
           "&& cmp one.png out/x/b.png && vqvae reconstruct -q --refine 1 -s "
           "'in/c d.png' two.png && vqvae reconstruct --refine 1 -qs 'in/c d.png' -e "
           "sides --json && cmp two.png 'sides/c d.png'",
        folder);
    assert_ran(r, 0, "\na.png\nb.png\nc d.png\nPSNR ",
               "model: run/model.safetensors\n");
    const char *c = strstr(r->out, "out/x/c d.png: PSNR "),
               *b = strstr(r->out, "out/x/b.png: PSNR "),
               *a = strstr(r->out, "out/x/a.png: PSNR ");
    assert_true(c == r->out && c < b && b < a);
    assert_contains(r->out, "\"file\": \"sides/c d.png\"}\n");
    support_folder_remove(folder);
}

/* A bad one is told, and the others are there. */
static void test_cmd_reconstruct__each_bad(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    const ran *r = program_run(
        IN "printf junk >b.png; vqvae reconstruct -q --refine 0 none.png b.png a.png "
           "--each out; code=$?; ls out; exit $code",
        folder);
    assert_ran(r, 4, "out/a.png: PSNR ",
               "cannot open 'none.png': No such file or directory\n");
    assert_contains(r->out, "\na.png\n");
    assert_contains(r->err, "'b.png'");
    assert_contains(r->err, "vqvae: 2 of 3 pictures could not be reconstructed\n");
    support_folder_remove(folder);
}

/* What would be lost is refused before anything is made. */
static void test_cmd_reconstruct__each_refused(void **state)
{
    (void)state;
    static const struct {
        const char *operands, *message;
    } cases[] = {
        {"a.png in/a.png --each out",
         "'a.png' and 'in/a.png' would both become 'out/a.png'"},
        {"a.png b.png --each .", "'a.png' would be written over: take another folder"},
        {"b.png a.png --each links", "'a.png' would be written over: take another"},
        {"- --each out", "'-' has no name for a file in 'out'"},
        {"a.png b.png c.png",
         "extra operand 'c.png': several pictures need --each DIR"},
        {"a.png", "missing operand, expected: OUT.png or --each DIR"},
    };
    char folder[256];
    set_up(folder);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_ran(program_run(IN "cp a.png in; mkdir -p links; ln -sf ../a.png "
                                  "links/b.png; vqvae reconstruct %s; code=$?; ls -d "
                                  "out; exit $code",
                               folder, cases[i].operands),
                   2, "", cases[i].message);
    /* nor is anything made with a model that is not there */
    assert_ran(program_run(IN "vqvae reconstruct -m none a.png b.png --each out; "
                              "code=$?; ls -d out; exit $code",
                           folder),
               4, "", "'out': No such file");
    support_folder_remove(folder);
}

const struct CMUnitTest test_cmd_reconstruct_suite[] = {
    cmocka_unit_test(test_cmd_reconstruct__each),
    cmocka_unit_test(test_cmd_reconstruct__each_bad),
    cmocka_unit_test(test_cmd_reconstruct__each_refused),
    {0},
};
