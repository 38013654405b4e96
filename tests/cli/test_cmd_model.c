/*
 * SPDX-License-Identifier: MIT
 *
 * train, eval and inspect, and which model is used, as a user runs them.
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "program.h"

#define IN "cd '%s'; export VQVAE_MODEL=run/model.safetensors; "

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
    "step", "epoch",      "loss", "recon",   "codebook",     "commitment",
    "nmse", "perplexity", "lr",   "revived", "images_per_s", NULL};

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
        assert_int_equal(json_object_size(object), 11);
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
               0, "\"batch_size\": 8,", "");
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
/* sonnet's rate is constant, so a longer run begins as a shorter one does */
#define TRAIN "vqvae train --preset sonnet --data data.bin --save-every 2 --out "
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

/* ---- eval --------------------------------------------------------------------------
 */

static void test_cmd_model__eval(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "mse",        "nmse",       "psnr", "psnr_mean",    "ssim",   "ssim_luma",
        "perplexity", "codes_used", "bpp",  "images_per_s", "images", NULL};
    const int n = sizeof keys / sizeof *keys - 1;
    char folder[256];
    support_folder_make(folder);
    program_model(folder);
    const ran *r = program_run(IN "vqvae eval --data data.bin --json", folder);
    assert_ran(r, 0, "", "model: run/model.safetensors\n");
    json_t *object = object_at(r->out, 0);
    assert_numbers(object, keys);
    assert_int_equal(json_object_size(object), n + 2);
    assert_int_equal(json_integer_value(json_object_get(object, "images")), 16);
    assert_int_equal(json_integer_value(json_object_get(object, "refine")), VQ_REFINE);
    json_t *plain = json_object_get(object, "plain");
    assert_numbers(plain, keys);
    assert_int_equal(json_object_size(plain), n);
    double mse = json_number_value(json_object_get(plain, "mse"));
    assert_true(json_number_value(json_object_get(object, "mse")) <= mse);
    json_decref(object);
    /* the nearest codes alone */
    r = program_run(IN "vqvae eval --data data.bin --json --refine 0", folder);
    object = object_at(r->out, 0);
    assert_int_equal(json_object_size(object), n + 1);
    assert_int_equal(json_integer_value(json_object_get(object, "refine")), 0);
    assert_true(json_number_value(json_object_get(object, "mse")) == mse);
    json_decref(object);
    r = program_run(IN "vqvae eval --data data.bin --refine -1", folder);
    assert_ran(r, 2, "", "--refine is a whole number from 0 to 1000, not '-1'");
    /* without --data: what it was trained on */
    r = program_run(IN "vqvae eval --help", folder);
    static const char *const kinds[] = {"folder of PNG", "JPEG", ".txt", ".npy",
                                        ".bin"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        assert_contains(r->out, kinds[i]);
    r = program_run(IN "vqvae eval --split test", folder);
    assert_ran(r, 0, "images          16          16\n",
               "data: data.bin, test split\n");
    assert_contains(r->out, "                nearest     20 passes\n");
    assert_contains(r->out, "codes used      ");
    r = program_run(IN "vqvae eval -q --worst w.png --best b.png --atlas a.png &&"
                       "ls w.png b.png a.png",
                    folder);
    assert_ran(r, 0, "images          16          16\n", "");
    assert_contains(r->out, "a.png\nb.png\nw.png\n");
    r = program_run(IN "vqvae eval --worst none/w.png", folder);
    assert_ran(r, 4, "", "none/w.png");
    support_folder_remove(folder);
}

/* ---- inspect -----------------------------------------------------------------------
 */

static void test_cmd_model__inspect(void **state)
{
    (void)state;
    char folder[256];
    support_folder_make(folder);
    program_model(folder);
    const ran *r = program_run("cd '%s'; vqvae inspect run/model.safetensors", folder);
    assert_ran(r, 0, "file         run/model.safetensors\n", "");
    assert_contains(r->out,
                    "codebook     16 codes of 8 numbers, one for 4 x 4 pixels\n");
    assert_contains(r->out, "_encoder._conv_1.weight [4,3,4,4]\n");
    r = program_run("cd '%s'; vqvae inspect --json run/model.safetensors", folder);
    assert_ran(r, 0, "", "");
    json_t *object = object_at(r->out, 0);
    assert_int_equal(json_integer_value(json_object_get(object, "codes")), 16);
    assert_true(json_array_size(json_object_get(object, "tensors")) > 10);
    assert_true(json_is_object(json_object_get(object, "metadata")));
    json_decref(object);
    support_folder_remove(folder);
}

/* What a stranger wrote into a file does not reach the terminal as it is. */
static void test_cmd_model__inspect_escapes(void **state)
{
    (void)state;
    char folder[256];
    support_folder_make(folder);
    program_model(folder);
    const ran *r =
        program_run("cd '%s'; sed 's/\"data\":\"data.bin\"/\"data\":\"\\\\u001bin\"/;"
                    "s/vqvae.crc32/vqvae.crc00/;s/\"version\"/\"verzion\"/' "
                    "run/model.safetensors >strange; vqvae inspect strange && "
                    "vqvae inspect --json strange",
                    folder);
    assert_ran(r, 0, "  data = \\x1bin\n", "");
    assert_contains(r->out, "\"data\": \"\\u001Bin\"");
    assert_null(strchr(r->out, '\033'));
    support_folder_remove(folder);
}

/* What the metadata say must be something that the program knows. */
static void test_cmd_model__unknown_preset(void **state)
{
    (void)state;
    char folder[256];
    support_folder_make(folder);
    program_model(folder);
    assert_ran(
        program_run("cd '%s'; sed 's/\"preset\":\"sonnet\"/\"preset\":\"sonata\"/;"
                    "s/vqvae.crc32/vqvae.crc00/;s/\"version\"/\"verzion\"/' "
                    "run/model.safetensors >strange; vqvae inspect strange",
                    folder),
        3, "", "preset is one of best|sonnet|zalando|mishalaskin|paper, not 'sonata'");
    assert_ran(
        program_run("cd '%s'; sed -i 's/\"preset\": \"sonnet\"/\"preset\": \"x\"/' "
                    "run/config.json; vqvae train --resume --out run --steps 9",
                    folder),
        3, "", "config.json': preset: preset is one of");
    support_folder_remove(folder);
}

/* ---- export ------------------------------------------------------------------------
 */

static void test_cmd_model__export(void **state)
{
    (void)state;
    char folder[256];
    support_folder_make(folder);
    program_model(folder);
    assert_ran(program_run(IN "vqvae export again.safetensors && "
                              "cmp run/model.safetensors again.safetensors && "
                              "vqvae export --half half.safetensors && "
                              "vqvae inspect half.safetensors",
                           folder),
               0, "F16  _vq_vae._embedding.weight [16,8]",
               "model: run/model.safetensors");
    assert_ran(program_run(IN "vqvae export no/such/folder.safetensors", folder), 4, "",
               "no/such/folder.safetensors");
    support_folder_remove(folder);
}

const struct CMUnitTest test_cmd_model_suite[] = {
    cmocka_unit_test(test_cmd_model__train_writes_a_run),
    cmocka_unit_test(test_cmd_model__train_json),
    cmocka_unit_test(test_cmd_model__preset_goes_first),
    cmocka_unit_test(test_cmd_model__resume),
    cmocka_unit_test(test_cmd_model__eval),
    cmocka_unit_test(test_cmd_model__inspect),
    cmocka_unit_test(test_cmd_model__inspect_escapes),
    cmocka_unit_test(test_cmd_model__unknown_preset),
    cmocka_unit_test(test_cmd_model__export),
    {0},
};
