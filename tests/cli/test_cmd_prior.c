/* SPDX-License-Identifier: MIT */
/*
 * prior, sample, complete, and what eval, encode and decode do with a prior, as a user
 * runs them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"

/* Options of a prior whose step takes milliseconds. */
#define SMALL                                                                          \
    " --data data.bin --width 8 --depth 2 --head 16 --batch-size 8 --validation 4"     \
    " --log-every 2 --warmup 0 --threads 1 -q "
#define IN                                                                             \
    "cd '%s'; export VQVAE_MODEL=run/model.safetensors VQVAE_PRIOR=p/model."           \
    "safetensors; "

#define BUILTIN "cd '%s'; export VQVAE_MODEL= VQVAE_PRIOR=builtin; "

static void train(const char *folder, const char *out, const char *options)
{
    assert_ran(program_run(IN "vqvae prior" SMALL "--steps 6 --out %s %s", folder, out,
                           options),
               0, "6 steps, ", "");
}

/* A folder with a tiny model in run/, a prior of it in p/, and a picture. */
static void set_up(char folder[256])
{
    char path[300];
    support_folder_make(folder);
    program_model(folder);
    snprintf(path, sizeof path, "%s/in.png", folder);
    program_picture(path, 32, 32);
    train(folder, "p", "");
}

static void test_cmd_prior__trains(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    const ran *r = program_run(IN "cat p/log.jsonl; ls p", folder);
    assert_ran(r, 0, "\"nats\": ", "");
    assert_contains(r->out, "\"hits\": ");
    assert_contains(r->out, "\"validation\": ");
    assert_contains(r->out, "samples");
    r = program_run(IN "vqvae eval --prior p --data data.bin", folder);
    assert_ran(r, 0, "bits a code     ", "prior: p/model.safetensors");
    assert_contains(r->out, "of 4.0000 if all were alike");
    r = program_run(IN "vqvae eval --json --prior p --data data.bin", folder);
    assert_ran(r, 0, "{\"nats\": ", "");
    support_folder_remove(folder);
}

/* Codes that decode to something closer are others, and it learns those. */
static void test_cmd_prior__refines(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    train(folder, "usual", "--model cifar10");
    train(folder, "nearest", "--model cifar10 --refine 0");
    train(folder, "refined", "--model cifar10 --refine 2");
    assert_ran(program_run(IN "for run in usual nearest refined; do"
                              " grep -o 'nats\": [0-9.]*' $run/log.jsonl > $run.nats; "
                              "done; cmp usual.nats nearest.nats && "
                              "! cmp -s usual.nats refined.nats && "
                              "grep refine refined/config.json",
                           folder),
               0, "\"refine\": 2", "");
    assert_ran(program_run(IN
                           "vqvae prior --out refined --resume --steps 8 --refine 1 -q",
                           folder),
               3, "", "it was trained with refine 2, not 1");
    support_folder_remove(folder);
}

/* Stopped and resumed, at other threads: the same bytes as in one go. */
static void test_cmd_prior__resumes(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    const char *const more[] = {
        "", "--dropout 0.3 --nameless 0 --schedule constant --weight-ema 0",
        "--unconditional --validation 0 --no-flip"};
    for (int i = 0; i < 3; i++) {
        train(folder, "one", more[i]);
        assert_ran(program_run(IN "vqvae prior" SMALL
                                  "--steps 6 --save-every 3 --out two %s & sleep 0; "
                                  "wait; vqvae prior" SMALL
                                  "--steps 3 --out three --schedule constant %s && "
                                  "vqvae prior --steps 6 --out three --threads 2 "
                                  "--resume -q",
                               folder, more[i], more[i]),
                   0, "6 steps", "");
        if (i == 1) /* a constant rate does not know how long it will be */
            assert_ran(program_run(IN "cmp one/model.safetensors "
                                      "three/model.safetensors",
                                   folder),
                       0, "", "");
        assert_ran(
            program_run(IN "cmp one/model.safetensors two/model.safetensors && rm -r "
                           "one two three",
                        folder),
            0, "", "");
    }
    support_folder_remove(folder);
}

static void test_cmd_prior__samples(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    assert_ran(program_run(IN "vqvae sample && vqvae sample --threads 3 -o b.png "
                              "--prior p && cmp sample.png b.png",
                           folder),
               0, "", "pictures: 64, in sample.png");
    assert_ran(program_run(IN "vqvae sample -q --codes a.npy; vqvae sample -q --seed 2 "
                              "--codes b.npy; cmp -s a.npy b.npy",
                           folder),
               1, "", "");
    assert_ran(program_run(IN "vqvae sample -q -n 3 --class frog --size 16x40 --codes "
                              "c.txt --each d && wc -l <c.txt && ls d",
                           folder),
               0, "14\n00000.png\n00001.png\n00002.png\n", "");
    assert_ran(program_run(IN "vqvae sample -q -n 2 --class 6 --size 16x40 --codes "
                              "d.npy --top-k 3 --top-p 0.9 --temperature 0.5 && vqvae "
                              "decode d.npy d.png",
                           folder),
               0, "", "images: 2");
    support_folder_remove(folder);
}

