/*
 * SPDX-License-Identifier: MIT
 *
 * libFuzzer entry: lines as the words of a command line. What is parsed parses to the
 * same when it is written plainly. Every command is then run up to its work, which the
 * linker puts the functions below in place of (--wrap, in the Makefile): a training
 * that would begin has the options that were given.
 */
#include "fuzz.h"

#include <string.h>
#include <unistd.h>

#include "base/status.h"
#include "cli/cli.h"
#include "cli/signals.h"
#include "config/config.h"
#include "prior/prior_config.h"

enum { WORDS = 32 };

/* ---- the work -----------------------------------------------------------------------
 */

static const args *running;

/* Has the field the value that was given last for it? */
static void check_option(const char *key, const char *text)
{
    for (int i = running->n_given - 1; i >= 0; i--) {
        const char *value = running->given[i].value;
        if (!field_is(&(field){.name = running->given[i].name}, key))
            continue;
        vq_config c, d;
        require(vq_config_preset(&c, VQ_PRESET_DEFAULT, NULL) == VQ_OK);
        d = c;
        if (vq_config_set(&c, key, value, NULL) == VQ_OK &&
            vq_config_set(&d, key, text, NULL) == VQ_OK)
            require(memcmp(&c, &d, sizeof c) == 0);
        return;
    }
}

static vq_status stop(vq_error *err)
{
    return vq_fail(err, VQ_ESTOPPED, "here the work would begin");
}

vq_status __wrap_vq_train(const vq_config *config, vq_progress_fn progress, void *user,
                          vq_error *err);
vq_status __wrap_vq_train(const vq_config *config, vq_progress_fn progress, void *user,
                          vq_error *err)
{
    char key[CONFIG_KEY_MAX], text[CONFIG_TEXT_MAX];
    config_part part;
    (void)progress, (void)user;
    for (int i = 0; config_field_at(config, i, key, &part, text); i++)
        check_option(key, text);
    return stop(err);
}

vq_status __wrap_vq_prior_train(const vq_prior_config *config, vq_progress_fn progress,
                                void *user, vq_error *err);
vq_status __wrap_vq_prior_train(const vq_prior_config *config, vq_progress_fn progress,
                                void *user, vq_error *err)
{
    char key[CONFIG_KEY_MAX], text[CONFIG_TEXT_MAX];
    config_part part;
    (void)progress, (void)user;
    for (int i = 0; prior_config_field_at(config, i, key, &part, text); i++)
        if (strcmp(key, "model") != 0)
            check_option(key, text);
    return stop(err);
}

vq_status __wrap_vq_model_open(vq_model **model, const char *path, vq_error *err);
vq_status __wrap_vq_model_open(vq_model **model, const char *path, vq_error *err)
{
    (void)path;
    *model = NULL;
    return stop(err);
}

/* Data may be all that the machine has. */
vq_status __wrap_vq_model_for_data(const char **name, const char *data,
                                   const char *data_dir, vq_error *err);
vq_status __wrap_vq_model_for_data(const char **name, const char *data,
                                   const char *data_dir, vq_error *err)
{
    (void)data, (void)data_dir;
    *name = NULL;
    return stop(err);
}

vq_status __wrap_vq_prior_open(vq_prior **prior, const char *path, vq_error *err);
vq_status __wrap_vq_prior_open(vq_prior **prior, const char *path, vq_error *err)
{
    (void)path;
    *prior = NULL;
    return stop(err);
}

vq_status __wrap_vq_watch_open(vq_watch **watch, const char *run, vq_error *err);
vq_status __wrap_vq_watch_open(vq_watch **watch, const char *run, vq_error *err)
{
    (void)run;
    *watch = NULL;
    return stop(err);
}

vq_status __wrap_vq_report(const vq_report_request *r, char *path, vq_error *err);
vq_status __wrap_vq_report(const vq_report_request *r, char *path, vq_error *err)
{
    (void)path;
    require(r->n_runs > 0 && r->images >= 0 && r->threads >= 0);
    return stop(err);
}

/* libFuzzer has its own. */
void __wrap_signals_catch(void);
void __wrap_signals_catch(void)
{
}

/* ---- the words ----------------------------------------------------------------------
 */

/* --name=value of every option, then the operands behind a --. */
static void check_plain(const args *a)
{
    args b;
    vq_error err = {""};
    char *word[4 * WORDS + 1];
    int n = 0, options;
    if (a->n_given > 2 * WORDS)
        return;
    for (int i = 0; i < a->n_given; i++) {
        const size_t size = strlen(a->given[i].name) + strlen(a->given[i].value) + 4;
        require((word[n] = malloc(size)));
        snprintf(word[n++], size, "--%s=%s", a->given[i].name, a->given[i].value);
    }
    options = n;
    word[n++] = (char *)(uintptr_t) "--";
    for (int i = 0; i < a->n_operands; i++)
        word[n++] = (char *)(uintptr_t)a->operand[i];
    require(args_are_options(a->cmd, options, word));
    require(args_parse(&b, a->cmd, n, word, &err) == VQ_OK);
    require(b.n_given == a->n_given && b.n_operands == a->n_operands);
    for (int i = 0; i < a->n_given; i++)
        require(strcmp(a->given[i].name, b.given[i].name) == 0 &&
                strcmp(a->given[i].value, b.given[i].value) == 0);
    for (int i = 0; i < a->n_operands; i++)
        require(strcmp(a->operand[i], b.operand[i]) == 0);
    args_release(&b);
    while (options > 0)
        free(word[--options]);
}

/* As main does. */
static void try_words(char **word, int n)
{
    const command *cmd;
    vq_error err = {""};
    args a;
    int at;
    if (!command_find_among(&cmd, &at, n, word)) {
        require(command_find(&cmd, word[0], &err) == VQ_OK || err.message[0]);
        return;
    }
    memmove(word + 1, word, (size_t)at * sizeof *word);
    vq_status status = args_parse(&a, cmd, n - 1, word + 1, &err);
    require(status == VQ_OK || (status == VQ_EUSAGE && err.message[0]));
    running = &a;
    if (status == VQ_OK && a.help)
        help_print(stdout, cmd);
    else if (status == VQ_OK) {
        check_plain(&a);
        status = cmd->run(&a, &err);
        require(status == VQ_OK || err.message[0]);
        require(status != VQ_EINTERNAL && status != VQ_ENOMEM);
    }
    args_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool inside;
    char *word[WORDS + 1], *owned[WORDS];
    int n = 0;
    fuzz_words w = {data, data + size};
    if (!inside) /* where no name leads anywhere */
        require(chdir(fuzz_folder()) == 0);
    inside = true;
    while (n < WORDS && (owned[n] = fuzz_word(&w, '\n'))) {
        word[n] = owned[n];
        n++;
    }
    if (n > 0)
        try_words(word, n);
    while (n > 0)
        free(owned[--n]);
    return 0;
}
