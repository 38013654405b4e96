/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/status.h"
#include "cli/models.h"
#include "cli/work.h"

static vq_status print_quality(FILE *stream, bool json, const vq_quality *q,
                               vq_error *err)
{
    /* clang-format off: one key a line */
    if (json)
        return cli_print_json(
            stream,
            json_pack("{so so so so}", "psnr", cli_json_number(q->psnr), "ssim",
                      cli_json_number(q->ssim), "ssim_luma",
                      cli_json_number(q->ssim_luma), "bpp", cli_json_number(q->bpp)),
            err);
    /* clang-format on */
    fprintf(stream, "PSNR %.2f dB, SSIM %.4f, %.4f bits per pixel\n", q->psnr, q->ssim,
            q->bpp);
    return VQ_OK;
}

static vq_status run(const args *a, vq_error *err)
{
    vq_status status;
    vq_model *model = NULL;
    vq_quality quality;
    work w;
    vq_image image = {0};
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
    TRY(print_quality(to_stdout ? stderr : stdout, args_has(a, "json"), &quality, err));
out:
    vq_image_release(&image);
    vq_model_close(model);
    return status;
}

static const option options[] = {
    {{"side-by-side", NULL, "write the original to the left of the reconstruction", ""},
     's'},
    {.letter = 0},
};

const command cmd_reconstruct = {
    .name = "reconstruct",
    .purpose = "use it",
    .summary = "encode and decode a picture, and say how much was lost",
    .operands = "IN.png|IN.jpg OUT.png|OUT.jpg",
    .least = 2,
    .most = 2,
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
        "which is null in JSON.",
    .examples = "vqvae reconstruct in.png out.png\n"
                "vqvae reconstruct --side-by-side in.png both.png\n"
                "vqvae reconstruct --model latest in.png out.png",
    .run = run,
};
