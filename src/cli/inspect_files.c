/* SPDX-License-Identifier: MIT */
#include "cli/inspect.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/run_files.h"
#include "base/status.h"
#include "io/codes.h"
#include "io/safetensors.h"

/* A number, or null where 0 means that the file does not say. */
static json_t *known(int64_t x)
{
    return x ? json_integer(x) : json_null();
}

static int compare(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* How many different codes there are; sorts them. */
static int count_used(int32_t *code, size_t n)
{
    int used = 0;
    qsort(code, n, sizeof *code, compare);
    for (size_t i = 0; i < n; i++)
        used += i == 0 || code[i] != code[i - 1];
    return used;
}

vq_status inspect_codes(const char *path, bool json, vq_error *err)
{
    vq_codes c = {0};
    char fingerprint[17] = "";
    vq_status status = vq_prior_read(NULL, &c, path, err);
    if (status != VQ_OK)
        return status;
    size_t n = codes_count(&c);
    int used = count_used(c.index, n);
    if (c.fingerprint)
        snprintf(fingerprint, sizeof fingerprint, "%016" PRIx64, c.fingerprint);
    /* clang-format off: one key a line */
    json_t *object = json_pack(
        "{so ss si si si si so si si so so so}", "file", inspect_text(path), "kind",
        "codes", "images", c.n, "rows", c.h, "columns", c.w, "depth", codes_depth(&c),
        "codes", known(c.k), "codes_used", used, "largest", n ? c.index[n - 1] : 0,
        "width", known(c.width), "height", known(c.height), "model",
        c.fingerprint ? json_string(fingerprint) : json_null());
    /* clang-format on */
    vq_codes_release(&c);
    return inspect_show(object, json, err);
}

vq_status inspect_picture(const char *path, bool json, vq_error *err)
{
    vq_image image = {0};
    vq_status status = vq_image_read(&image, path, err);
    if (status != VQ_OK)
        return status;
    json_t *object = json_pack("{so ss si si}", "file", inspect_text(path), "kind",
                               "picture", "width", image.width, "height", image.height);
    vq_image_release(&image);
    return inspect_show(object, json, err);
}

vq_status inspect_prior(const char *path, bool json, vq_error *err)
{
    vq_prior *prior = NULL;
    vq_prior_info i;
    char own[17], model[17];
    vq_status status = vq_prior_open(&prior, path, err);
    if (status != VQ_OK)
        return status;
    vq_prior_describe(prior, &i);
    snprintf(own, sizeof own, "%016" PRIx64, i.fingerprint);
    snprintf(model, sizeof model, "%016" PRIx64, i.model);
    /* clang-format off: one key a line */
    json_t *object = json_pack(
        "{so ss ss so sI si si so so si sI so}", "file", inspect_text(i.source), "kind",
        "prior", "fingerprint", own, "model",
        i.model ? json_string(model) : json_null(), "parameters",
        (json_int_t)i.parameters, "codes", i.codes, "depth", i.depth, "rows",
        known(i.h), "columns", known(i.w), "classes", i.classes, "step",
        (json_int_t)i.step, "nats", i.nats > 0 ? json_real(i.nats) : json_null());
    /* clang-format on */
    vq_prior_close(prior);
    return inspect_show(object, json, err);
}

static vq_status inspect_checkpoint(const st_file *f, const char *path, bool json,
                                    vq_error *err)
{
    char model[VQ_PATH_MAX + 32];
    const char *slash = strrchr(path, '/');
    snprintf(model, sizeof model, "%.*s" RUN_MODEL, slash ? (int)(slash + 1 - path) : 0,
             path);
    json_t *training = json_object();
    for (int i = 0; i < f->n_metadata; i++)
        json_object_set_new(training, f->key[i], json_string(f->value[i]));
    return inspect_show(
        json_pack("{so ss sI so so}", "file", inspect_text(path), "kind", "checkpoint",
                  "step",
                  (json_int_t)strtoll(st_metadata(f, "checkpoint_step"), NULL, 10),
                  "model", inspect_text(model), "training", training),
        json, err);
}

vq_status inspect_tensors(const char *path, bool json, vq_error *err)
{
    st_file f;
    vq_status status = st_read(&f, path, err);
    if (status != VQ_OK)
        return status;
    const char *format = st_metadata(&f, "format");
    if (st_metadata(&f, "checkpoint_step"))
        status = inspect_checkpoint(&f, path, json, err);
    else if (format && strcmp(format, "vqvae-prior") == 0)
        status = inspect_prior(path, json, err);
    else
        status = inspect_model(path, json, err);
    st_release(&f);
    return status;
}
