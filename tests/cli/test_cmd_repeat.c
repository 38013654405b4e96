/*
 * SPDX-License-Identifier: MIT
 *
 * Results that repeat: one build and machine gives one file, at any number of threads,
 * on every set of BLAS kernels that the machine can run, with either kind of our own.
 */
#include <stdio.h>

#include "program.h"

/* Big enough that products are cut differently at different sizes. */
#define MIDDLE                                                                         \
    " --hidden 64 --codes 128 --batch-size 20 --steps 2 --quiet --data data.bin "

/* Train at 1 to 4 threads under `environment` and compare the bytes of the models. */
static void check_threads(const char *folder, const char *environment,
                          const char *kernels)
{
    assert_ran(program_run("cd '%s'; export %s; for t in 1 2 3 4; do\n"
                           "vqvae train" MIDDLE "--kernels %s --threads $t --force "
                           "--out run$t || exit; cmp run1/model.safetensors "
                           "run$t/model.safetensors || exit; done; echo same",
                           folder, environment, kernels),
               0, "same", "");
}

static void test_cmd_repeat__any_threads(void **state)
{
    (void)state;
    static const char *const environments[] = {"VQ_NOTHING=1",
                                               "OPENBLAS_CORETYPE=Haswell"};
    char folder[256], data[300];
    support_folder_make(folder);
    snprintf(data, sizeof data, "%s/data.bin", folder);
    program_data(data, (size_t)40 * CIFAR_RECORD);
    for (int e = 0; e < 2; e++) {
        check_threads(folder, environments[e], "auto");
        check_threads(folder, environments[e], "reference");
    }
    support_folder_remove(folder);
}

/* The comparison above would see a difference: another seed makes one. */
static void test_cmd_repeat__seed_matters(void **state)
{
    (void)state;
    char folder[256], data[300];
    support_folder_make(folder);
    snprintf(data, sizeof data, "%s/data.bin", folder);
    program_data(data, (size_t)40 * CIFAR_RECORD);
    assert_ran(program_run("cd '%s'; for s in 1 2; do vqvae train" MIDDLE
                           "--seed $s --out run$s || exit 9; done\n"
                           "cmp run1/model.safetensors run2/model.safetensors",
                           folder),
               1, "differ", "");
    support_folder_remove(folder);
}

const struct CMUnitTest test_cmd_repeat_suite[] = {
    cmocka_unit_test(test_cmd_repeat__any_threads),
    cmocka_unit_test(test_cmd_repeat__seed_matters),
    {0},
};
