/* SPDX-License-Identifier: MIT */
#include "config/config.h"

#include <stdio.h>
#include <string.h>

#include "config/checks.h"
#include "config/config_json.h"
#include "config/presets.h"

bool config_field_at(const vq_config *config, int i, char key[CONFIG_KEY_MAX],
                     config_part *part, char text[CONFIG_TEXT_MAX])
{
    const field *f = field_at(i);
    if (!f)
        return false;
    field_key(f, key);
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

/* What the default preset holds for a field: whoever looks for an option by its name
 * asks for one after another, so the whole preset is not made for each. */
static void usual_text(const field *f, char text[CONFIG_TEXT_MAX])
{
    vq_config usual = preset_base;
    for (const char *const *s = preset_settings(VQ_PRESET_DEFAULT); s[0]; s += 2)
        if (field_is(f, s[0]))
            field_set(&usual, f, s[1], NULL);
    field_text(&usual, f, text);
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
        usual_text(f, text);
        if (f->type != SWITCH && f->type != DURATION &&
            f->offset != offsetof(vq_config, epochs))
            snprintf(option->value, sizeof option->value, "%.60s", text);
        return true;
    }
    return false;
}

/* A config_row_fn. */
static const field *row_at(const void *config, int i, const void **base)
{
    *base = config;
    return field_at(i);
}

vq_status config_to_json(const vq_config *config, char **json, vq_error *err)
{
    return config_json_write(config, row_at, json, err);
}

/* A config_set_fn. */
static vq_status set_field(void *config, const char *key, const char *value,
                           vq_error *err)
{
    return vq_config_set(config, key, value, err);
}

vq_status vq_config_load(vq_config *config, const char *folder, vq_error *err)
{
    vq_config read = preset_base;
    read.run = 1;
    vq_status status = config_json_read(&read, folder, set_field, err);
    if (status != VQ_OK)
        return status;
    *config = read;
    snprintf(config->out, sizeof config->out, "%s", folder); /* it may have moved */
    return VQ_OK;
}
