/*
 * SPDX-License-Identifier: MIT
 *
 * Checkpoints of a learner that has a setting, a number and a buffer of every kind, and
 * what is made of those that were spoilt.
 */
#include "faults.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "io/checksum.h"
#include "io/safetensors.h"
#include "train/checkpoint.h"

typedef struct learns {
    float a[3], b[2];
    double real, count, images;
    const char *text[4]; /* of the settings */
} learns;

static const learns begun = {{1, 2, 3}, {4, 5}, 0.5, 7, 60, {"8", "m/x", "d/y", "f"}};

static bool setting(void *self, int i, learner_setting *s)
{
    static const char *const key[] = {"plain", "file", "source", "free"};
    static const learner_setting_kind kind[] = {LEARNER_PLAIN, LEARNER_FILE,
                                                LEARNER_SOURCE, LEARNER_FREE};
    const learns *l = self;
    if (i == 4)
        return false;
    snprintf(s->key, sizeof s->key, "%s", key[i]);
    snprintf(s->text, sizeof s->text, "%s", l->text[i]);
    snprintf(s->unsaid, sizeof s->unsaid, "%s", "8");
    s->kind = kind[i];
    return true;
}

static void give(void *self, learner_state *state)
{
    learns *l = self;
    *state = (learner_state){.buffer = {{"a", l->a, 3}, {"b", l->b, 2}},
                             .n_buffers = 2,
                             .number = {{"real", LEARNER_REAL, l->real},
                                        {"count", LEARNER_COUNT, l->count},
                                        {"images", LEARNER_DATA, l->images}},
                             .n_numbers = 3};
}

static void take(void *self, const learner_state *state)
{
    learns *l = self;
    l->real = state->number[0].value;
    l->count = state->number[1].value;
    l->images = state->number[2].value;
}

static learner learner_of(learns *l)
{
    return (learner){.self = l, .setting = setting, .give = give, .take = take};
}

static vq_status save(vq_error *err)
{
    learns l = begun;
    const learner saved = learner_of(&l);
    const checkpoint_facts facts = {.run = 3, .step = 90, .seconds = 1.5};
    return checkpoint_save(&saved, &facts, in_folder("good"), err);
}

/* Write the good checkpoint anew with one key of another value; NULL: without it. */
static void spoil(const char *key, const char *to)
{
    vq_error err;
    st_file f;
    const char *keys[64], *values[64];
    int n = 0;
    assert_ok(st_read(&f, in_folder("good"), &err), &err);
    for (int i = 0; i < f.n_metadata; i++) {
        const bool meant = key && strcmp(f.key[i], key) == 0;
        if (meant && !to)
            continue;
        keys[n] = f.key[i];
        values[n++] = meant                                 ? to
                      : strcmp(f.key[i], CHECKSUM_KEY) == 0 ? CHECKSUM_BLANK
                                                            : f.value[i];
    }
    assert_ok(st_write(in_folder("bad"), f.tensor, f.n, keys, values, n, &err), &err);
    st_release(&f);
}

static vq_status load(learns *l, checkpoint_facts *facts, char note[320], vq_error *err)
{
    const learner filled = learner_of(l);
    *facts = (checkpoint_facts){.run = 3};
    return checkpoint_load(&filled, facts, in_folder("bad"), note, err);
}

static void test_checkpoint_file__round_trip(void **state)
{
    (void)state;
    vq_error err;
    checkpoint_facts facts;
    char note[320];
    learns l = {.text = {"8", "other/x", "d/y", "changed"}, .images = 60};
    assert_ok(save(&err), &err);
    spoil(NULL, NULL);
    assert_ok(load(&l, &facts, note, &err), &err);
    assert_true(facts.run == 3 && facts.step == 90 && facts.seconds == 1.5);
    assert_memory_equal(l.a, begun.a, sizeof l.a);
    assert_memory_equal(l.b, begun.b, sizeof l.b);
    assert_true(l.real == 0.5 && l.count == 7 && l.images == 60);
    assert_string_equal(note, "");
}

