/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>

#include "base/status.h"
#include "cli/models.h"
#include "cli/pictures.h"
#include "cli/sampling.h"

/* --size HxW in pixels to codes; 0 x 0 without it. */
static vq_status read_size(const args *a, const vq_model *model, int *h, int *w,
                           vq_error *err)
{
    const char *text = args_value(a, "size");
    int scale = vq_model_downsampling(model), height, width;
    *h = *w = 0;
    if (!text)
        return VQ_OK;
    if (!cli_size(text, &height, &width) || height % scale || width % scale)
        return vq_fail(err, VQ_EUSAGE,
                       "--size is a height and a width like 64x96, both multiples of "
                       "%d, not '%s'",
                       scale, text);
    *h = height / scale;
    *w = width / scale;
    return VQ_OK;
}

static vq_status check_outputs(const args *a, vq_error *err)
{
    vq_status status;
    const char *codes = args_value(a, "codes");
    if (args_has(a, "output") && args_has(a, "each"))
        return vq_fail(err, VQ_EUSAGE, "give --output FILE or --each DIR, not both");
    TRY(cli_check_picture(args_value(a, "output"), err));
    if (codes)
        TRY(vq_codes_check_target(codes, VQ_CODES_AUTO, err));
out:
    return status;
}

static vq_status run(const args *a, vq_error *err)
{
    vq_status status;
    vq_model *model = NULL;
    vq_prior *prior = NULL;
    vq_prior_info info;
    vq_sampling how;
    vq_codes codes = {0};
    int *label = NULL, columns;
    const char *output = args_value(a, "output"), *folder = args_value(a, "each");
    const char *file = args_value(a, "codes");
    TRY(check_outputs(a, err));
    TRY(models_open_both(&model, &prior, a, err));
    vq_prior_describe(prior, &info);
    TRY(sampling_read(&how, a, prior, &info, "all", 64, &label, &columns, err));
    TRY(read_size(a, model, &how.h, &how.w, err));
    TRY(vq_prior_sample(prior, &how, &codes, err));
    if (file)
        TRY(vq_codes_write(&codes, file, VQ_CODES_AUTO, err));
    if (folder)
        TRY(pictures_write_each(model, &codes, folder, err));
    if (output || (!folder && !file))
        TRY(pictures_write_grid(model, &codes, columns, output ? output : "sample.png",
                                err));
    cli_note(a, "pictures: %d%s%s", codes.n, folder || (file && !output) ? "" : ", in ",
             folder || (file && !output) ? ""
             : output                    ? output
                                         : "sample.png");
out:
    vq_codes_release(&codes);
    free(label);
    vq_prior_close(prior);
    vq_model_close(model);
    return status;
}

static const option options[] = {
    {{"output", "FILE.png", "the grid of pictures; - is standard output", "sample.png"},
     'o'},
    SAMPLING_OPTIONS("64", "all"),
    {{"size", "HxW", "of a picture in pixels; without it what the prior learned", ""},
     0},
    {{"codes", "FILE", "write the codes, as encode does", ""}, 0},
    {{"each", "DIR", "write every picture to DIR/00000.png and so on, not to a grid",
      ""},
     'e'},
    {.letter = 0},
};

const command cmd_sample = {
    .name = "sample",
    .purpose = "use it",
    .summary = "draw new pictures",
    .operands = "",
    .stray = "output",
    .options = options,
    .writes = (const char *const[]){"output", "codes", NULL},
    .groups = OPTION_MODEL | OPTION_PRIOR | OPTION_THREADS | OPTION_QUIET,
    .about =
        "Draw codes from a prior, one after another, each given those before it, and "
        "decode them: pictures that nobody has taken. With --class all every row of "
        "the grid shows one class.\n\n"
        "The chances of the next code are first sharpened by --temperature, then cut "
        "by --top-k, then by --top-p; change one of them, not all.",
    .examples = "vqvae sample\n"
                "vqvae sample -n 16 --class frog --temperature 0.9 -o frogs.png\n"
                "vqvae sample --prior runs/latest-prior --codes codes.npy",
    .run = run,
};
