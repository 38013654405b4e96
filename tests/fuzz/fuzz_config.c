/*
 * SPDX-License-Identifier: MIT
 *
 * libFuzzer entry: any bytes as the config.json of a VQ-VAE or of a prior, or as
 * options, "name value" a line. What is accepted is written, and reads back the same.
 */
#include "fuzz.h"

#include <stdio.h>
#include <string.h>

#include "config/checks.h"
#include "config/config.h"
#include "prior/prior_config.h"

enum { MOST = 96 };

/* Of a VQ-VAE where `prior` is false. */
static bool field_of(const vq_prior_config *c, bool prior, int i, char *key, char *text)
{
    config_part part;
    return prior ? prior_config_field_at(c, i, key, &part, text)
                 : config_field_at(&c->training, i, key, &part, text);
}

static void require_same(const vq_prior_config *a, const vq_prior_config *b, bool prior)
{
    char key[CONFIG_KEY_MAX], text[CONFIG_TEXT_MAX], other[CONFIG_TEXT_MAX];
    for (int i = 0; field_of(a, prior, i, key, text); i++) {
        require(field_of(b, prior, i, key, other));
        /* which say nothing of the run */
        if (strcmp(key, "resume") != 0 && strcmp(key, "force") != 0)
            require(strcmp(text, other) == 0);
    }
}

static vq_status load(vq_prior_config *c, bool prior, vq_error *err)
{
    vq_prior_config_default(c);
    vq_status status = prior ? vq_prior_config_load(c, fuzz_folder(), err)
                             : vq_config_load(&c->training, fuzz_folder(), err);
    require(status == VQ_OK || (status == VQ_EINPUT && err->message[0]));
    return status;
}

static void check_round_trip(const vq_prior_config *c, bool prior)
{
    static vq_prior_config again;
    vq_error err = {""};
    char *json;
    if ((prior ? prior_config_check(c, &err) : config_check(&c->training, &err)) !=
        VQ_OK) {
        require(err.message[0]);
        return;
    }
    require((prior ? prior_config_to_json(c, &json, &err)
                   : config_to_json(&c->training, &json, &err)) == VQ_OK);
    fuzz_file("config.json", json, strlen(json));
    free(json);
    require(load(&again, prior, &err) == VQ_OK);
    require_same(c, &again, prior);
}

static void try_json(const uint8_t *data, size_t size, bool prior)
{
    static vq_prior_config c;
    vq_error err = {""};
    fuzz_file("config.json", data, size);
    if (load(&c, prior, &err) == VQ_OK)
        check_round_trip(&c, prior);
}

/* Every field reads what it says of itself, and that changes nothing. */
static void check_texts(vq_prior_config *c, bool prior)
{
    static vq_prior_config before;
    char key[CONFIG_KEY_MAX], text[CONFIG_TEXT_MAX];
    before = *c;
    for (int i = 0; field_of(&before, prior, i, key, text); i++)
        require((prior ? vq_prior_config_set(c, key, text, NULL)
                       : vq_config_set(&c->training, key, text, NULL)) == VQ_OK);
    require_same(&before, c, prior);
}

static void try_options(const uint8_t *data, size_t size, bool prior)
{
    static vq_prior_config c;
    fuzz_words w = {data, data + size};
    vq_error err;
    char *line;
    bool any = false;
    vq_prior_config_default(&c);
    for (int i = 0; i < MOST && (line = fuzz_word(&w, '\n')); i++) {
        char *value = strchr(line, ' ');
        err.message[0] = '\0';
        if (value) {
            *value++ = '\0';
            vq_status status = prior ? vq_prior_config_set(&c, line, value, &err)
                                     : vq_config_set(&c.training, line, value, &err);
            require(status == VQ_OK || (status == VQ_EUSAGE && err.message[0]));
            any = any || status == VQ_OK;
        }
        free(line);
    }
    if (!any)
        return;
    check_texts(&c, prior);
    snprintf(c.training.out, sizeof c.training.out, "%s", fuzz_folder());
    check_round_trip(&c, prior);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const bool prior = size % 2; /* a byte more is the other's */
    if (size && data[0] == '{')
        try_json(data, size, prior);
    else
        try_options(data, size, prior);
    return 0;
}
