/*
 * SPDX-License-Identifier: MIT
 *
 * The loop on its own, with a toy learner.
 */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "faults.h"
#include "io/safetensors.h"
#include "train/run_folder.h"
#include "train/toy.h"

static void test_loop__stops_by_steps_epochs_and_clock(void **state)
{
    (void)state;
    toyrun r;
    toyrun_open(&r);
    r.settings.steps = 7;
    assert_ok(toyrun_run(&r), &r.err);
    assert_int_equal(r.steps, 7);
    assert_int_equal(toyrun_model_step(&r), 7);

    r.settings.force = true;
    r.settings.steps = 0;
    r.settings.epochs = 2.1;
    assert_ok(toyrun_run(&r), &r.err);
    assert_int_equal(r.steps, 11); /* 2.1 times 5, rounded up */
    assert_true(fabs(r.epoch - 2.2) < 1e-12);

    r.settings.epochs = 0;
    r.settings.time_budget = 10;
    support_clock_pace(1); /* a second at every look */
    assert_ok(toyrun_run(&r), &r.err);
    support_clock_pace(0);
    assert_in_range(r.steps, 2, 10);
    toyrun_close(&r);
}

/* Interrupted at every step, with the model gone too: the end is the same. */
static void test_loop__resumed_is_uninterrupted(void **state)
{
    (void)state;
    toyrun whole, part;
    toyrun_open(&whole);
    toyrun_open(&part);
    whole.settings.steps = part.settings.steps = 9;
    assert_ok(toyrun_run(&whole), &whole.err);
    for (int64_t at = 1; at < 9; at++) {
        part.settings.resume = at > 1;
        part.stop_at = at;
        assert_fails(toyrun_run(&part), VQ_ESTOPPED, &part.err, "saved in");
        assert_int_equal(part.steps, 1);
        assert_int_equal(toyrun_model_step(&part), at);
    }
    toyrun_remove(&part, RUN_MODEL);
    part.stop_at = -1;
    assert_ok(toyrun_run(&part), &part.err);
    assert_same_results(&whole, &part);
    toyrun_close(&whole);
    toyrun_close(&part);
}

/* A finished run whose model is gone, or of an older step, gets it by resuming. */
static void test_loop__resume_writes_a_missing_model(void **state)
{
    (void)state;
    toyrun r;
    char command[1000];
    toyrun_open(&r);
    r.settings.steps = 3;
    assert_ok(toyrun_run(&r), &r.err);
    snprintf(command, sizeof command, "cp '%s/" RUN_MODEL "' '%s/old'", r.out,
             r.folder);
    assert_int_equal(support_run(command, NULL, 0, NULL, 0), 0);
    toyrun_remove(&r, RUN_MODEL);
    r.settings.resume = true;
    assert_ok(toyrun_run(&r), &r.err);
    assert_int_equal(r.steps, 0);
    assert_int_equal(toyrun_model_step(&r), 3);

    r.settings.steps = 5;
    assert_ok(toyrun_run(&r), &r.err);
    snprintf(command, sizeof command, "cp '%s/old' '%s/" RUN_MODEL "'", r.folder,
             r.out);
    assert_int_equal(support_run(command, NULL, 0, NULL, 0), 0);
    assert_ok(toyrun_run(&r), &r.err);
    assert_int_equal(toyrun_model_step(&r), 5);
    toyrun_close(&r);
}

/* Killed before its first save, a run begins again under --resume or as it was. */
static void test_loop__no_checkpoint_begins_again(void **state)
{
    (void)state;
    toyrun whole, part;
    toyrun_open(&whole);
    toyrun_open(&part);
    whole.settings.steps = part.settings.steps = 6;
    assert_ok(toyrun_run(&whole), &whole.err);
    for (int resume = 0; resume < 2; resume++) {
        part.settings.resume = false;
        part.settings.force = true;
        part.toy.bad_step = 2; /* ends it before anything was saved */
        assert_fails(toyrun_run(&part), VQ_EDIVERGED, &part.err,
                     "nothing was saved yet");
        assert_false(toyrun_holds(&part, RUN_CHECKPOINT));
        part.toy.bad_step = -1;
        part.settings.force = false;
        part.settings.resume = resume;
        assert_ok(toyrun_run(&part), &part.err);
        assert_int_equal(part.toy.begun, 1);
        if (resume == 0)
            assert_same_results(&whole, &part);
    }
    toyrun_close(&whole);
    toyrun_close(&part);
}

