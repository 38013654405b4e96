/*
 * SPDX-License-Identifier: MIT
 *
 * train, as a user runs it.
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "program.h"

/* The object on a line of output; release it. */
static json_t *object_at(const char *text, int line)
{
    for (; line > 0 && text; line--)
        text = strchr(text, '\n') ? strchr(text, '\n') + 1 : NULL;
    json_error_t fault;
    json_t *object =
        text ? json_loadb(text, strcspn(text, "\n"), JSON_REJECT_DUPLICATES, &fault)
             : NULL;
    if (!json_is_object(object))
        fail_msg("no JSON object: %s", text ? text : "(end)");
    return object;
}

static void assert_numbers(const json_t *object, const char *const *keys)
{
    for (; *keys; keys++)
        if (!json_is_number(json_object_get(object, *keys)))
            fail_msg("no number '%s'", *keys);
}

static const char *const log_keys[] = {
    "step",       "epoch", "loss",       "recon",        "codebook",
    "commitment", "nmse",  "perplexity", "images_per_s", NULL};

/* ---- train -------------------------------------------------------------------------
 */

static void test_cmd_model__train_writes_a_run(void **state)
{
    (void)state;
    char folder[256];
    support_folder_make(folder);
    program_model(folder);
    const ran *r = program_run("cd '%s/run'; ls -d config.json log.jsonl samples/*.png "
                               "model.safetensors checkpoint.safetensors *.svg",
                               folder);
    assert_ran(r, 0, "samples/000002.png\n", "");
    support_folder_remove(folder);
}

static void test_cmd_model__train_json(void **state)
{
    (void)state;
    char folder[256];
    support_folder_make(folder);
    program_model(folder);
    const ran *r = program_run("cd '%s'; vqvae train --data data.bin --out r" TINY
                               "--steps 5 --log-every 2 --json --quiet",
                               folder);
    assert_ran(r, 0, "", "");
    assert_string_equal(r->err, "");
    static const int steps[] = {2, 4, 5};
    for (int i = 0; i < 3; i++) {
        json_t *object = object_at(r->out, i);
        assert_numbers(object, log_keys);
        assert_int_equal(json_object_size(object), 9);
        assert_int_equal(json_integer_value(json_object_get(object, "step")), steps[i]);
        json_decref(object);
    }
    size_t lines = 0;
    for (const char *c = r->out; *c; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 3);
    support_folder_remove(folder);
}

/* The preset is what the others change, wherever it stands. */
static void test_cmd_model__preset_goes_first(void **state)
{
    (void)state;
    char folder[256];
    support_folder_make(folder);
    program_model(folder);
    assert_ran(program_run("cd '%s'; vqvae train --data data.bin --out r" TINY
                           "--steps 1 -q --preset zalando && cat r/config.json",
                           folder),
               0, "\"batch_size\": \"8\"", "");
    assert_ran(program_run("cd '%s'; cat r/config.json", folder), 0,
               "\"ema_rule\": \"smoothed\"", "");
    support_folder_remove(folder);
}

static void test_cmd_model__resume(void **state)
{
    (void)state;
    char folder[256];
    support_folder_make(folder);
    program_model(folder);
#define TRAIN "vqvae train --data data.bin --save-every 2 --out "
    /* a run is not overwritten by accident */
    assert_ran(program_run("cd '%s'; cp run/checkpoint.safetensors before;" TRAIN
                           "run" TINY "; code=$?;"
                           "cmp before run/checkpoint.safetensors && exit $code",
                           folder),
               2, "", "--resume");
    /* resumed, with nothing said but where: the same bytes as in one go */
    assert_ran(program_run("cd '%s';" TRAIN "whole --steps 6" TINY
                           "&& vqvae train --resume --out run --steps 6 &&"
                           "cmp whole/model.safetensors run/model.safetensors",
                           folder),
               0, "run/model.safetensors: 6 steps, ", "step 6/6");
    assert_ran(program_run("cd '%s'; vqvae train --resume --out run", folder), 0,
               "run/model.safetensors: 6 steps, nothing left to train\n", "");
    assert_ran(
        program_run("cd '%s'; vqvae train --resume --out run --preset paper", folder),
        2, "", "the run in 'run' has the preset 'sonnet', not 'paper'");
    assert_ran(program_run("cd '%s'; vqvae train --resume --out none", folder), 4, "",
               "cannot open 'none/config.json'");
    assert_ran(program_run("cd '%s';" TRAIN "run --force --steps 1" TINY, folder), 0,
               "run/model.safetensors: 1 steps", "");
    support_folder_remove(folder);
}

const struct CMUnitTest test_cmd_model_suite[] = {
    cmocka_unit_test(test_cmd_model__train_writes_a_run),
    cmocka_unit_test(test_cmd_model__train_json),
    cmocka_unit_test(test_cmd_model__preset_goes_first),
    cmocka_unit_test(test_cmd_model__resume),
    {0},
};
