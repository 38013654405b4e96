/* SPDX-License-Identifier: MIT */
#include "program.h"

/* A page in the run folder, or where it is wanted; it does without the data. */
static void test_cmd_report__page(void **state)
{
    (void)state;
    char folder[256];
    support_folder_make(folder);
    program_model(folder);
    assert_ran(program_run("cd '%s'; vqvae report run/. --threads 1 && grep -c "
                           "'Use of the codes\\|<h1>run</h1>' run/report.html",
                           folder),
               0, "run/./report.html\n2\n", "");
    assert_ran(program_run("cd '%s'; mv data.bin other.bin; vqvae report run -o - | "
                           "grep 'Not measured'",
                           folder),
               0, "data.bin", "");
    assert_ran(program_run("cd '%s'; vqvae report run run --images 0 -o x.html && "
                           "grep -c 'Not measured' x.html",
                           folder),
               1, "x.html\n0\n", "");
    support_folder_remove(folder);
}

static void test_cmd_report__refuses(void **state)
{
    (void)state;
    char folder[256];
    support_folder_make(folder);
    assert_ran(program_run("cd '%s'; vqvae report", folder), 2, "", "missing operand");
    assert_ran(program_run("cd '%s'; vqvae report .", folder), 3, "",
               "'.' is no run folder: it has neither config.json nor log.jsonl");
    assert_ran(program_run("cd '%s'; vqvae report latest", folder), 4, "",
               "cannot open 'runs/latest'");
    assert_ran(program_run("cd '%s'; vqvae report a b c d e f g h i", folder), 2, "",
               "extra operand 'i'");
    support_folder_remove(folder);
}

const struct CMUnitTest test_cmd_report_suite[] = {
    cmocka_unit_test(test_cmd_report__page),
    cmocka_unit_test(test_cmd_report__refuses),
    {0},
};
