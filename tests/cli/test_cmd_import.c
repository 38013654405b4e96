/*
 * SPDX-License-Identifier: MIT
 *
 * Models of PyTorch through the program, and model files written again. The files in
 * tests/cli/foreign are made by make.py there.
 */
#include <stdio.h>
#include <string.h>

#include "program.h"

/* A folder with the foreign models, a tiny one of ours in run/ and a picture. */
static void set_up(char folder[256])
{
    char path[300];
    support_folder_make(folder);
    program_model(folder);
    snprintf(path, sizeof path, "%s/in.png", folder);
    program_picture(path, 40, 32);
    assert_ran(program_run("cp tests/cli/foreign/* '%s'", folder), 0, "", "");
}

#define IN "cd '%s'; export VQVAE_MODEL=run; "

static void test_cmd_import__same_as_safetensors(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    const ran *r = program_run(
        IN
        "vqvae import mishalaskin.pth -o m && vqvae export mishalaskin.safetensors n "
        "&& cmp m n",
        folder);
    assert_ran(r, 0, "",
               "model: mishalaskin.pth\nnote: the weights are those under 'model'; 23 "
               "tensor names are read without 'module.' before them\n");
    /* legacy, and strided */
    r = program_run(IN "vqvae import -q zalando.pt -o m --force && vqvae export -q "
                       "--force zalando.safetensors n && cmp m n",
                    folder);
    assert_ran(r, 0, "", "");
    assert_string_equal(r->err, "");
    support_folder_remove(folder);
}

static void test_cmd_import__used_directly(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    const ran *r =
        program_run(IN "for m in mishalaskin.pth mishalaskin.safetensors zalando.pt "
                       "zalando.safetensors; do vqvae reconstruct -m $m in.png $m.png "
                       "|| exit; done; cmp mishalaskin.pth.png "
                       "mishalaskin.safetensors.png && cmp zalando.pt.png "
                       "zalando.safetensors.png",
                    folder);
    assert_ran(r, 0, "PSNR ", "note: the weights are those under 'model'");
    assert_ran(program_run(IN
                           "vqvae encode -m zalando.pt in.png -o c.vqt && vqvae decode "
                           "-m zalando.safetensors c.vqt o.png",
                           folder),
               0, "", "images: 1\n");
    assert_ran(program_run(IN "vqvae inspect mishalaskin.pth", folder), 0,
               "note         the weights are those under 'model'", "");
    support_folder_remove(folder);
}

static void test_cmd_import__refused(void **state)
{
    (void)state;
    static const struct {
        const char *command;
        int code;
        const char *message;
    } cases[] = {
        {"vqvae import zalando.pt", 2, "missing option --output, the file to write"},
        {"vqvae import zalando.pt -o in.png", 2, "'in.png' is there already: choose"},
        {"vqvae import none.pt -o m", 4, "cannot open 'none.pt'"},
        {"head -c 3000 zalando.pt >m; vqvae inspect m", 3, "'m': "},
        {"head -c 6000 mishalaskin.pth >m; vqvae inspect m", 3,
         "'m': zip archive: it has no directory at its end: it was cut short"},
        {"sed 's/_rebuild_tensor_v2/_rebuild_tensor_v9/' zalando.pt >m; vqvae inspect "
         "m",
         3, "'m' holds the Python object 'torch._utils._rebuild_tensor_v9'"},
        {"sed 's/\"F32\"/\"U32\"/g' zalando.safetensors >m; vqvae inspect m", 3,
         "'m': tensor '_encoder._conv_1.weight' holds U32, where floats are needed"},
        {"echo '<html>' >m; vqvae encode -m m in.png", 3,
         "'m' is a web page, not a model"},
        {"echo 'version https://git-lfs.github.com/spec/v1' >m; vqvae inspect m", 3,
         "'m' is a Git LFS pointer, not a model"},
        {"vqvae inspect in.png -q", 2, "-q"},
        {"vqvae eval -m mishalaskin.pth", 2,
         "'mishalaskin.pth' does not say what it was trained on: give --data"},
        {"vqvae encode -m in.png in.png", 3, "'in.png' is a PNG picture, not a model"},
        {"vqvae encode in.png -m run/checkpoint.safetensors", 3,
         "'run/checkpoint.safetensors' is a checkpoint, for 'train --resume': its "
         "model "
         "is 'run/model.safetensors'"},
        {"vqvae encode in.png -m run/config.json", 3,
         "'run/config.json' is JSON text, not a model: the model of a run is its "
         "model.safetensors"},
        {"vqvae encode in.png -m run/samples", 4,
         "'run/samples' is a folder that holds no model.safetensors"},
        {"vqvae decode in.png o.png", 3, "'in.png' is a PNG picture, not codes"},
        {"printf '\\377\\330\\377' >x.jpg; vqvae train --data x.jpg", 3, "JPEG"},
        {"gzip -c data.bin >x.bin; vqvae train --data x.bin", 3,
         "'x.bin' is a gzip file, not a data file: unpack it first"},
    };
    char folder[256];
    set_up(folder);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const ran *r = program_run(IN "%s", folder, cases[i].command);
        if (r->code != cases[i].code || !strstr(r->err, cases[i].message))
            fail_msg("%s\nexit code %d, want %d; want '%s' in:\n%s", cases[i].command,
                     r->code, cases[i].code, cases[i].message, r->err);
    }
    support_folder_remove(folder);
}

/* ---- export ------------------------------------------------------------------------
 */

