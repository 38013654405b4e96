/* SPDX-License-Identifier: MIT */
#include "base/status.h"
#include "cli/cli.h"

static vq_status print_json(const vq_scores *s, vq_error *err)
{
    /* clang-format off: one key a line */
    json_t *object = json_pack(
        "{so so so so so so so si so so sI}", "mse", cli_json_number(s->mse), "nmse",
        cli_json_number(s->nmse), "psnr", cli_json_number(s->psnr), "psnr_mean",
        cli_json_number(s->psnr_mean), "ssim", cli_json_number(s->ssim), "ssim_luma",
        cli_json_number(s->ssim_luma), "perplexity", cli_json_number(s->perplexity),
        "codes_used", s->codes_used, "bpp", cli_json_number(s->bpp), "images_per_s",
        cli_json_number(s->images_per_s), "images", (json_int_t)s->images);
    /* clang-format on */
    return cli_print_json(stdout, object, err);
}

static void print_table(const vq_scores *s, int codes)
{
    printf("images          %lld\n", (long long)s->images);
    printf("MSE             %.6f\n", s->mse);
    printf("NMSE            %.4f\n", s->nmse);
    printf("PSNR            %.2f dB\n", s->psnr);
    printf("mean PSNR       %.2f dB\n", s->psnr_mean);
    printf("mean SSIM       %.4f, of luma %.4f\n", s->ssim, s->ssim_luma);
    printf("perplexity      %.1f\n", s->perplexity);
    printf("codes used      %d of %d\n", s->codes_used, codes);
    printf("bits per pixel  %.4f\n", s->bpp);
    printf("images/s        %.0f\n", s->images_per_s);
}

static vq_status print_prior(const vq_prior_scores *s, bool json, vq_error *err)
{
    if (json)
        return cli_print_json(
            stdout,
            json_pack("{so so so so so so sI}", "nats", cli_json_number(s->nats),
                      "bits", cli_json_number(s->bits), "uniform_bits",
                      cli_json_number(s->uniform_bits), "order0_bits",
                      cli_json_number(s->order0_bits), "hits", cli_json_number(s->hits),
                      "bytes", cli_json_number(s->bytes), "images",
                      (json_int_t)s->images),
            err);
    printf("images          %lld\n", (long long)s->images);
    printf("nats a code     %.4f\n", s->nats);
    printf("bits a code     %.4f, of %.4f if all were alike, %.4f by frequency\n",
           s->bits, s->uniform_bits, s->order0_bits);
    printf("foreseen        %.1f%% of the codes\n", 100 * s->hits);
    printf("bytes a picture %.1f\n", s->bytes);
    return VQ_OK;
}

/* Score a prior on the codes, not the pictures. */
static vq_status run_prior(const args *a, vq_model *model, const char *data,
                           const char *folder, const char *split, vq_error *err)
{
    vq_status status;
    vq_prior *prior = NULL;
    vq_prior_scores scores;
    TRY(cli_open_prior(&prior, model, a, err));
    TRY(vq_prior_evaluate(prior, model, data, folder, split, &scores, err));
    TRY(print_prior(&scores, args_has(a, "json"), err));
out:
    vq_prior_close(prior);
    return status;
}

static vq_status run(const args *a, vq_error *err)
{
    vq_status status;
    vq_model *model = NULL;
    vq_scores scores;
    TRY(cli_open_model(&model, a, err));
    const vq_config *config = vq_model_config(model);
    const char *data = args_value(a, "data"), *folder = args_value(a, "data-dir");
    const char *split = args_value(a, "split");
    data = data ? data : config->data;
    split = split ? split : "test";
    cli_note(a, "data: %s, %s split", data, split);
    if (args_has(a, "prior")) {
        TRY(run_prior(a, model, data, folder ? folder : "data", split, err));
        goto out;
    }
    const vq_eval_pictures pictures = {args_value(a, "worst"), args_value(a, "best"),
                                       args_value(a, "atlas")};
    TRY(vq_evaluate_pictures(model, data, folder ? folder : "data", split, &pictures,
                             &scores, err));
    if (args_has(a, "json"))
        TRY(print_json(&scores, err));
    else
        print_table(&scores, config->codes * config->levels * config->heads);
out:
    vq_model_close(model);
    return status;
}

static const option options[] = {
    {{"data", "cifar10|cifar100|shapes|PATH",
      "the images: a named set, a CIFAR-style .bin file, or a folder of them or of PNG "
      "files, which are taken whole; without it what the model was trained on",
      ""},
     'd'},
    {{"data-dir", "DIR", "where cifar10 and cifar100 are looked for", "data"}, 0},
    {{"split", "train|test|all", "which part; a single file is the whole of each",
      "test"},
     0},
    {{"worst", "FILE.png",
      "write the 16 images of the lowest PSNR, above what became "
      "of them",
      ""},
     0},
    {{"best", "FILE.png", "write the 16 images of the highest PSNR", ""}, 0},
    {{"atlas", "FILE.png",
      "write what each code decodes to, the most used first, unused ones after a gap",
      ""},
     0},
    {{"prior", "builtin|RUN|FILE",
      "score this prior on the codes: nats and bits of each, beside those without it",
      ""},
     0},
    {.letter = 0},
};

const command cmd_eval = {
    .name = "eval",
    .summary = "measure a model over a whole data set",
    .operands = "",
    .options = options,
    .groups = OPTION_MODEL | OPTION_THREADS | OPTION_JSON | OPTION_QUIET,
    .about =
        "Reconstruct every image of a split and print how well that went. MSE is of "
        "pixels in [0, 1]; NMSE divides it by the variance of the training pixels; "
        "PSNR "
        "is of the mean MSE of 8-bit pixels, mean PSNR is the mean over images; "
        "SSIM is after Wang et al. 2004, the mean of R, G and B, and of luma beside "
        "it; "
        "perplexity is that of all the split's codes together.\n\n"
        "The keys of --json are mse, nmse, psnr, psnr_mean, ssim, ssim_luma, "
        "perplexity, "
        "codes_used, bpp, images_per_s and images. An infinite PSNR is null.",
    .examples = "vqvae eval --data shapes\n"
                "vqvae eval --data cifar10 --worst worst.png --atlas atlas.png\n"
                "vqvae eval --model runs/cifar/model.safetensors --data cifar10 --json",
    .run = run,
};
