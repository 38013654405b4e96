/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <string.h>

#include "base/status.h"
#include "cli/models.h"
#include "cli/reconstruct_each.h"
#include "cli/work.h"

/* Options and operands that go together. */
static vq_status check_operands(const args *a, vq_error *err)
{
    if (args_has(a, "each"))
        return VQ_OK;
    if (a->n_operands == 1)
        return vq_fail(err, VQ_EUSAGE,
                       "missing operand, expected: OUT.png or --each DIR");
    if (a->n_operands > 2)
        return vq_fail(err, VQ_EUSAGE,
                       "extra operand '%s': several pictures need --each DIR",
                       a->operand[2]);
    return VQ_OK;
}

static vq_status run(const args *a, vq_error *err)
{
    vq_status status;
    vq_model *model = NULL;
    vq_quality quality;
    work w;
    vq_image image = {0};
    TRY(check_operands(a, err));
    if (args_has(a, "each"))
        return reconstruct_each(a, args_value(a, "each"), err);
    const char *out_path = a->operand[1];
    bool to_stdout = strcmp(out_path, "-") == 0;
    TRY(cli_check_picture(out_path, err));
    TRY(vq_image_read(&image, a->operand[0], err));
    TRY(models_open_for_size(&model, image.width, image.height, a, err));
    work_begin(&w, model, a, "reconstructing");
    status = vq_reconstruct(model, &image, out_path, args_has(a, "side-by-side"),
                            &quality, err);
    work_end(&w, model);
    TRY(status);
    TRY(reconstruct_print(to_stdout ? stderr : stdout, args_has(a, "json"), NULL,
                          &quality, err));
out:
    vq_image_release(&image);
    vq_model_close(model);
    return status;
}

static const option options[] = {
    {{"side-by-side", NULL, "write the original to the left of the reconstruction", ""},
     's'},
    {{"each", "DIR",
      "reconstruct every operand, into a file of its own name there, DIR/NAME.png", ""},
     'e'},
    {.letter = 0},
};

const command cmd_reconstruct = {
    .name = "reconstruct",
    .purpose = "use it",
    .summary = "encode and decode a picture, and say how much was lost",
    .operands = "IN.png|IN.jpg OUT.png|OUT.jpg|--each DIR",
    .least = 1,
    .most = INT_MAX,
    .writes_last = true,
    .options = options,
    .groups =
        OPTION_MODEL | OPTION_REFINE | OPTION_THREADS | OPTION_JSON | OPTION_QUIET,
    .about =
        "Turn a picture of any size and kind into codes and back into a picture, and "
        "print PSNR, SSIM and bits per pixel, of the pixels before a .jpg loses some "
        "of "
        "them. A file named - is standard input or "
        "standard output; the figures then go to standard error. With --json the "
        "keys are psnr, ssim, ssim_luma and bpp; the PSNR of equal pictures is "
        "infinite, "
        "which is null in JSON.\n\n"
        "With --each any number of pictures go into DIR, in their order, a line of "
        "figures each, in JSON with the key file. One that cannot be read is told and "
        "the others go on; the exit code is then that of the first such.",
    .examples = "vqvae reconstruct in.png out.png\n"
                "vqvae reconstruct --side-by-side in.png both.png\n"
                "vqvae reconstruct --model latest in.png out.png\n"
                "vqvae reconstruct *.png --each out/",
    .run = run,
};
