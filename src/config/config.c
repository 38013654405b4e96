/* SPDX-License-Identifier: MIT */
#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/file.h"
#include "config/checks.h"
#include "config/presets.h"

bool config_field_at(const vq_config *config, int i, char key[CONFIG_KEY_MAX],
                     config_part *part, char text[CONFIG_TEXT_MAX])
{
    const field *f = field_at(i);
    if (!f)
        return false;
    snprintf(key, CONFIG_KEY_MAX, "%s", f->name);
    for (char *c = key; *c; c++)
        if (*c == '-')
            *c = '_';
    *part = f->part;
    field_text(config, f, text);
    return true;
}

/* The ways to say how long to train exclude each other: the last one said counts. */
static void exclude_lengths(vq_config *c, const field *said)
{
    bool steps = said->offset == offsetof(vq_config, steps) && c->steps > 0;
    bool epochs = said->offset == offsetof(vq_config, epochs) && c->epochs > 0;
    bool time = said->offset == offsetof(vq_config, time_budget) && c->time_budget > 0;
    if (epochs || time)
        c->steps = 0;
    if (steps || time)
        c->epochs = 0;
    if (steps || epochs)
        c->time_budget = 0;
}

vq_status vq_config_set(vq_config *config, const char *name, const char *value,
                        vq_error *err)
{
    const field *f = field_find(name);
    if (!f)
        return vq_fail(err, VQ_EUSAGE, "no option is named '%s'", name);
    vq_config changed = *config;
    vq_status status = field_set(&changed, f, value, err);
    if (status != VQ_OK)
        return status;
    exclude_lengths(&changed, f);
    if (changed.hidden % 2)
        return vq_fail(err, VQ_EUSAGE, "hidden is an even number, not '%s'", value);
    fsq grid;
    status = config_fsq(&changed, &grid, err);
    if (status != VQ_OK)
        return status;
    if (changed.codebook == VQ_CODEBOOK_FSQ) {
        changed.codes = fsq_codes(&grid);
        changed.code_dim = grid.n;
    }
    if (changed.codebook != config->codebook && config_bound_codes(&changed))
        changed.revive = 0; /* a preset's, of no use to them */
    *config = changed;
    return VQ_OK;
}

vq_status vq_config_preset(vq_config *config, const char *preset, vq_error *err)
{
    const char *const *s = preset_settings(preset);
    if (!s)
        return vq_fail(err, VQ_EUSAGE, "preset is one of " PRESET_NAMES ", not '%s'",
                       preset);
    vq_status status = VQ_OK;
    *config = preset_base;
    snprintf(config->preset, sizeof config->preset, "%s", preset);
    for (; s[0] && status == VQ_OK; s += 2)
        status = vq_config_set(config, s[0], s[1], err);
    return status;
}

bool vq_option_at(int i, vq_option *option)
{
    const field *f;
    for (int row = 0; (f = field_at(row)); row++) {
        if (!f->help || i-- > 0)
            continue;
        *option = (vq_option){.name = f->name,
                              .metavar = f->metavar ? f->metavar : f->choices,
                              .help = f->help};
        char text[CONFIG_TEXT_MAX];
        vq_config usual;
        if (vq_config_preset(&usual, VQ_PRESET_DEFAULT, NULL) != VQ_OK)
            return false;
        field_text(&usual, f, text);
        if (f->type != SWITCH && f->type != DURATION &&
            f->offset != offsetof(vq_config, epochs))
            snprintf(option->value, sizeof option->value, "%.60s", text);
        return true;
    }
    return false;
}

vq_status config_to_json(const vq_config *config, char **json, vq_error *err)
{
    char key[CONFIG_KEY_MAX], text[CONFIG_TEXT_MAX];
    config_part part;
    json_t *object = json_object();
    bool whole = object != NULL; /* texts are UTF-8: config_check has seen to it */
    for (int i = 0; config_field_at(config, i, key, &part, text); i++)
        whole = whole && json_object_set_new(object, key, json_string(text)) == 0;
    *json = whole ? json_dumps(object, JSON_INDENT(2)) : NULL;
    json_decref(object);
    return *json ? VQ_OK : vq_fail(err, VQ_ENOMEM, "out of memory for a configuration");
}

vq_status vq_config_load(vq_config *config, const char *folder, vq_error *err)
{
    char path[VQ_PATH_MAX + 16];
    unsigned char *bytes = NULL;
    size_t size = 0;
    json_t *object = NULL;
    vq_status status;
    snprintf(path, sizeof path, "%s/config.json", folder);
    TRY(file_read(path, (size_t)1 << 20, &bytes, &size, err));

    json_error_t fault;
    object = json_loadb((char *)bytes, size, JSON_REJECT_DUPLICATES, &fault);
    if (!json_is_object(object)) {
        status = vq_fail(err, VQ_EINPUT, "'%s' is not a run's configuration: %s", path,
                         object ? "not an object" : fault.text);
        goto out;
    }
    *config = preset_base;
    config->run = 1;
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        vq_error why = {""};
        if (!json_is_string(value) ||
            vq_config_set(config, key, json_string_value(value), &why) != VQ_OK) {
            status = vq_fail(err, VQ_EINPUT, "'%s': %s: %.1000s", path, key,
                             json_is_string(value) ? why.message : "not a string");
            goto out;
        }
    }
    snprintf(config->out, sizeof config->out, "%s", folder); /* it may have moved */
out:
    json_decref(object);
    free(bytes);
    return status;
}
