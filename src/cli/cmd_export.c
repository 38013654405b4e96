/* SPDX-License-Identifier: MIT */
#include "base/status.h"
#include "cli/cli.h"

static vq_status run(const args *a, vq_error *err)
{
    vq_status status;
    vq_model *model = NULL;
    TRY(cli_check_output(a->operand[0], err));
    TRY(cli_open_model(&model, a, err));
    TRY(vq_model_save(model, a->operand[0], args_has(a, "half"), err));
out:
    vq_model_close(model);
    return status;
}

static const option options[] = {
    {{"half", NULL, "as 16-bit floats, at half the size", ""}, 0},
    {.letter = 0},
};

const command cmd_export = {
    .name = "export",
    .summary = "write a model file again, also at half its size",
    .operands = "OUT.safetensors",
    .least = 1,
    .most = 1,
    .options = options,
    .groups = OPTION_MODEL | OPTION_QUIET,
    .about =
        "Write the model as safetensors: the built-in one for use elsewhere, one "
        "from PyTorch with what we know of it as metadata, or one that was trained "
        "here as 16-bit floats to pass on.",
    .examples =
        "vqvae export builtin.safetensors\n"
        "vqvae export --model runs/latest/model.safetensors --half small.safetensors",
    .run = run,
};