static void test_cmd_prior__completes(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    /* everything kept is a reconstruction; a mask is as good as its rows. The tiny
     * model decodes everything alike, so it is the built-in one's turn. */
    assert_ran(program_run(BUILTIN
                           "vqvae complete -q in.png all.png --keep top:1 && vqvae "
                           "reconstruct -q in.png r.png && cmp all.png r.png",
                           folder),
               0, "", "");
    assert_ran(program_run(BUILTIN
                           "vqvae complete -q in.png a.png --keep rows:4 && vqvae "
                           "complete -q in.png b.png && cmp a.png b.png && vqvae "
                           "complete -q in.png four.png -n 4 --class cat",
                           folder),
               0, "", "");
    char path[300];
    vq_image a, r;
    vq_error err;
    snprintf(path, sizeof path, "%s/a.png", folder);
    assert_ok(vq_image_read(&a, path, &err), &err);
    snprintf(path, sizeof path, "%s/r.png", folder);
    assert_ok(vq_image_read(&r, path, &err), &err);
    assert_memory_not_equal(a.rgb, r.rgb, 32 * 32 * 3);
    memset(a.rgb, 0, 32 * 32 * 3);
    memset(a.rgb, 255, 16 * 32 * 3);
    snprintf(path, sizeof path, "%s/mask.png", folder);
    assert_ok(vq_image_write(&a, path, &err), &err);
    vq_image_release(&a);
    vq_image_release(&r);
    assert_ran(program_run(BUILTIN
                           "vqvae complete -q in.png c.png --keep mask.png && cmp "
                           "b.png c.png",
                           folder),
               0, "", "");
    support_folder_remove(folder);
}

/* Each prior in the box codes what its model makes, and decode knows which it was. */
static void test_cmd_prior__built_in(void **state)
{
    (void)state;
    static const char *const names[] = {"builtin", "photo"};
    char folder[256], path[300];
    vq_error err;
    vq_image gray = {.width = 48, .height = 48, .rgb = malloc(48 * 48 * 3)};
    support_folder_make(folder);
    snprintf(path, sizeof path, "%s/gray.png", folder);
    memset(gray.rgb, 128, 48 * 48 * 3);
    assert_ok(vq_image_write(&gray, path, &err), &err);
    vq_image_release(&gray);
    for (int i = 0; i < 2; i++) {
        const char *model = i ? "photo" : "cifar10";
        assert_ran(program_run(BUILTIN
                               "vqvae encode -q gray.png -o c.vqt --prior %s && "
                               "test $(stat -c %%s c.vqt) -lt 162 && "
                               "vqvae decode c.vqt o.png",
                               folder, names[i]),
                   0, "", model); /* 144 codes of 9 bits are 162 bytes */
        assert_ran(program_run(BUILTIN "vqvae reconstruct -q -m %s gray.png r.png && "
                                       "cmp o.png r.png",
                               folder, model),
                   0, "", "");
    }
    support_folder_remove(folder);
}

/* Coded by the prior: the same codes, fewer bytes where codes can be foreseen. */
static void test_cmd_prior__codes(void **state)
{
    (void)state;
    char folder[256];
    set_up(folder);
    assert_ran(program_run(IN "vqvae prior" SMALL
                              "--steps 150 --lr 0.01 --out q && export VQVAE_PRIOR=q; "
                              "vqvae encode -q data.bin -o a.npy && vqvae encode -q "
                              "data.bin --prior q -o a.vqt && vqvae encode -q data.bin "
                              "-o plain.vqt && test $(wc -c <a.vqt) -lt $(wc -c "
                              "<plain.vqt) && vqvae decode -q a.vqt a.png && vqvae "
                              "decode -q --prior q/model.safetensors a.vqt b.png && "
                              "vqvae decode -q a.npy c.png && cmp a.png b.png && cmp "
                              "a.png c.png",
                           folder),
               0, "", "");
    for (int set = 0; set < 3; set++) {
        static const char *const names[] = {"avx512", "avx2", "generic"};
        assert_ran(program_run(IN "export VQVAE_SIMD=%s; vqvae encode -q data.bin "
                                  "--prior q -o %s.vqt && cmp a.vqt %s.vqt && vqvae "
                                  "decode -q --prior q a.vqt - >d.png",
                               folder, names[set], names[set], names[set]),
                   0, "", "");
    }
    /* any damaged byte, and any cut, is an error */
    assert_ran(program_run(IN "n=$(wc -c <a.vqt); for at in 5 9 20 46 53 57 60 "
                              "$((n-2)); do cp a.vqt x.vqt; printf '\\125' | dd "
                              "of=x.vqt bs=1 seek=$at conv=notrunc 2>/dev/null; vqvae "
                              "decode -q --prior q x.vqt x.png 2>/dev/null; test $? = "
                              "3 || exit 9; head -c $at a.vqt >y.vqt; vqvae decode -q "
                              "--prior q y.vqt x.png 2>/dev/null; test $? = 3 || exit "
                              "8; done",
                           folder),
               0, "", "");
    /* another prior, or none that fits */
    assert_ran(program_run(IN "vqvae decode -q --prior p a.vqt x.png", folder), 3, "",
               "was coded by the prior ");
    assert_ran(program_run(IN
                           "vqvae encode -q data.bin --prior p -o small.vqt && vqvae "
                           "decode -q --prior p small.vqt e.png && cmp a.png e.png",
                           folder),
               0, "", ""); /* hardly trained: plain bits may be shorter */
    support_folder_remove(folder);
}

