/*
 * SPDX-License-Identifier: MIT
 *
 * Which model and prior a command takes, as a user sees it.
 */
#include <stdio.h>
#include <string.h>

#include "program.h"

/* A folder with a tiny model in runs/x, which is the latest, and two pictures. */
static void set_up(char folder[256])
{
    char path[300];
    support_folder_make(folder);
    program_model(folder);
    snprintf(path, sizeof path, "%s/small.png", folder);
    program_picture(path, 48, 32);
    snprintf(path, sizeof path, "%s/large.png", folder);
    program_picture(path, 72, 32);
    assert_ran(program_run("cd '%s'; mkdir runs p && mv run runs/x && ln -s x "
                           "runs/latest && cp large.png p",
                           folder),
               0, "", "");
}

#define LOOK "cd '%s'; unset VQVAE_MODEL VQVAE_PRIOR; "

/* A command, and the model that it takes. */
static const struct {
    const char *command, *model;
} taken[] = {
    {"vqvae encode small.png", "cifar10 (built in)"},
    {"vqvae encode large.png", "photo (built in)"},
    {"vqvae encode - <large.png", "photo (built in)"},
    {"vqvae encode data.bin --refine 0", "cifar10 (built in)"},
    {"vqvae encode p --refine 0", "photo (built in)"},
    {"vqvae reconstruct small.png o.png", "cifar10 (built in)"},
    {"vqvae reconstruct large.png o.png", "photo (built in)"},
    {"vqvae reconstruct - o.png <large.png", "photo (built in)"},
    {"vqvae eval --data data.bin --refine 0", "cifar10 (built in)"},
    {"vqvae eval --data p --split all --refine 0", "photo (built in)"},
    {"vqvae eval --data p --split all --model latest", "runs/latest/model.safetensors"},
    {"vqvae eval --data p --split all --prior builtin", "cifar10 (built in)"},
    {"vqvae encode large.png --model cifar10", "cifar10 (built in)"},
    {"vqvae encode large.png --prior builtin -o c.vqt", "cifar10 (built in)"},
    {"vqvae encode small.png --model photo", "photo (built in)"},
    {"vqvae encode small.png -m latest", "runs/latest/model.safetensors"},
    {"vqvae encode small.png -m runs/x", "runs/x/model.safetensors"},
    {"vqvae complete large.png o.png -n 1", "cifar10 (built in)"},
    {"vqvae sample -n 1 --size 8x8", "cifar10 (built in)"},
    {"VQVAE_MODEL=photo vqvae encode small.png", "photo (built in)"},
    {"VQVAE_MODEL=runs/x vqvae encode large.png", "runs/x/model.safetensors"},
    {"VQVAE_MODEL=none vqvae encode large.png -m photo", "photo (built in)"},
    {"VQVAE_MODEL= vqvae encode large.png", "photo (built in)"},
    {"vqvae export o.safetensors --force", "cifar10 (built in)"},
    {"vqvae export photo o.safetensors --force", "photo (built in)"},
};

static void test_models__taken(void **state)
{
    (void)state;
    char folder[256], want[100];
    set_up(folder);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        snprintf(want, sizeof want, "model: %s\n", taken[i].model);
        assert_ran(program_run(LOOK "%s", folder, taken[i].command), 0, "", want);
    }
    assert_ran(program_run(LOOK "VQVAE_MODEL=none vqvae encode small.png", folder), 4,
               "", "vqvae: cannot open 'none': No such file or directory\n");
    assert_ran(program_run(LOOK "rm -r runs; vqvae encode -m latest small.png", folder),
               4, "", "nothing was trained here\n");
    support_folder_remove(folder);
}

