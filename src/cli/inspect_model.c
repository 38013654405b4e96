/* SPDX-License-Identifier: MIT */
#include "cli/inspect.h"

#include <inttypes.h>

#include "base/status.h"
#include "cli/text.h"

/* ---- for people --------------------------------------------------------------------
 */

static void print_summary(vq_model *model)
{
    const vq_config *c = vq_model_config(model);
    printf("file         ");
    text_print(stdout, vq_model_source(model));
    if (vq_model_note(model)) {
        printf("\nnote         ");
        text_print(stdout, vq_model_note(model));
    }
    printf("\nfingerprint  %016" PRIx64 "\n", vq_model_fingerprint(model));
    printf("parameters   %" PRId64 "\n", vq_model_parameters(model));
    printf("codebook     %d codes of %d numbers, one for %d x %d pixels\n", c->codes,
           c->code_dim, vq_model_downsampling(model), vq_model_downsampling(model));
    if (c->levels * c->heads > 1)
        printf("books        %d: %d levels of %d heads, each code of %d numbers\n",
               c->levels * c->heads, c->levels, c->heads, c->code_dim / c->heads);
    printf("channels     %d; %d residual blocks of %d in each stack%s\n", c->hidden,
           c->res_layers, c->res_hidden,
           c->tie_residual ? ", sharing their weights" : "");
}

static void print_metadata(const vq_model *model)
{
    const char *key, *value;
    printf("\nhow it was trained\n");
    for (int i = 0; vq_model_metadata(model, i, &key, &value); i++) {
        printf("  ");
        text_print(stdout, key);
        printf(" = ");
        text_print(stdout, value);
        printf("\n");
    }
}

static void print_tensors(const vq_model *model)
{
    vq_tensor_info t;
    printf("\ntensors\n");
    for (int i = 0; vq_model_tensor(model, i, &t); i++) {
        printf("  ");
        text_print(stdout, t.dtype);
        printf("  ");
        text_print(stdout, t.name);
        for (int d = 0; d < t.rank; d++)
            printf("%s%" PRId64, d ? "," : " [", t.dims[d]);
        printf("%s\n", t.rank ? "]" : " []");
    }
}

/* ---- for programs ------------------------------------------------------------------
 */

static json_t *json_metadata(const vq_model *model)
{
    const char *key, *value;
    json_t *object = json_object();
    bool ok = true;
    for (int i = 0; ok && vq_model_metadata(model, i, &key, &value); i++)
        ok = json_object_set_new(object, key, inspect_text(value)) == 0;
    return ok ? object : (json_decref(object), NULL);
}

static json_t *json_tensors(const vq_model *model)
{
    vq_tensor_info t;
    json_t *list = json_array();
    bool ok = true;
    for (int i = 0; ok && vq_model_tensor(model, i, &t); i++) {
        json_t *shape = json_array();
        for (int d = 0; ok && d < t.rank; d++)
            ok = json_array_append_new(shape, json_integer(t.dims[d])) == 0;
        json_t *tensor = json_pack("{so so so}", "name", inspect_text(t.name), "dtype",
                                   inspect_text(t.dtype), "shape", shape);
        ok = json_array_append_new(list, tensor) == 0 && ok;
    }
    return ok ? list : (json_decref(list), NULL);
}

static vq_status print_json(vq_model *model, vq_error *err)
{
    const vq_config *c = vq_model_config(model);
    char fingerprint[17];
    snprintf(fingerprint, sizeof fingerprint, "%016" PRIx64,
             vq_model_fingerprint(model));
    /* clang-format off: one key a line */
    json_t *object = json_pack(
        "{so ss ss sI si si si si sb si si so so so}", "file",
        inspect_text(vq_model_source(model)), "kind", "model", "fingerprint",
        fingerprint, "parameters", (json_int_t)vq_model_parameters(model),
        "downsampling", vq_model_downsampling(model), "hidden", c->hidden, "res_hidden",
        c->res_hidden, "res_layers", c->res_layers, "tie_residual",
        (int)c->tie_residual, "codes", c->codes, "code_dim", c->code_dim, "note",
        vq_model_note(model) ? inspect_text(vq_model_note(model)) : json_null(),
        "metadata", json_metadata(model), "tensors", json_tensors(model));
    /* clang-format on */
    return cli_print_json(stdout, object, err);
}

vq_status inspect_model(const char *path, bool json, vq_error *err)
{
    vq_status status;
    vq_model *model = NULL;
    TRY(vq_model_open(&model, path, err));
    if (json) {
        TRY(print_json(model, err));
    } else {
        print_summary(model);
        print_metadata(model);
        print_tensors(model);
    }
out:
    vq_model_close(model);
    return status;
}
