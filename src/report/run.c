/* SPDX-License-Identifier: MIT */
#include "report/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/regular.h"
#include "config/config.h"
#include "config/config_json.h"
#include "prior/prior_config.h"
#include "train/run_folder.h"

#define CONFIG_MAX ((size_t)1 << 20)

/* ---- the configuration -------------------------------------------------------------
 */

/* The i-th setting of a configuration as the run's kind has it. */
static bool setting_at(const report_run *r, const vq_prior_config *c, int i,
                       char key[CONFIG_KEY_MAX], config_part *part,
                       char text[CONFIG_TEXT_MAX])
{
    return r->is_prior ? prior_config_field_at(c, i, key, part, text)
                       : config_field_at(&c->training, i, key, part, text);
}

static vq_status set(report_run *r, const char *key, const char *text)
{
    return r->is_prior ? vq_prior_config_set(&r->config, key, text, NULL)
                       : vq_config_set(&r->config.training, key, text, NULL);
}

/* What the run's kind, and of a VQ-VAE the preset, has where nothing is said. */
static void set_usual(const report_run *r, const json_t *object, vq_prior_config *usual)
{
    const char *preset = json_string_value(json_object_get(object, "preset"));
    vq_prior_config_default(usual);
    if (!r->is_prior &&
        (!preset || vq_config_preset(&usual->training, preset, NULL) != VQ_OK))
        vq_config_preset(&usual->training, VQ_PRESET_DEFAULT, NULL);
}

/* Take over what this version knows; the rest is kept as text. */
static void take_values(report_run *r, const json_t *object)
{
    const char *key;
    json_t *value;
    char number[32];
    json_object_foreach((json_t *)object, key, value)
    {
        const char *text = config_json_text(value, number);
        if (strcmp(key, "version") == 0 || (text && set(r, key, text) == VQ_OK) ||
            r->n_settings == RUN_SETTINGS_MAX)
            continue;
        run_setting *s = &r->setting[r->n_settings++];
        snprintf(s->key, sizeof s->key, "%s", key);
        snprintf(s->text, sizeof s->text, "%s", text ? text : "...");
        s->differs = true;
    }
}

/* Every setting that the object holds, beside what is usual. */
static void list_settings(report_run *r, const json_t *object,
                          const vq_prior_config *usual)
{
    config_part part;
    run_setting *s = &r->setting[r->n_settings];
    for (int i = 0; r->n_settings < RUN_SETTINGS_MAX &&
                    setting_at(r, &r->config, i, s->key, &part, s->text);
         i++) {
        if (!json_object_get(object, s->key))
            continue;
        setting_at(r, usual, i, s->key, &part, s->usual);
        s->known = true;
        s->differs = part != CONFIG_RUN && strcmp(s->text, s->usual) != 0;
        s = &r->setting[++r->n_settings];
    }
}

/* A configuration that is not there, or is none, leaves the rest of the report. */
static vq_status read_config(report_run *r, vq_error *err)
{
    char path[VQ_PATH_MAX];
    unsigned char *bytes = NULL;
    size_t size = 0;
    json_t *object = NULL;
    json_error_t fault;
    vq_prior_config usual;
    vq_status status;
    TRY(file_join(path, r->folder, RUN_CONFIG, err));
    if (file_exists(path))
        TRY(regular_read(path, CONFIG_MAX, &bytes, &size, err));
    if (bytes)
        TRY(json_parse(&object, bytes, size, &fault, err));
    r->has_config = json_is_object(object);
    /* no VQ-VAE has ever had this option, and every prior has */
    r->is_prior = json_object_get(object, "first_kernel") != NULL;
    /* one more than there may be: list_settings tries the next before it knows */
    r->setting = calloc(RUN_SETTINGS_MAX + 1, sizeof *r->setting);
    if (!r->setting) {
        status = vq_fail_memory(err, RUN_SETTINGS_MAX * sizeof *r->setting);
        goto out;
    }
    set_usual(r, object, &usual);
    r->config = usual;
    take_values(r, object);
    list_settings(r, object, &usual);
out:
    json_decref(object);
    free(bytes);
    return status;
}