/* decode knows which of them made the codes. */
static void test_models__decode(void **state)
{
    (void)state;
    static const char *const models[] = {"cifar10", "photo", "latest"};
    char folder[256];
    set_up(folder);
    for (int i = 0; i < 3; i++)
        assert_ran(program_run(LOOK
                               "for p in small large; do vqvae encode -q --refine 0 -m "
                               "%s $p.png -o c.vqt; vqvae reconstruct -q --refine 0 -m "
                               "%s $p.png r.png; vqvae decode c.vqt d.png; cmp r.png "
                               "d.png || exit 1; done",
                               folder, models[i], models[i]),
                   0, "", models[i]);
    assert_ran(program_run(LOOK "vqvae encode -q --refine 0 large.png -o c.npy; vqvae "
                                "reconstruct -q --refine 0 large.png r.png; vqvae "
                                "decode c.npy d.png",
                           folder),
               0, "", "model: photo (built in)\n");
    assert_ran(program_run(LOOK "vqvae encode -q -m latest small.png -o c.vqt; rm -r "
                                "runs; vqvae decode c.vqt d.png",
                           folder),
               3, "", "which is neither built in nor the latest: give --model\n");
    support_folder_remove(folder);
}

/* A prior is trained on the codes of the model that fits its data, and sample finds
 * the model again. */
static void test_models__prior(void **state)
{
    (void)state;
    static const char options[] =
        "vqvae prior --width 8 --depth 2 --head 16 --batch-size 2 --validation 1 "
        "--steps 2 --threads 1 ";
    char folder[256];
    set_up(folder);
    assert_ran(program_run(LOOK "%s --data data.bin --out a && grep -A1 model "
                                "a/config.json",
                           folder, options),
               0, "\"model\": \"cifar10\"", "use it: vqvae sample --prior a\n");
    assert_ran(program_run(LOOK "cp p/large.png p/b.png; cp p/large.png p/c.png; %s "
                                "--data p --crop 32 --out b && grep model "
                                "b/config.json",
                           folder, options),
               0, "\"model\": \"photo\"", "");
    assert_ran(program_run(LOOK "vqvae sample -n 1 --prior b --size 8x8", folder), 0,
               "", "model: photo (built in)\n");
    assert_ran(program_run(LOOK "%s --data data.bin --model runs/x --out 'my c'",
                           folder, options),
               0, "", "use it: vqvae sample --prior 'my c' --model runs/x\n");
    /* the newest prior and its model, once they are asked for */
    assert_ran(program_run(LOOK "vqvae sample -n 1 --size 8x8", folder), 0, "",
               "prior: built-in prior\nmodel: cifar10 (built in)\n");
    assert_ran(program_run(LOOK "ls runs; vqvae sample -n 1 --prior 'my c' --size 8x8",
                           folder),
               0, "", "model: runs/latest/model.safetensors\n");
    assert_ran(
        program_run(LOOK "rm runs/latest; vqvae sample -n 1 --prior 'my c'", folder), 3,
        "", "which is neither built in nor the latest: give --model\n");
    support_folder_remove(folder);
}

static void test_models__train_says_how_to_use_it(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
#define TRAIN LOOK "vqvae train --data data.bin --steps 1 " TINY
    assert_ran(program_run(TRAIN "--out a", folder), 0, "",
               "use it: vqvae reconstruct --model a photo.png out.png\n");
    assert_ran(program_run(TRAIN "--out \"it's mine\"", folder), 0, "",
               "use it: vqvae reconstruct --model 'it'\\''s mine' photo.png out.png\n");
    /* what it says works, and it says so again where nothing is left to train */
    assert_ran(program_run(LOOK "vqvae reconstruct --model 'it'\\''s mine' small.png "
                                "o.png",
                           folder),
               0, "PSNR", "model: it's mine/model.safetensors");
    assert_ran(program_run(LOOK "vqvae train --resume --out a", folder), 0,
               "nothing left to train", "use it: vqvae reconstruct --model a ");
    assert_string_equal(program_run(TRAIN "-q --out b", folder)->err, "");
    support_folder_remove(folder);
}

const struct CMUnitTest test_models_suite[] = {
    cmocka_unit_test(test_models__taken),
    cmocka_unit_test(test_models__decode),
    cmocka_unit_test(test_models__prior),
    cmocka_unit_test(test_models__train_says_how_to_use_it),
    {0},
};
