/* SPDX-License-Identifier: MIT */
#include "report/trainings.h"

#include <stdio.h>

#include "tiny.h"

void trainings_model(const char *name, const char *option, const char *value)
{
    vq_error err;
    char data[300];
    vq_config c = tiny_config("sonnet");
    tiny_data(folder_path(), 20, data);
    c.steps = 4;
    c.sample_every = 2;
    assert_ok(vq_config_set(&c, option, value, &err), &err);
    snprintf(c.data, sizeof c.data, "%s", data);
    snprintf(c.out, sizeof c.out, "%s", in_folder(name));
    assert_ok(vq_train(&c, NULL, NULL, &err), &err);
}

void trainings_prior(const char *name, const char *model, const char *option,
                     const char *value)
{
    static const char *const settings[][2] = {
        {"width", "4"},      {"depth", "1"},        {"head", "4"},
        {"steps", "2"},      {"threads", "2"},      {"batch-size", "4"},
        {"log-every", "1"},  {"sample-every", "0"}, {"crop", "32"},
        {"validation", "2"},
    };
    vq_error err;
    vq_prior_config c;
    vq_prior_config_default(&c);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        assert_ok(vq_prior_config_set(&c, settings[i][0], settings[i][1], &err), &err);
    assert_ok(vq_prior_config_set(&c, option, value, &err), &err);
    snprintf(c.training.data, sizeof c.training.data, "%s", in_folder("train.bin"));
    snprintf(c.training.out, sizeof c.training.out, "%s", in_folder(name));
    snprintf(c.model, sizeof c.model, "%s", in_folder(model));
    assert_ok(vq_prior_train(&c, NULL, NULL, &err), &err);
}