static void test_cmd_import__export_keeps_files(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    /* what was meant as `inspect mine` is */
    assert_ran(
        program_run(IN "cp run/model.safetensors mine; cp mine was; vqvae export "
                       "--half mine; code=$?; cmp mine was || exit 99; exit $code",
                    folder),
        2, "",
        "'mine' is there already: to export it, name the file to write behind it; "
        "to overwrite it, give --force");
    assert_ran(program_run(IN "vqvae export run mine", folder), 2, "",
               "'mine' is there already: choose another name");
    assert_ran(program_run(IN "vqvae export run new --model run", folder), 2, "",
               "give the model as IN or by --model, not both");
    assert_ran(program_run(IN "vqvae export --half --force mine mine && vqvae inspect "
                              "mine",
                           folder),
               0, "F16  _vq_vae._embedding.weight", "model: mine\n");
    assert_ran(
        program_run(IN "vqvae export -q run /dev/stdout | cat >m && vqvae inspect m",
                    folder),
        0, "F32  _vq_vae._embedding.weight", "");
    support_folder_remove(folder);
}

/* Codes of a model and of its copy at half the size decode with either. */
static void test_cmd_import__export_keeps_identity(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    assert_ran(
        program_run("cd '%s'; vqvae train -q --data data.bin --steps 1 --out fsq "
                    "--hidden 8 --res-hidden 4 --batch-size 8 --threads 1 "
                    "--codebook fsq --fsq-levels 7,7",
                    folder),
        0, "", "");
    const char *models[] = {"run", "fsq"};
    for (int i = 0; i < 2; i++) {
        const ran *r = program_run(
            IN "m=%s; rm -f half whole; vqvae export -q --half $m half && "
               "vqvae export -q half whole &&"
               "for a in $m half whole; do vqvae encode -q -m $a in.png -o c.vqt &&"
               "for b in $m half whole; do vqvae decode -q -m $b c.vqt o.png || exit; "
               "done; done",
            folder, models[i]);
        assert_ran(r, 0, "", "");
        r = program_run(IN "a=$(vqvae inspect %s/model.safetensors | grep ^fing); "
                           "b=$(vqvae inspect half | "
                           "grep ^fing); test -n \"$a\" && test \"$a\" = \"$b\"",
                        folder, models[i]);
        assert_ran(r, 0, "", "");
    }
    /* but not those of another model, nor with values that are no more the copy's */
    assert_ran(program_run(IN
                           "vqvae encode -q -m run in.png -o c.vqt; vqvae decode -q -m "
                           "fsq c.vqt o.png",
                           folder),
               3, "", "the codes were made by another model");
    assert_ran(
        program_run(IN "vqvae export -q --half --force run half; n=$(wc -c <half); "
                       "{ head -c $((n - 1)) half; printf '\\001'; } | LC_ALL=C sed "
                       "'s/vqvae.crc32/vqvae.crc00/; s/\"version\"/\"verzion\"/' "
                       ">changed; vqvae decode -q -m changed c.vqt o.png",
                    folder),
        3, "", "the codes were made by another model");
    support_folder_remove(folder);
}

/* No path of this machine goes along. */
static void test_cmd_import__export_hides_path(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    assert_ran(
        program_run(IN "vqvae train -q --steps 1" TINY "--out r --data '%s/data.bin' "
                       "&& vqvae export -q r m && vqvae inspect m | grep ' data ='",
                    folder, folder),
        0, "  data = data.bin\n", "");
    assert_ran(program_run(IN "grep -aqF '%s' m", folder, folder), 1, "", "");
    support_folder_remove(folder);
}

/* ---- training further --------------------------------------------------------------
 */

/* The sizes are the file's, unless others are given: then it does not fit. */
static void test_cmd_import__init(void **state)
{
    (void)state;
    static const char *const from[] = {"run", "run/model.safetensors", "zalando.pt",
                                       "mishalaskin.pth"};
    char folder[256];
    set_up(folder);
    for (int i = 0; i < 4; i++)
        assert_ran(
            program_run("cd '%s'; vqvae train --init %s --data data.bin --steps 1 "
                        "--batch-size 8 --out r --force --threads 1",
                        folder, from[i]),
            0, "r/model.safetensors: 1 steps", i == 3 ? "note: the weights" : "");
    assert_ran(program_run("cd '%s'; vqvae inspect --json r/model.safetensors", folder),
               0,
               "\"hidden\": 2, \"res_hidden\": 1, \"res_layers\": 2, \"tie_residual\": "
               "true, \"codes\": 4, \"code_dim\": 2",
               "");
    assert_ran(program_run("cd '%s'; vqvae train --init run --codes 32 --data data.bin "
                           "--steps 1 --out s",
                           folder),
               3, "", "has shape (16,8), but the model needs (32,8)");
    assert_ran(
        program_run("cd '%s'; vqvae train --init in.png --steps 1 --out s", folder), 3,
        "", "'in.png' is a PNG picture, not a model");
    assert_ran(
        program_run("cd '%s'; vqvae train --init run/checkpoint.safetensors --steps "
                    "1 --out s",
                    folder),
        3, "", "is a checkpoint, for 'train --resume'");
    support_folder_remove(folder);
}

const struct CMUnitTest test_cmd_import_suite[] = {
    cmocka_unit_test(test_cmd_import__same_as_safetensors),
    cmocka_unit_test(test_cmd_import__used_directly),
    cmocka_unit_test(test_cmd_import__refused),
    cmocka_unit_test(test_cmd_import__export_keeps_files),
    cmocka_unit_test(test_cmd_import__export_keeps_identity),
    cmocka_unit_test(test_cmd_import__export_hides_path),
    cmocka_unit_test(test_cmd_import__init),
    {0},
};
