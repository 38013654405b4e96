/* SPDX-License-Identifier: MIT */
#include "base/status.h"
#include "cli/cli.h"

static vq_status print_comparison(const vq_comparison *c, const args *a, vq_error *err)
{
    /* clang-format off: one key a line */
    if (args_has(a, "json"))
        return cli_print_json(
            stdout,
            json_pack("{so so so so si}", "mse", cli_json_number(c->mse), "psnr",
                      cli_json_number(c->psnr), "ssim", cli_json_number(c->ssim),
                      "ssim_luma", cli_json_number(c->ssim_luma), "largest",
                      c->largest),
            err);
    /* clang-format on */
    printf("PSNR %.2f dB, SSIM %.4f, SSIM of luma %.4f, largest difference %d of 255\n",
           c->psnr, c->ssim, c->ssim_luma, c->largest);
    return VQ_OK;
}

static vq_status run(const args *a, vq_error *err)
{
    enum { GAIN_MAX = 255, GAIN = 4 };
    vq_status status;
    vq_image first = {0}, second = {0}, difference = {0};
    vq_comparison c;
    int gain;
    const char *out = args_value(a, "output");
    TRY(cli_int(a, "gain", 1, GAIN_MAX, GAIN, &gain, err));
    TRY(cli_check_picture(out, err));
    TRY(vq_image_read(&first, a->operand[0], err));
    TRY(vq_image_read(&second, a->operand[1], err));
    TRY(vq_compare(&first, &second, &c, err));
    if (out) {
        TRY(vq_difference(&first, &second, gain, &difference, err));
        TRY(vq_image_write(&difference, out, err));
    }
    TRY(print_comparison(&c, a, err));
out:
    vq_image_release(&first);
    vq_image_release(&second);
    vq_image_release(&difference);
    return status;
}

static const option options[] = {
    {{"output", "FILE.png",
      "write the second picture less the first: gray where they are equal", ""},
     'o'},
    {{"gain", "N", "how many times the difference is shown", "4"}, 0},
    {.letter = 0},
};

const command cmd_compare = {
    .name = "compare",
    .purpose = "look at it",
    .summary = "measure how far two pictures are apart",
    .operands = "A.png B.png",
    .least = 2,
    .most = 2,
    .options = options,
    .writes = (const char *const[]){"output", NULL},
    .groups = OPTION_JSON,
    .about =
        "Print PSNR and SSIM of two pictures of one size, PNG or JPEG, as 'eval' and "
        "'reconstruct' measure them, and the largest difference of a sample. With "
        "--json the keys are mse, of samples from 0 to 255, psnr, ssim, ssim_luma and "
        "largest; the PSNR of equal pictures is infinite, which is null in JSON.",
    .examples = "vqvae compare photo.png reconstructed.png\n"
                "vqvae compare -o difference.png photo.png reconstructed.png",
    .run = run,
};
