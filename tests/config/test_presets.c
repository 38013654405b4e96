/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <string.h>

#include "config/presets.h"

static vq_config preset(const char *name)
{
    vq_config c;
    vq_error err;
    assert_ok(vq_config_preset(&c, name, &err), &err);
    return c;
}

static void test_presets__differ(void **state)
{
    (void)state;
    vq_config c = preset("sonnet");
    assert_int_equal(c.hidden, 128);
    assert_int_equal(c.batch_size, 32);
    assert_int_equal(c.steps, 10000);
    assert_true(c.lr == 3e-4 && c.beta == 0.25 && c.ema_decay == 0.99);
    assert_int_equal(c.codebook, VQ_CODEBOOK_EMA);
    assert_int_equal(c.residual_skip, VQ_SKIP_IDENTITY);

    c = preset("zalando");
    assert_int_equal(c.batch_size, 256);
    assert_true(c.lr == 1e-3);
    assert_int_equal(c.ema_rule, VQ_EMA_SMOOTHED);
    assert_int_equal(c.residual_skip, VQ_SKIP_RELU);
    assert_false(c.tie_residual);

    c = preset("mishalaskin");
    assert_int_equal(c.optimizer, VQ_AMSGRAD);
    assert_true(c.lr == 3e-4);
    assert_int_equal(c.decoder_first, VQ_DECODER_CONVT);
    assert_int_equal(c.beta_on, VQ_BETA_CODEBOOK);
    assert_int_equal(c.recon_variance, VQ_VARIANCE_UNIT);
    assert_int_equal(c.input_scale, VQ_SCALE_ONE);
    assert_true(c.tie_residual);

    c = preset("paper");
    assert_int_equal(c.hidden, 256);
    assert_int_equal(c.steps, 250000);
    assert_int_equal(c.codebook, VQ_CODEBOOK_GRADIENT);

    c = preset(VQ_PRESET_DEFAULT);
    assert_int_equal(c.schedule, VQ_SCHEDULE_COSINE);
    assert_true(c.revive > 0 && c.warmup > 0 && c.lr > 3e-4);
    assert_int_equal(c.codebook, VQ_CODEBOOK_EMA);

    vq_error err;
    assert_fails(vq_config_preset(&c, "sonet", &err), VQ_EUSAGE, &err,
                 "sonnet|zalando");
}

/* The names that the message gives are presets, and each says that it is that one. */
static void test_presets__names(void **state)
{
    (void)state;
    char names[] = PRESET_NAMES, *rest;
    int n = 0;
    for (char *name = strtok_r(names, "|", &rest); name;
         name = strtok_r(NULL, "|", &rest), n++) {
        assert_non_null(preset_settings(name));
        assert_string_equal(preset(name).preset, name);
    }
    assert_int_equal(n, 5);
    assert_string_equal(preset_base.preset, "sonnet");
    assert_null(preset_settings("sonnet")[0]);
    assert_null(preset_settings("best|sonnet"));
}

const struct CMUnitTest test_presets_suite[] = {
    cmocka_unit_test(test_presets__differ),
    cmocka_unit_test(test_presets__names),
    {0},
};