/* What may be wrong with one value, and what is said of it; "": nothing. */
static void test_checkpoint_file__spoilt_values(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"checkpoint_run", "x", "not a checkpoint: no good 'checkpoint_run'"},
        {"checkpoint_run", "3x", "no good 'checkpoint_run'"},
        {"checkpoint_run", "", "no good 'checkpoint_run'"},
        {"checkpoint_run", "-1", "no good 'checkpoint_run'"},
        {"checkpoint_run", "nan", "no good 'checkpoint_run'"},
        {"checkpoint_run", "9007199254740992", "no good 'checkpoint_run'"},
        {"checkpoint_run", "9007199254740991", "run 9007199254740991 of its folder"},
        {"checkpoint_run", "3.5", "checkpoint_run is 3.5, not a whole number"},
        {"checkpoint_run", "2", "belongs to run 2 of its folder, config.json to run 3"},
        {"checkpoint_run", NULL, "belongs to run 1"}, /* of before there were numbers */
        {"checkpoint_step", NULL, "no good 'checkpoint_step'"},
        {"checkpoint_step", "1.5", "checkpoint_step is 1.5"},
        {"checkpoint_step", "0", ""},
        {"checkpoint_seconds", "soon", "no good 'checkpoint_seconds'"},
        {"checkpoint_seconds", NULL, ""},
        {"checkpoint_real", NULL, "no good 'checkpoint_real'"},
        {"checkpoint_real", "7.25", ""},
        {"checkpoint_count", "7.25", "checkpoint_count is 7.25"},
        {"checkpoint_count", NULL, "no good 'checkpoint_count'"},
        {"checkpoint_images", "x", "no good 'checkpoint_images'"},
        {"checkpoint_images", NULL, ""},
        {"plain", "9", "was trained with plain 9, not 8"},
        {"plain", NULL, ""}, /* then it was 8 */
        {"file", "elsewhere/x", ""},
        {"file", "x", ""},
        {"file", "m/z", "was trained with file m/z, not m/x"},
        {"file", NULL, "was trained with file 8"},
        {"source", "z", ""},
        {"free", NULL, ""},
    };
    vq_error err;
    assert_ok(save(&err), &err);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        checkpoint_facts facts;
        char note[320];
        learns l = begun;
        spoil(cases[i][0], cases[i][1]);
        vq_status status = load(&l, &facts, note, &err);
        if (cases[i][2][0])
            assert_fails(status, VQ_EINPUT, &err, cases[i][2]);
        else
            assert_ok(status, &err);
        if (strcmp(cases[i][0], "checkpoint_seconds") == 0 && !cases[i][1])
            assert_true(facts.seconds == 0);
    }
}

/* Other data is told, and then what it is called counts. */
static void test_checkpoint_file__other_data(void **state)
{
    (void)state;
    vq_error err;
    checkpoint_facts facts;
    char note[320];
    learns l = begun;
    assert_ok(save(&err), &err);
    spoil("checkpoint_images", "50");
    assert_ok(load(&l, &facts, note, &err), &err);
    assert_string_equal(note,
                        "the data has changed: it had images 50; now it has images 60");
    assert_true(l.images == 60);
    l.text[2] = "other/y";
    assert_fails(load(&l, &facts, note, &err), VQ_EINPUT, &err,
                 "was trained with source d/y, not other/y");
}

/* Tensors that are missing, of another size or of another kind. */
static void test_checkpoint_file__spoilt_tensors(void **state)
{
    (void)state;
    vq_error err;
    assert_ok(save(&err), &err);
    for (int fault = 0; fault < 3; fault++) {
        st_file f;
        checkpoint_facts facts;
        char note[320];
        learns l = begun;
        assert_ok(st_read(&f, in_folder("good"), &err), &err);
        st_tensor *b = &f.tensor[strcmp(f.tensor[0].name, "b") == 0 ? 0 : 1];
        if (fault == 0)
            b->name[0] = 'c';
        if (fault == 1)
            b->dims[0] = 1;
        if (fault == 2)
            b->dtype = ST_I32;
        assert_ok(st_write(in_folder("bad"), f.tensor, f.n, (const char *const *)f.key,
                           (const char *const *)f.value, f.n_metadata, &err),
                  &err);
        st_release(&f);
        assert_fails(load(&l, &facts, note, &err), VQ_EINPUT, &err,
                     fault < 2 ? "tensor 'b' is missing or of another size" : "'b'");
    }
    learns l = begun;
    checkpoint_facts facts;
    char note[320];
    remove(in_folder("bad"));
    assert_fails(load(&l, &facts, note, &err), VQ_EIO, &err, "cannot open");
}

static vq_status load_good(vq_error *err)
{
    learns l = begun;
    checkpoint_facts facts;
    char note[320];
    return load(&l, &facts, note, err);
}

static void test_checkpoint_file__each_call_fails(void **state)
{
    (void)state;
    static const call_fault faults[] = {{ALLOCATION, ENOMEM, SOME, "out of memory"},
                                        {"write", ENOSPC, SOME, "cannot write"},
                                        {"rename", EIO, 1, "cannot replace"},
                                        {0}},
                            reading[] = {{ALLOCATION, ENOMEM, SOME, "out of memory"},
                                         {"read", EIO, SOME, "cannot read"},
                                         {0}};
    vq_error err;
    assert_ok(save(&err), &err);
    spoil(NULL, NULL);
    assert_call_faults(faults, NULL, save, NULL);
    assert_call_faults(reading, NULL, load_good, NULL);
    assert_int_equal(folder_entries(), 2);
}

const struct CMUnitTest test_checkpoint_file_suite[] = {
    folder_test(test_checkpoint_file__round_trip),
    folder_test(test_checkpoint_file__spoilt_values),
    folder_test(test_checkpoint_file__other_data),
    folder_test(test_checkpoint_file__spoilt_tensors),
    folder_test(test_checkpoint_file__each_call_fails),
    {0},
};
