/* SPDX-License-Identifier: MIT */
#include "image/figures.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/regular.h"

void figures_release(figures *f)
{
    for (int i = 0; i < f->n_figures; i++)
        free(f->value[i]);
    free(f->step);
    *f = (figures){.n = 0};
}

static int place_of(const figures *f, const char *name)
{
    int i = 0;
    while (i < f->n_figures && strcmp(f->name[i], name) != 0)
        i++;
    return i;
}

const double *figures_find(const figures *f, const char *name)
{
    const int i = place_of(f, name);
    return i < f->n_figures ? f->value[i] : NULL;
}

double figures_last(const figures *f, const char *name)
{
    const double *value = figures_find(f, name);
    for (int i = f->n - 1; value && i >= 0; i--)
        if (isfinite(value[i]))
            return value[i];
    return (double)NAN;
}

static vq_status grow_one(double **value, int room, vq_error *err)
{
    double *grown = realloc(*value, (size_t)room * sizeof *grown);
    if (!grown)
        return vq_fail_memory(err, (size_t)room * sizeof *grown);
    *value = grown;
    return VQ_OK;
}

/* Room for one more line, which has no figures yet. */
static vq_status add_row(figures *f, double step, vq_error *err)
{
    vq_status status = VQ_OK;
    if (f->n == f->room) {
        const int room = f->room ? 2 * f->room : 256;
        TRY(grow_one(&f->step, room, err));
        for (int i = 0; i < f->n_figures; i++)
            TRY(grow_one(&f->value[i], room, err));
        f->room = room;
    }
    f->step[f->n] = step;
    for (int i = 0; i < f->n_figures; i++)
        f->value[i][f->n] = (double)NAN;
    f->n++;
out:
    return status;
}

static vq_status add_figure(figures *f, const char *name, vq_error *err)
{
    double **value = &f->value[f->n_figures];
    *value = NULL;
    vq_status status = grow_one(value, f->room, err);
    if (status != VQ_OK)
        return status;
    for (int i = 0; i < f->n; i++)
        (*value)[i] = (double)NAN;
    strcpy(f->name[f->n_figures++], name);
    return VQ_OK;
}

static bool is_figure(const char *key, const json_t *value)
{
    return json_is_number(value) && strcmp(key, "step") != 0 &&
           strlen(key) < FIGURES_NAME_MAX;
}

static vq_status add_line(figures *f, const json_t *line, vq_error *err)
{
    vq_status status = VQ_OK;
    const char *key;
    json_t *value;
    bool any = false;
    const double step = json_number_value(json_object_get(line, "step"));
    json_object_foreach((json_t *)line, key, value)
    {
        int i = place_of(f, key);
        if (!(step > 0) || !is_figure(key, value) || i == FIGURES_MAX)
            continue;
        if (!any)
            TRY(add_row(f, step, err));
        any = true;
        if (i == f->n_figures)
            TRY(add_figure(f, key, err));
        f->value[i][f->n - 1] = json_number_value(value);
    }
out:
    return status;
}

vq_status figures_read(figures *f, const char *path, vq_error *err)
{
    unsigned char *log = NULL;
    size_t size = 0;
    vq_status status;
    *f = (figures){.n = 0};
    TRY(regular_read(path, (size_t)1 << 30, &log, &size, err));
    for (size_t at = 0; at < size;) {
        const unsigned char *end = memchr(log + at, '\n', size - at);
        const size_t length = end ? (size_t)(end - log) - at : size - at;
        json_t *line;
        json_error_t fault;
        TRY(json_parse(&line, log + at, length, &fault, err));
        status = add_line(f, line, err);
        json_decref(line);
        if (status != VQ_OK)
            goto out;
        at += length + 1;
    }
out:
    free(log);
    if (status != VQ_OK)
        figures_release(f);
    return status;
}
