/*
 * SPDX-License-Identifier: MIT
 *
 * inspect knows every file that the program writes.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

/* A file, what is shown of it, and a member of the JSON object with its value. */
static const struct {
    const char *path, *kind, *shown, *key, *value;
} files[] = {
    {"run/model.safetensors", "model", "channels     8; 2 residual blocks", "hidden",
     "8"},
    {"run", "run", "\n  preset = sonnet\n", "checkpoint",
     "\"run/checkpoint.safetensors\""},
    {"run/", "run", "model        run/model.safetensors\n", "folder", "\"run/\""},
    {"run/checkpoint.safetensors", "checkpoint", "model        run/model.safetensors\n",
     "step", "2"},
    {"run/config.json", "configuration", "  preset = sonnet\n", "file",
     "\"run/config.json\""},
    {"run/log.jsonl", "log", "\nlast\n  step = 2\n", "lines", "3"},
    {"run/samples/000002.png", "picture", "height       ", "file",
     "\"run/samples/000002.png\""},
    {"c.vqt", "codes", "columns      10\n", "width", "40"},
    {"c.npy", "codes", "codes        unknown\n", "width", "null"},
    {"p/model.safetensors", "prior", "columns      8\n", "classes", "10"},
    {"p/checkpoint.safetensors", "checkpoint", "model        p/model.safetensors\n",
     "step", "1"},
    {"p", "run", "\n  width = 8\n", "checkpoint", "\"p/checkpoint.safetensors\""},
    {"cifar10", "model", "file         cifar10 (built in)\n", "file",
     "\"cifar10 (built in)\""},
    {"photo", "model", "file         photo (built in)\n", "file",
     "\"photo (built in)\""},
    {"builtin", "prior", "file         built-in prior\n", "file", "\"built-in prior\""},
    {"coded.vqt", "codes", "columns      8\n", "width", "32"},
    {"c.txt", "codes", "rows         8\n", "images", "1"},
};

static void test_cmd_inspect__every_file(void **state)
{
    (void)state;
    char folder[256], path[300];
    support_folder_make(folder);
    program_model(folder);
    snprintf(path, sizeof path, "%s/in.png", folder);
    program_picture(path, 40, 32);
    assert_ran(
        program_run("cd '%s'; for f in vqt npy txt; do vqvae encode -q -m run in.png "
                    "-o c.$f; done; vqvae prior -q --data data.bin --width 8 --depth 2 "
                    "--validation 1 --batch-size 4 --steps 1 --out p; head -c 3073 "
                    "data.bin >one.bin; vqvae encode -q --prior builtin one.bin -o "
                    "coded.vqt",
                    folder),
        0, "", "");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        const ran *r = program_run("cd '%s'; vqvae inspect %s", folder, files[i].path);
        assert_ran(r, 0, files[i].shown, "");
        r = program_run("cd '%s'; vqvae inspect --json %s", folder, files[i].path);
        assert_ran(r, 0, "{", "");
        json_t *object = json_loads(r->out, 0, NULL);
        assert_non_null(object);
        assert_string_equal(json_string_value(json_object_get(object, "kind")),
                            files[i].kind);
        char *value =
            json_dumps(json_object_get(object, files[i].key), JSON_ENCODE_ANY);
        assert_non_null(value);
        assert_string_equal(value, files[i].value);
        free(value);
        json_decref(object);
    }
    support_folder_remove(folder);
}

static void test_cmd_inspect__damaged(void **state)
{
    (void)state;
    char folder[256];
    support_folder_make(folder);
    program_model(folder);
    assert_ran(
        program_run("cd '%s'; printf '{\"a\"' >c.json; vqvae inspect c.json", folder),
        3, "", "'c.json' holds no JSON object: ");
    assert_ran(program_run("cd '%s'; printf VQT1 >c; vqvae inspect c", folder), 3, "",
               "'c'");
    assert_ran(program_run("cd '%s'; vqvae inspect run/curves.svg", folder), 3, "",
               "'run/curves.svg' is an SVG drawing, not a model: a browser shows it");
    /* a run that has not begun to log */
    assert_ran(program_run("cd '%s'; : >run/log.jsonl; vqvae inspect run", folder), 0,
               "last         unknown\n", "");
    support_folder_remove(folder);
}

const struct CMUnitTest test_cmd_inspect_suite[] = {
    cmocka_unit_test(test_cmd_inspect__every_file),
    cmocka_unit_test(test_cmd_inspect__damaged),
    {0},
};