/* What a run that overwrites another leaves when it ends early is not the old one. */
static void test_loop__force_takes_the_old_run_away(void **state)
{
    (void)state;
    toyrun r;
    toyrun_open(&r);
    r.settings.steps = 3;
    assert_ok(toyrun_run(&r), &r.err);
    assert_fails(toyrun_run(&r), VQ_EUSAGE, &r.err, "holds a run");
    r.settings.force = true;
    r.toy.bad_step = 0;
    assert_fails(toyrun_run(&r), VQ_EDIVERGED, &r.err, "nothing was saved yet");
    assert_false(toyrun_holds(&r, RUN_CHECKPOINT));
    assert_false(toyrun_holds(&r, RUN_MODEL));
    toyrun_close(&r);
}

/* A checkpoint under another run's configuration is refused. */
static void test_loop__one_run_number(void **state)
{
    (void)state;
    toyrun r;
    char path[400];
    toyrun_open(&r);
    r.settings.steps = 3;
    assert_ok(toyrun_run(&r), &r.err);
    snprintf(path, sizeof path, "%s/" RUN_CONFIG, r.out);
    assert_ok(file_write(path, "{\"run\": 2}", 10, &r.err), &r.err);
    r.settings.resume = true;
    assert_fails(toyrun_run(&r), VQ_EINPUT, &r.err, "belongs to run 1 of its folder");
    toyrun_close(&r);
}

/* Numbers of a checkpoint are written as all numbers are. */
static void test_loop__refuses_numbers_that_are_none(void **state)
{
    (void)state;
    static const char *const texts[] = {"0x2", " 2", "inf", "", "-2", "1e300"};
    char path[400];
    toyrun r;
    toyrun_open(&r);
    r.settings.steps = 2;
    assert_ok(toyrun_run(&r), &r.err);
    r.settings.resume = true;
    snprintf(path, sizeof path, "%s/" RUN_CHECKPOINT, r.out);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        st_file f;
        const char *value[16];
        assert_ok(st_read(&f, path, &r.err), &r.err);
        assert_true(f.n_metadata < 16);
        for (int k = 0; k < f.n_metadata; k++)
            value[k] = strcmp(f.key[k], "checkpoint_step") == 0 ? texts[i] : f.value[k];
        assert_ok(st_write(path, f.tensor, f.n, (const char *const *)f.key, value,
                           f.n_metadata, &r.err),
                  &r.err);
        st_release(&f);
        assert_fails(toyrun_run(&r), VQ_EINPUT, &r.err, "no good 'checkpoint_step'");
    }
    toyrun_close(&r);
}

static void test_loop__refuses_what_is_not_finite(void **state)
{
    (void)state;
    toyrun r;
    char command[1000];
    toyrun_open(&r);
    r.settings.steps = 2;
    assert_ok(toyrun_run(&r), &r.err);
    snprintf(command, sizeof command, "cp '%s/" RUN_CHECKPOINT "' '%s/before'", r.out,
             r.folder);
    assert_int_equal(support_run(command, NULL, 0, NULL, 0), 0);
    snprintf(command, sizeof command, "cmp '%s/" RUN_CHECKPOINT "' '%s/before'", r.out,
             r.folder);

    r.settings.resume = true;
    r.settings.steps = 9;
    r.toy.bad_step = 4;
    assert_fails(toyrun_run(&r), VQ_EDIVERGED, &r.err,
                 "diverged at step 5: the toy's loss is not finite or above 1e+08; the "
                 "checkpoint of "
                 "step 2");
    assert_int_equal(support_run(command, NULL, 0, NULL, 0), 0);

    r.toy.bad_step = -1;
    r.toy.poison_step = 1;
    assert_fails(toyrun_run(&r), VQ_EDIVERGED, &r.err, "a weight is not finite");
    assert_int_equal(support_run(command, NULL, 0, NULL, 0), 0);
    toyrun_close(&r);
}

/* No room for a checkpoint: told, and the one before it is whole. */
static void test_loop__full_disk(void **state)
{
    (void)state;
    toyrun r;
    toyrun_open(&r);
    r.settings.steps = 2;
    assert_ok(toyrun_run(&r), &r.err);
    toyrun full = r;
    snprintf(full.out, sizeof full.out, "%s/full", r.folder);
    full.settings.out = full.out;
    full.toy.ballast = 1 << 20;
    disk_fill(1 << 16);
    vq_status status = toyrun_run(&full);
    disk_empty();
    assert_fails(status, VQ_EIO, &full.err, RUN_CHECKPOINT);
    assert_false(toyrun_holds(&full, RUN_CHECKPOINT));
    char command[600];
    snprintf(command, sizeof command, "ls -A '%s' | grep -c vqvae-", full.out);
    assert_int_equal(support_run(command, NULL, 0, NULL, 0), 1); /* no temporary */
    toyrun_close(&r);
}