static void test_cmd_prior__refuses(void **state)
{
    (void)state;
    static const struct {
        const char *command;
        int code;
        const char *error;
    } cases[] = {
        {"sample --class dragon", 2,
         "no class 'dragon': there are 0 to 9, or airplane"},
        {"sample --class 10", 2, "no class '10'"},
        {"sample -n 0", 2, "--number is a whole number from 1"},
        {"sample --size 30x32", 2, "multiples of 4, not '30x32'"},
        {"sample --size 64", 2, "not '64'"},
        {"sample -n 60000 --size 4096x4096", 2, "cannot draw 60000 grids"},
        {"sample --temperature -1", 2, "the temperature must be in"},
        {"sample --temperature warm", 2, "--temperature is a number"},
        {"sample --top-p 0", 2, "top-p must be in"},
        {"sample --top-k -3", 2, "--top-k is a whole number"},
        {"sample --seed x", 2, "--seed is a whole number"},
        {"sample -o a.png --each d", 2, "not both"},
        {"sample --prior nowhere", 4, "cannot open 'nowhere'"},
        {"sample --prior run", 3, "not those of a prior"},
        {"sample --prior builtin", 3, "belongs to another model"},
        {"sample -o nowhere/a.png", 4, "nowhere"},
        {"complete in.png out.png --keep top:2", 2, "takes a share from 0 to 1"},
        {"complete in.png out.png --keep rows:9", 2, "takes 0 to 8 rows"},
        {"complete in.png out.png --keep big.png", 3, "has 40 x 32 pixels"},
        {"complete in.png out.png --keep nothing.png", 4, "nothing.png"},
        {"encode in.png --prior p -o a.npy", 2, "--prior writes .vqt files alone"},
        {"eval --prior builtin --data data.bin", 3, "belongs to another model"},
        {"prior --data data.bin --validation 16 --steps 1 --out x", 2,
         "too few to hold out"},
        {"prior --data data.bin --width 0 --out x", 2, "width is a whole number"},
        {"prior --data data.bin --kernel 4 --out x", 2, "kernel is one of"},
        {"prior --data data.bin --steps 1 --epochs 2 --out x", 2, "give one of"},
        {"prior --data data.bin --hidden 4 --out x", 2, "unknown option '--hidden'"},
        {"prior --resume --out run", 3,
         "preset: no option of a prior is named 'preset'"},
        {"train --resume --out p", 3, "is not a run's configuration|no option"},
    };
    char folder[256], path[300];
    set_up(folder);
    snprintf(path, sizeof path, "%s/big.png", folder);
    program_picture(path, 40, 32);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const ran *r = program_run(IN "vqvae %s", folder, cases[i].command);
        const char *want = cases[i].error, *bar = strchr(want, '|');
        if (r->code != cases[i].code || (!bar && !strstr(r->err, want)))
            fail_msg("vqvae %s: exit %d, '%s', want %d, '%s'", cases[i].command,
                     r->code, r->err, cases[i].code, want);
    }
    support_folder_remove(folder);
}

const struct CMUnitTest test_cmd_prior_suite[] = {
    cmocka_unit_test(test_cmd_prior__trains),
    cmocka_unit_test(test_cmd_prior__refines),
    cmocka_unit_test(test_cmd_prior__resumes),
    cmocka_unit_test(test_cmd_prior__samples),
    cmocka_unit_test(test_cmd_prior__completes),
    cmocka_unit_test(test_cmd_prior__built_in),
    cmocka_unit_test(test_cmd_prior__codes),
    cmocka_unit_test(test_cmd_prior__refuses),
    {0},
};
