/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "prior/prior_config.h"

static void test_prior_config__sets(void **state)
{
    (void)state;
    vq_prior_config c;
    vq_error err;
    vq_prior_config_default(&c);
    assert_int_equal(c.width, 64);
    assert_int_equal(c.training.schedule, VQ_SCHEDULE_COSINE);
    assert_ok(vq_prior_config_set(&c, "first-kernel", "5", &err), &err);
    assert_int_equal(c.first_kernel, 5);
    assert_ok(vq_prior_config_set(&c, "batch_size", "7", &err), &err);
    assert_int_equal(c.training.batch_size, 7);
    assert_ok(vq_prior_config_set(&c, "unconditional", "yes", &err), &err);
    assert_true(c.unconditional);
    assert_ok(vq_prior_config_set(&c, "epochs", "2", &err), &err);
    assert_int_equal(c.training.steps, 0);
    assert_fails(vq_prior_config_set(&c, "kernel", "4", &err), VQ_EUSAGE, &err,
                 "kernel is one of 3|5|7");
    assert_int_equal(c.kernel, 3);
    assert_fails(vq_prior_config_set(&c, "dropout", "0.95", &err), VQ_EUSAGE, &err,
                 "dropout is a number from 0 to 0.9");
    assert_fails(vq_prior_config_set(&c, "res-hidden", "4", &err), VQ_EUSAGE, &err,
                 "no option of a prior is named 'res-hidden'");
}

/* Every option has a help text, and its default is what setting it gives. */
static void test_prior_config__options(void **state)
{
    (void)state;
    vq_option o;
    int n = 0;
    for (; vq_prior_option_at(n, &o); n++) {
        vq_prior_config usual, set;
        vq_error err;
        assert_non_null(o.help);
        vq_prior_config_default(&usual);
        set = usual;
        if (o.value[0]) {
            assert_ok(vq_prior_config_set(&set, o.name, o.value, &err), &err);
            assert_memory_equal(&set, &usual, sizeof set);
        }
    }
    assert_true(n > 30);
}

static void test_prior_config__json(void **state)
{
    (void)state;
    char folder[256], path[300], *json, *again;
    vq_prior_config c, back;
    vq_error err;
    support_folder_make(folder);
    snprintf(path, sizeof path, "%s/config.json", folder);
    vq_prior_config_default(&c);
    c.depth = 3;
    c.nameless = 0.25;
    c.training.lr = 0.125;
    snprintf(c.training.out, sizeof c.training.out, "%s", folder);
    assert_ok(prior_config_to_json(&c, &json, &err), &err);
    assert_ok(file_write(path, json, strlen(json), &err), &err);
    assert_ok(vq_prior_config_load(&back, folder, &err), &err);
    assert_ok(prior_config_to_json(&back, &again, &err), &err);
    assert_string_equal(json, again);
    free(json);
    free(again);
    assert_ok(file_write(path, "{\"hidden\": \"4\"}", 15, &err), &err);
    assert_fails(vq_prior_config_load(&back, folder, &err), VQ_EINPUT, &err,
                 "hidden: no option of a prior is named 'hidden'");
    assert_ok(file_write(path, "[]", 2, &err), &err);
    assert_fails(vq_prior_config_load(&back, folder, &err), VQ_EINPUT, &err,
                 "not an object");
    support_folder_remove(folder);
    assert_fails(vq_prior_config_load(&back, folder, &err), VQ_EIO, &err, "");
}

static void test_prior_config__check(void **state)
{
    (void)state;
    vq_prior_config c;
    vq_error err;
    vq_prior_config_default(&c);
    assert_ok(prior_config_check(&c, &err), &err);
    c.training.steps = 0;
    assert_fails(prior_config_check(&c, &err), VQ_EUSAGE, &err, "how long to train");
    vq_prior_config_default(&c);
    strcpy(c.model, "a\xff"); /* its own texts, and those of any training */
    assert_fails(prior_config_check(&c, &err), VQ_EUSAGE, &err,
                 "model is not valid UTF-8");
    vq_prior_config_default(&c);
    strcpy(c.training.data, "a\xff");
    assert_fails(prior_config_check(&c, &err), VQ_EUSAGE, &err,
                 "data is not valid UTF-8");
}

const struct CMUnitTest test_prior_config_suite[] = {
    cmocka_unit_test(test_prior_config__sets),
    cmocka_unit_test(test_prior_config__options),
    cmocka_unit_test(test_prior_config__json),
    cmocka_unit_test(test_prior_config__check),
    {0},
};
