/*
 * SPDX-License-Identifier: MIT
 *
 * export and import: one model file into another, which is never one that is there.
 */
#include <sys/stat.h>

#include "base/ending.h"
#include "base/status.h"
#include "cli/models.h"

/* A file would be lost. What is no file, as /dev/stdout, has nothing to lose. */
static bool is_kept(const char *path, const args *a)
{
    struct stat info;
    return !args_has(a, "force") && stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

static vq_status write_model(const char *in, const char *out, const args *a,
                             vq_error *err)
{
    static const char *const endings[] = {".safetensors", NULL};
    vq_status status;
    vq_model *model = NULL;
    vq_prior *prior = NULL;
    if (ending_other(out, endings))
        return vq_fail(err, VQ_EUSAGE, "'%s': models are written as .safetensors", out);
    TRY(cli_check_output(out, err));
    if (args_has(a, "prior")) {
        TRY(models_open_prior(&prior, a, err));
        TRY(vq_prior_save(prior, out, args_has(a, "half"), err));
        goto out;
    }
    TRY(models_open(&model, in, a, err));
    TRY(vq_model_save(model, out, args_has(a, "half"), err));
out:
    vq_prior_close(prior);
    vq_model_close(model);
    return status;
}

/* ---- export ------------------------------------------------------------------------
 */

static vq_status run_export(const args *a, vq_error *err)
{
    const bool both = a->n_operands == 2;
    const char *out = a->operand[both];
    if (both && args_has(a, "model"))
        return vq_fail(err, VQ_EUSAGE, "give the model as IN or by --model, not both");
    if (args_has(a, "prior") && (both || args_has(a, "model")))
        return vq_fail(err, VQ_EUSAGE, "give a model or --prior, not both");
    if (!both && !args_has(a, "model") && !args_has(a, "prior") && models_is_name(out))
        return vq_fail(err, VQ_EUSAGE,
                       "'%s' is a model: name the file to write behind it", out);
    if (is_kept(out, a) && both)
        return vq_fail(err, VQ_EUSAGE,
                       "'%s' is there already: choose another name, or overwrite it "
                       "with --force",
                       out);
    if (is_kept(out, a))
        return vq_fail(err, VQ_EUSAGE,
                       "'%s' is there already: to export it, name the file to write "
                       "behind it; to overwrite it, give --force",
                       out);
    return write_model(both ? a->operand[0] : args_value(a, "model"), out, a, err);
}

static const option export_options[] = {
    {{"half", NULL, "as 16-bit floats, at half the size", ""}, 0},
    {{"force", NULL, "overwrite a file", ""}, 0},
    {{"prior", PRIOR_METAVAR, "write this prior, not a model", ""}, 0},
    {.letter = 0},
};

const command cmd_export = {
    .name = "export",
    .purpose = "make a model",
    .summary = "write a model file again, also at half its size",
    .operands = "[IN] OUT.safetensors",
    .least = 1,
    .most = 2,
    .options = export_options,
    .groups = OPTION_MODEL | OPTION_QUIET,
    .about =
        "Write the model IN, or without it $VQVAE_MODEL, else cifar10, as safetensors "
        "to pass on: also one from PyTorch, with what we know of it as metadata. Codes "
        "made with the model and with its copy can be decoded with "
        "either. Of the path of the training data the last part alone goes along. A "
        "file that is there is overwritten only with --force.",
    .examples = "vqvae export latest model.safetensors\n"
                "vqvae export --half model.safetensors small.safetensors\n"
                "vqvae export photo photo.safetensors",
    .run = run_export,
};

/* ---- import ------------------------------------------------------------------------
 */

static vq_status run_import(const args *a, vq_error *err)
{
    const char *out = args_value(a, "output");
    if (!out)
        return vq_fail(err, VQ_EUSAGE, "missing option --output, the file to write");
    if (is_kept(out, a))
        return vq_fail(err, VQ_EUSAGE,
                       "'%s' is there already: choose another name, or overwrite it "
                       "with --force",
                       out);
    return write_model(a->operand[0], out, a, err);
}

static const option import_options[] = {
    {{"output", "OUT.safetensors", "the file to write", ""}, 'o'},
    {{"half", NULL, "as 16-bit floats, at half the size", ""}, 0},
    {{"force", NULL, "overwrite a file", ""}, 0},
    {.letter = 0},
};

const command cmd_import = {
    .name = "import",
    .purpose = "make a model",
    .summary = "turn a model of PyTorch into a model file",
    .operands = "MODEL.pth",
    .stray = "output",
    .least = 1,
    .most = 1,
    .options = import_options,
    .groups = OPTION_QUIET,
    .about =
        "Read a checkpoint that torch.save wrote (.pt, .pth, .ckpt) and write its "
        "model "
        "as safetensors. It holds a state_dict of mishalaskin/vqvae or of "
        "zalandoresearch/pytorch-vq-vae, bare or under 'state_dict', 'model' or 'ema', "
        "its names with or without 'module.', '_orig_mod.', 'model.' or 'net.' before "
        "them. Nothing in the file is run: anything but tensors is refused by its "
        "name. "
        "--model of the other commands takes such a file too.",
    .examples = "vqvae import model.pth -o model.safetensors",
    .run = run_import,
};
