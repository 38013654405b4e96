/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "config/checks.h"
#include "config/config.h"

static vq_config preset(const char *name)
{
    vq_config c;
    vq_error err;
    assert_ok(vq_config_preset(&c, name, &err), &err);
    return c;
}

static void test_config__refuses(void **state)
{
    (void)state;
    static const char *const bad[][3] = {
        {"batch-size", "0", "from 1 to 65536, not '0'"},
        {"batch-size", "3.5", "whole number"},
        {"batch-size", "", "whole number"},
        {"batch-size", "8x", "not '8x'"},
        {"lr", "nan", "number from 0"},
        {"lr", "-1", "number from 0"},
        {"hidden", "33", "even"},
        {"time-budget", "10", "like 90s, 10m or 1h30m, not '10'"},
        {"schedule", "cosin", "constant|cosine|step"},
        {"clip", "-1", "number from 0"},
        {"weight-ema", "1", "from 0 to 0.999999"},
        {"codes", "1", "from 2"},
        {"downsample", "3", "2|4|8, not '3'"},
        {"downsample", "", "2|4|8"},
        {"codebook", "emma", "ema|gradient"},
        {"seed", "-1", "whole number from 0"},
        {"seed", "18446744073709551616", "whole number from 0"},
        {"tie-residual", "maybe", "yes or no"},
        {"color", "red", "no option is named 'color'"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        vq_config c = preset("sonnet"), before = c;
        vq_error err;
        assert_fails(vq_config_set(&c, bad[i][0], bad[i][1], &err), VQ_EUSAGE, &err,
                     bad[i][2]);
        assert_memory_equal(&c, &before, sizeof c);
    }
    char longest[VQ_PATH_MAX + 2];
    memset(longest, 'a', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    vq_config c = preset("sonnet");
    vq_error err;
    assert_fails(vq_config_set(&c, "out", longest, &err), VQ_EUSAGE, &err,
                 "longer than");
}

static void test_config__steps_and_epochs(void **state)
{
    (void)state;
    vq_config c = preset("sonnet");
    vq_error err;
    assert_ok(vq_config_set(&c, "epochs", "2.5", &err), &err);
    assert_int_equal(c.steps, 0);
    assert_true(c.epochs == 2.5);
    assert_ok(vq_config_set(&c, "steps", "7", &err), &err);
    assert_int_equal(c.steps, 7);
    assert_true(c.epochs == 0);
    assert_ok(vq_config_set(&c, "time-budget", "1h30m", &err), &err);
    assert_int_equal(c.time_budget, 5400);
    assert_int_equal(c.steps, 0);
    assert_ok(vq_config_set(&c, "epochs", "2", &err), &err);
    assert_int_equal(c.time_budget, 0);
}

static void test_config__bytes(void **state)
{
    (void)state;
    static const char *const bad[] = {"-1", "1e400", "2Q", "", "1.5.2G", "8388608T"};
    vq_config c = preset("sonnet");
    vq_error err;
    assert_ok(vq_config_set(&c, "cache", "3M", &err), &err);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char want[128];
        snprintf(want, sizeof want,
                 "cache is a whole number of bytes up to 8388607T, like 2G, 512M or "
                 "1500000, not '%s'",
                 bad[i]);
        assert_fails(vq_config_set(&c, "cache", bad[i], &err), VQ_EUSAGE, &err, want);
        assert_int_equal(c.cache, 3 << 20);
    }
}

/* Every option is named once, settable by its own default and by either spelling. */
static void test_config__options(void **state)
{
    (void)state;
    vq_option o, other;
    vq_error err;
    int n = 0;
    for (; vq_option_at(n, &o); n++) {
        vq_config c = preset(VQ_PRESET_DEFAULT), same = c;
        if (o.value[0])
            assert_ok(vq_config_set(&c, o.name, o.value, &err), &err);
        assert_memory_equal(&c, &same, sizeof c);
        for (int j = 0; j < n; j++)
            if (vq_option_at(j, &other))
                assert_string_not_equal(o.name, other.name);
    }
    assert_true(n > 30);
    vq_config a = preset("sonnet"), b = a;
    assert_ok(vq_config_set(&a, "batch-size", "77", &err), &err);
    assert_ok(vq_config_set(&b, "batch_size", "77", &err), &err);
    assert_int_equal(a.batch_size, 77);
    assert_memory_equal(&a, &b, sizeof a);
}

static void test_config__json_round_trip(void **state)
{
    (void)state;
    char folder[256], path[300], *json = NULL;
    vq_config c = preset("mishalaskin"), back;
    vq_error err;
    assert_ok(vq_config_set(&c, "lr", "0.00012345678901234567", &err), &err);
    assert_ok(vq_config_set(&c, "seed", "18446744073709551615", &err), &err);
    assert_ok(vq_config_set(&c, "data", "some \"quoted\" name", &err), &err);
    support_folder_make(folder);
    snprintf(path, sizeof path, "%s/config.json", folder);
    assert_ok(config_to_json(&c, &json, &err), &err);
    assert_ok(file_write(path, json, strlen(json), &err), &err);
    memset(&back, 0, sizeof back);
    assert_ok(vq_config_load(&back, folder, &err), &err);
    assert_string_equal(back.data, c.data);
    assert_true(back.lr == c.lr && back.seed == c.seed && back.steps == c.steps);
    assert_int_equal(back.tie_residual, c.tie_residual);
    assert_non_null(strstr(json, "\n  \"steps\": 5000,\n"));
    assert_non_null(strstr(json, "\n  \"tie_residual\": true,\n"));
    assert_non_null(strstr(json, "\n  \"lr\": 0.00012345678901234567,\n"));
    assert_non_null(strstr(json, "\n  \"seed\": \"18446744073709551615\",\n"));
    assert_non_null(strstr(json, "\n  \"data\": \"some \\\"quoted\\\" name\",\n"));
    assert_non_null(strstr(json, "{\n  \"version\": \"" VQ_VERSION "\",\n"));

    /* as all of them were once written */
    static const char old[] = "{\"lr\": \"0.5\", \"steps\": \"7\", \"flip\": \"yes\", "
                              "\"seed\": 3, \"cosine\": true}";
    assert_ok(file_write(path, old, strlen(old), &err), &err);
    assert_ok(vq_config_load(&back, folder, &err), &err);
    assert_true(back.lr == 0.5 && back.steps == 7 && back.flip && back.cosine);
    assert_int_equal(back.seed, 3);

    static const char *const bad[][2] = {
        {"[]", "not an object"},
        {"{", "not a run's configuration"},
        {"{\"lr\": [3]}", "lr: neither a string nor a number"},
        {"{\"lr\": true}", "lr is a number"},
        {"{\"flip\": 1}", "flip is yes or no, not '1'"},
        {"{\"steps\": 1.5}", "steps is a whole number"},
        {"{\"warp\": 1}", "warp: no option is named 'warp'"},
        {"{\"version\": \"9.1\", \"warp\": 1}",
         "no option is named 'warp'; it was made by a newer version, vqvae 9.1, and "
         "this is " VQ_VERSION},
        {"{\"lr\": \"x\"}", "lr is a number"},
        {"{\"lr\": \"1\", \"lr\": \"1\"}", "duplicate"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_ok(file_write(path, bad[i][0], strlen(bad[i][0]), &err), &err);
        assert_fails(vq_config_load(&back, folder, &err), VQ_EINPUT, &err, bad[i][1]);
    }
    support_folder_remove(folder);
    assert_fails(vq_config_load(&back, folder, &err), VQ_EIO, &err, "config.json");
    free(json);
}

/* Settings that are good one by one, and exclude each other. */
static void test_config__check(void **state)
{
    (void)state;
    static const char *const cases[][7] = {
        {"heads 3 does not divide --code-dim 64", "heads", "3", NULL},
        {"--cosine does not go with --levels", "cosine", "yes", "levels", "2", NULL},
        {"--cosine does not go with --levels", "cosine", "yes", "heads", "2", NULL},
        {"--codebook fsq does not go with --cosine", "codebook", "fsq", "cosine", "yes",
         NULL},
        {"--codebook fsq does not go with --rotation-trick", "codebook", "fsq",
         "rotation-trick", "yes", NULL},
        {"--codebook fsq does not go with --heads", "codebook", "fsq", "heads", "3",
         NULL},
        {"--codebook simvq does not go with --levels", "codebook", "simvq", "levels",
         "2", NULL},
        {"--codebook simvq does not go with --revive", "codebook", "simvq", "revive",
         "9", NULL},
        {"--codebook simvq does not go with --init-codes kmeans", "codebook", "simvq",
         "init-codes", "kmeans", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        vq_config c;
        vq_error err;
        assert_ok(vq_config_preset(&c, "sonnet", &err), &err);
        assert_ok(config_check(&c, &err), &err);
        for (const char *const *s = cases[i] + 1; s[0]; s += 2)
            assert_ok(vq_config_set(&c, s[0], s[1], &err), &err);
        assert_fails(config_check(&c, &err), VQ_EUSAGE, &err, cases[i][0]);
        assert_fails(vq_train(&c, NULL, NULL, &err), VQ_EUSAGE, &err, cases[i][0]);
    }
}

/* What somebody said must not be without effect. */
static void test_config__given(void **state)
{
    (void)state;
    static const struct {
        const char *set[4], *given, *message; /* NULL: it is all right */
    } cases[] = {
        {{NULL},
         "fsq-levels",
         "--fsq-levels does nothing with --codebook ema: it is "
         "for --codebook fsq"},
        {{"codebook", "fsq"}, "fsq-levels", NULL},
        {{"codebook", "fsq"},
         "codes",
         "--codes does not go with --codebook fsq, whose "
         "codes follow from --fsq-levels"},
        {{"codebook", "fsq"}, "code_dim", "--code-dim does not go with --codebook fsq"},
        {{"codebook", "simvq"}, "code-dim", NULL},
        {{"codebook", "gradient"},
         "ema-decay",
         "does nothing with --codebook gradient"},
        {{"revive", "10", "codebook", "fsq"},
         "revive",
         "--revive does nothing with --codebook fsq: it is for --codebook "
         "ema|gradient"},
        {{"codebook", "simvq"}, "revive", "does nothing with --codebook simvq"},
        {{"codebook", "gradient"}, "revive", NULL},
        {{NULL}, "ema-decay", NULL},
        {{NULL},
         "lr-end",
         "--lr-end does nothing with --schedule constant: it is for "
         "--schedule cosine"},
        {{"schedule", "cosine"}, "lr-end", NULL},
        {{"schedule", "cosine"}, "lr-factor", "it is for --schedule step"},
        {{"init-codes", "kmeans"}, "code-init", "it is for --init-codes uniform"},
        {{"beta-on", "codebook"},
         "beta-on",
         "--beta-on codebook does nothing with "
         "--codebook ema"},
        {{"beta-on", "commitment"}, "beta-on", NULL},
        {{"beta-on", "codebook", "codebook", "gradient"}, "beta-on", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        vq_config c = preset("sonnet");
        vq_error err;
        for (int k = 0; k < 4 && cases[i].set[k]; k += 2)
            assert_ok(vq_config_set(&c, cases[i].set[k], cases[i].set[k + 1], &err),
                      &err);
        const char *const names[] = {"no-option", "lr", cases[i].given};
        assert_ok(vq_config_check_given(&c, names, 2, &err), &err);
        vq_status status = vq_config_check_given(&c, names, 3, &err);
        if (cases[i].message)
            assert_fails(status, VQ_EUSAGE, &err, cases[i].message);
        else
            assert_ok(status, &err);
    }
}

/* Every option has a group, and ten matter first. */
static void test_config__groups(void **state)
{
    (void)state;
    vq_option o;
    int first = 0;
    for (int i = 0; vq_option_at(i, &o); i++) {
        const char *group = vq_option_group(o.name);
        if (!group)
            fail_msg("--%s is in no group of config/groups.c", o.name);
        first += strcmp(group, "first") == 0;
    }
    assert_int_equal(first, 10);
    for (int i = 0; vq_prior_option_at(i, &o); i++)
        if (!vq_option_group(o.name))
            fail_msg("--%s of a prior is in no group of config/groups.c", o.name);
    assert_null(vq_option_group("no-such"));
}

static void test_config__fsq(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "1",
                                      "8,",
                                      ",8",
                                      "8 8",
                                      "8,8,x",
                                      "8,-8",
                                      "+8,8",
                                      "256,257",
                                      "8.5",
                                      "2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2,2"};
    vq_config c;
    vq_error err;
    assert_ok(vq_config_preset(&c, "sonnet", &err), &err);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_fails(vq_config_set(&c, "fsq-levels", bad[i], &err), VQ_EUSAGE, &err,
                     "fsq-levels is up to 16 whole numbers");
    assert_int_equal(c.codes, 512);
    assert_int_equal(c.code_dim, 64);
    assert_ok(vq_config_set(&c, "revive", "5", &err), &err);
    assert_ok(vq_config_set(&c, "codebook", "gradient", &err), &err);
    assert_int_equal(c.revive, 5);
    assert_ok(vq_config_set(&c, "codebook", "fsq", &err), &err);
    assert_int_equal(c.code_dim, 3);
    assert_int_equal(c.revive, 0);
    assert_ok(vq_config_set(&c, "fsq-levels", "256,256", &err), &err);
    assert_ok(vq_config_set(&c, "codes", "77", &err), &err); /* overruled */
    assert_int_equal(c.codes, 65536);
    assert_int_equal(c.code_dim, 2);
    assert_ok(config_check(&c, &err), &err);
    c.codes = 77;
    assert_fails(config_check(&c, &err), VQ_EUSAGE, &err,
                 "256,256 makes 65536 codes of 2 values, not 77 of 2");
}

const struct CMUnitTest test_config_suite[] = {
    cmocka_unit_test(test_config__refuses),
    cmocka_unit_test(test_config__steps_and_epochs),
    cmocka_unit_test(test_config__bytes),
    cmocka_unit_test(test_config__options),
    cmocka_unit_test(test_config__json_round_trip),
    cmocka_unit_test(test_config__given),
    cmocka_unit_test(test_config__groups),
    cmocka_unit_test(test_config__check),
    cmocka_unit_test(test_config__fsq),
    {0},
};
