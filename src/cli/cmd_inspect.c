/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/ending.h"
#include "base/file.h"
#include "base/magic.h"
#include "base/run_files.h"
#include "base/status.h"
#include "cli/inspect.h"
#include "cli/models.h"

static bool holds(const char *folder, const char *name)
{
    char path[VQ_PATH_MAX];
    return file_join(path, folder, name, NULL) == VQ_OK && file_exists(path);
}

/* By its first bytes; text by its name. What else there may be is a model or says why
 * it is none. */
static vq_status inspect(const char *path, bool json, vq_error *err)
{
    if (models_is_name(path))
        return inspect_model(path, json, err);
    if (strcmp(path, "builtin") == 0)
        return inspect_prior(path, json, err);
    const magic_kind kind = magic_of_file(path);
    if (holds(path, RUN_CONFIG))
        return inspect_run(path, json, err);
    if (kind == MAGIC_VQT || kind == MAGIC_NPY || ending_in(path, ".txt"))
        return inspect_codes(path, json, err);
    if (kind == MAGIC_PNG || kind == MAGIC_JPEG)
        return inspect_picture(path, json, err);
    if (kind == MAGIC_SAFETENSORS)
        return inspect_tensors(path, json, err);
    if (kind == MAGIC_JSON && ending_in(path, ".jsonl"))
        return inspect_log(path, json, err);
    if (kind == MAGIC_JSON)
        return inspect_config(path, json, err);
    return inspect_model(path, json, err);
}

static vq_status run(const args *a, vq_error *err)
{
    const bool json = args_has(a, "json");
    return a->n_operands ? inspect(a->operand[0], json, err)
                         : inspect_model(NULL, json, err);
}

const command cmd_inspect = {
    .name = "inspect",
    .purpose = "look at it",
    .summary = "show what is inside a model or another file",
    .operands = "[cifar10|photo|latest|builtin|RUN|FILE]",
    .most = 1,
    .groups = OPTION_JSON,
    .about =
        "Show the architecture, the tensors and how a model was trained: cifar10 or "
        "photo, which are built in, the latest, or a file. Without a name it is "
        "$VQVAE_MODEL, else cifar10. Of a run folder, a prior ('builtin' is the one "
        "built in), a checkpoint, a configuration, a log, codes or a picture it shows "
        "what they say. "
        "Bytes of names and values that could steer the terminal are shown as \\xNN.",
    .examples = "vqvae inspect runs/latest/model.safetensors\n"
                "vqvae inspect runs/latest\n"
                "vqvae inspect codes.vqt\n"
                "vqvae inspect --json | jq .metadata",
    .run = run,
};
