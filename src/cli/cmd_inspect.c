/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdlib.h>

#include "base/status.h"
#include "cli/cli.h"
#include "cli/text.h"

/* ---- for people --------------------------------------------------------------------
 */

static void print_summary(vq_model *model)
{
    const vq_config *c = vq_model_config(model);
    printf("file         ");
    text_print(stdout, vq_model_source(model));
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

/* A string as it is, or with \xNN for its bytes where it is not UTF-8. */
static json_t *json_text(const char *text)
{
    char *escaped = NULL;
    size_t size;
    if (text_is_utf8(text))
        return json_string(text);
    FILE *stream = open_memstream(&escaped, &size);
    if (!stream)
        return NULL;
    text_print(stream, text);
    json_t *string = fclose(stream) == 0 ? json_string(escaped) : NULL;
    free(escaped);
    return string;
}

static json_t *json_metadata(const vq_model *model)
{
    const char *key, *value;
    json_t *object = json_object();
    bool ok = true;
    for (int i = 0; ok && vq_model_metadata(model, i, &key, &value); i++)
        ok = json_object_set_new(object, key, json_text(value)) == 0;
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
        json_t *tensor = json_pack("{so so so}", "name", json_text(t.name), "dtype",
                                   json_text(t.dtype), "shape", shape);
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
    json_t *object =
        json_pack("{so ss sI si si si si sb si si so so}", "file",
                  json_text(vq_model_source(model)), "fingerprint", fingerprint,
                  "parameters", (json_int_t)vq_model_parameters(model), "downsampling",
                  vq_model_downsampling(model), "hidden", c->hidden, "res_hidden",
                  c->res_hidden, "res_layers", c->res_layers, "tie_residual",
                  (int)c->tie_residual, "codes", c->codes, "code_dim", c->code_dim,
                  "metadata", json_metadata(model), "tensors", json_tensors(model));
    /* clang-format on */
    return cli_print_json(stdout, object, err);
}

static vq_status run(const args *a, vq_error *err)
{
    vq_status status;
    vq_model *model = NULL;
    TRY(vq_model_open(&model, a->n_operands ? a->operand[0] : NULL, err));
    if (args_has(a, "json")) {
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

const command cmd_inspect = {
    .name = "inspect",
    .summary = "show what is inside a model file",
    .operands = "[MODEL]",
    .most = 1,
    .groups = OPTION_JSON,
    .about =
        "Show the architecture, the tensors and how the model was trained. Without "
        "MODEL it is the one the other commands would use. Bytes of names and "
        "values that could steer the terminal are shown as \\xNN.",
    .examples = "vqvae inspect runs/latest/model.safetensors\n"
                "vqvae inspect --json | jq .metadata",
    .run = run,
};