static volatile sig_atomic_t caught;

static void catch_signal(int number)
{
    caught = number;
}

static bool is_caught(void)
{
    return caught;
}

/* A signal comes through the callback; the step is finished and saved. */
static void test_loop__signal(void **state)
{
    (void)state;
    toyrun r;
    toyrun_open(&r);
    r.settings.steps = 1000;
    void (*action)(int) = signal(SIGINT, catch_signal);
    r.stop = is_caught;
    raise(SIGINT);
    assert_fails(toyrun_run(&r), VQ_ESTOPPED, &r.err, "stopped at step 1, saved in");
    signal(SIGINT, action);
    assert_int_equal(toyrun_model_step(&r), 1);
    toyrun_close(&r);
}

/* Stopped while the data is looked through: nothing is there afterwards. */
static void test_loop__stopped_while_loading(void **state)
{
    (void)state;
    toyrun r;
    toyrun_open(&r);
    r.settings.steps = 3;
    r.stop_load = true;
    assert_fails(toyrun_run(&r), VQ_ESTOPPED, &r.err, "stopped while looking");
    assert_false(file_exists(r.out));
    toyrun_close(&r);
}

static void test_loop__pictures_are_notes(void **state)
{
    (void)state;
    toyrun r;
    toyrun_open(&r);
    r.settings.steps = 3;
    r.toy.no_pictures = true;
    assert_ok(toyrun_run(&r), &r.err);
    assert_non_null(strstr(r.notes, "no picture of step 3: no pencil"));
    assert_non_null(strstr(r.notes, "no sample: no pencil"));
    assert_int_equal(toyrun_model_step(&r), 3);
    toyrun_close(&r);
}

static void test_loop__other_data_is_a_note(void **state)
{
    (void)state;
    toyrun r;
    toyrun_open(&r);
    r.settings.steps = 2;
    assert_ok(toyrun_run(&r), &r.err);
    r.settings.resume = true;
    r.settings.steps = 4;
    assert_ok(toyrun_run(&r), &r.err);
    assert_string_equal(r.notes, "");
    r.toy.images = 8;
    r.settings.steps = 6;
    assert_ok(toyrun_run(&r), &r.err);
    assert_non_null(strstr(
        r.notes, "the data has changed: it had images 7; now it has images 8\n"));
    toyrun_close(&r);
}

/* Remarks go to the caller and, quoted, to the log, which stays one object a line. */
static void test_loop__remarks(void **state)
{
    (void)state;
    toyrun r;
    char path[400];
    unsigned char *log;
    size_t size;
    toyrun_open(&r);
    r.settings.steps = 9;
    assert_ok(toyrun_run(&r), &r.err);
    assert_string_equal(r.notes, "it \"learns\"\n");
    snprintf(path, sizeof path, "%s/log.jsonl", r.out);
    assert_ok(file_read(path, 1 << 20, &log, &size, &r.err), &r.err);
    log[size - 1] = '\0';
    assert_non_null(
        strstr((char *)log, "{\"step\": 8, \"note\": \"it \\\"learns\\\"\"}"));
    assert_non_null(strstr((char *)log, "{\"step\": 4, \"epoch\": 0.8, \"loss\": "));
    free(log);
    toyrun_close(&r);
}

const struct CMUnitTest test_loop_suite[] = {
    cmocka_unit_test(test_loop__stops_by_steps_epochs_and_clock),
    cmocka_unit_test(test_loop__resumed_is_uninterrupted),
    cmocka_unit_test(test_loop__resume_writes_a_missing_model),
    cmocka_unit_test(test_loop__no_checkpoint_begins_again),
    cmocka_unit_test(test_loop__force_takes_the_old_run_away),
    cmocka_unit_test(test_loop__one_run_number),
    cmocka_unit_test(test_loop__refuses_numbers_that_are_none),
    cmocka_unit_test(test_loop__refuses_what_is_not_finite),
    cmocka_unit_test(test_loop__full_disk),
    cmocka_unit_test(test_loop__signal),
    cmocka_unit_test(test_loop__stopped_while_loading),
    cmocka_unit_test(test_loop__pictures_are_notes),
    cmocka_unit_test(test_loop__other_data_is_a_note),
    cmocka_unit_test(test_loop__remarks),
    {0},
};