/* ---- the log -----------------------------------------------------------------------
 */

/* A line says how many images a second its interval had. */
static vq_status add_minutes(report_run *r, vq_error *err)
{
    const double *speed = figures_find(&r->log, "images_per_s");
    double seconds = 0, before = 0;
    if (!speed || !r->has_config)
        return VQ_OK;
    r->minutes = malloc((size_t)r->log.n * sizeof *r->minutes);
    if (!r->minutes)
        return vq_fail_memory(err, (size_t)r->log.n * sizeof *r->minutes);
    for (int i = 0; i < r->log.n; i++) {
        const double steps = r->log.step[i] - before;
        if (speed[i] > 0 && steps > 0)
            seconds += steps * r->config.training.batch_size / speed[i];
        before = r->log.step[i];
        r->minutes[i] = seconds / 60;
    }
    return VQ_OK;
}

/* ---- the whole ---------------------------------------------------------------------
 */

/* The log, without which a folder is no run. */
static vq_status find_log(const report_run *r, char log[VQ_PATH_MAX], vq_error *err)
{
    vq_status status;
    TRY(file_join(log, r->folder, RUN_CONFIG, err));
    const bool has_config = file_exists(log);
    TRY(file_join(log, r->folder, RUN_LOG, err));
    if (!file_exists(log) && has_config)
        return vq_fail(err, VQ_EINPUT,
                       "'%s' has no " RUN_LOG ": nothing was logged yet", r->folder);
    if (!file_exists(log))
        return vq_fail(err, VQ_EINPUT,
                       "'%s' is no run folder: it has neither " RUN_CONFIG
                       " nor " RUN_LOG,
                       r->folder);
out:
    return status;
}

/* A model that cannot be opened leaves the rest of the report. VQ_ENOMEM. */
static vq_status open_model(report_run *r, vq_error *err)
{
    vq_error why = {""};
    char path[VQ_PATH_MAX];
    vq_status status = file_join(path, r->folder, RUN_MODEL, &why);
    if (status == VQ_OK && !file_exists(path))
        snprintf(why.message, sizeof why.message, "it has saved no model yet");
    else if (status == VQ_OK)
        status = r->is_prior ? vq_prior_open(&r->prior, path, &why)
                             : vq_model_open(&r->model, path, &why);
    snprintf(r->no_model, sizeof r->no_model, "%.590s", why.message);
    return status == VQ_ENOMEM ? vq_fail(err, status, "%s", why.message) : VQ_OK;
}

/* "latest" and "." are no names to tell runs by. */
static void name_run(report_run *r)
{
    char *real = realpath(r->folder, NULL);
    const char *slash = real ? strrchr(real, '/') : NULL;
    snprintf(r->name, sizeof r->name, "%s", slash && slash[1] ? slash + 1 : r->folder);
    free(real);
}

vq_status report_run_open(report_run *r, const char *name, vq_error *err)
{
    char log[VQ_PATH_MAX];
    vq_status status;
    *r = (report_run){.folder = ""};
    TRY(run_folder_find(r->folder, name, err));
    TRY(find_log(r, log, err));
    name_run(r);
    r->training = run_folder_is_locked(r->folder);
    TRY(figures_read(&r->log, log, err));
    TRY(read_config(r, err));
    TRY(add_minutes(r, err));
    TRY(samples_find(&r->samples, r->folder, err));
    status = open_model(r, err);
out:
    return status;
}

void report_run_close(report_run *r)
{
    run_measured *m = &r->measured;
    scratch_drop(&m->worst);
    scratch_drop(&m->best);
    scratch_drop(&m->atlas);
    for (int i = 0; i < m->n_classes; i++)
        scratch_drop(&m->class[i]);
    vq_model_close(r->model);
    vq_prior_close(r->prior);
    figures_release(&r->log);
    free(m->count);
    free(r->minutes);
    free(r->setting);
    *r = (report_run){.folder = ""};
}
