/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/ending.h"
#include "base/status.h"
#include "cli/models.h"
#include "cli/scores_csv.h"
#include "cli/work.h"

/* Where the pictures come from. */
typedef struct split {
    const char *data, *folder, *part;
} split;

static json_t *json_scores(const vq_scores *s)
{
    /* clang-format off: one key a line */
    return json_pack(
        "{so so so so so so so si so so sI}", "mse", cli_json_number(s->mse), "nmse",
        cli_json_number(s->nmse), "psnr", cli_json_number(s->psnr), "psnr_mean",
        cli_json_number(s->psnr_mean), "ssim", cli_json_number(s->ssim), "ssim_luma",
        cli_json_number(s->ssim_luma), "perplexity", cli_json_number(s->perplexity),
        "codes_used", s->codes_used, "bpp", cli_json_number(s->bpp), "images_per_s",
        cli_json_number(s->images_per_s), "images", (json_int_t)s->images);
    /* clang-format on */
}

/* The scores of the codes that encode gives, and beside them those of the nearest. */
typedef struct both {
    vq_scores scores, plain;
    int passes; /* 0: the two are one, and plain is not set */
} both;

static vq_status print_json(FILE *to, const both *b, vq_error *err)
{
    json_t *object = json_scores(&b->scores);
    json_object_set_new(object, "refine", json_integer(b->passes));
    if (b->passes > 0)
        json_object_set_new(object, "plain", json_scores(&b->plain));
    return cli_print_json(to, object, err);
}

static void print_row(FILE *to, const both *b, const char *name, int digits,
                      double plain, double score, const char *unit)
{
    fprintf(to, "%-14s  ", name);
    if (b->passes > 0)
        fprintf(to, "%-10.*f  ", digits, plain);
    fprintf(to, "%.*f%s\n", digits, score, unit);
}

static void print_table(FILE *to, const both *b, int codes)
{
    const vq_scores *s = &b->scores, *p = &b->plain;
    char of[32];
    snprintf(of, sizeof of, " of %d", codes);
    if (b->passes > 0)
        fprintf(to, "%-14s  %-10s  %d pass%s\n", "", "nearest", b->passes,
                b->passes > 1 ? "es" : "");
    print_row(to, b, "images", 0, (double)p->images, (double)s->images, "");
    print_row(to, b, "MSE", 6, p->mse, s->mse, "");
    print_row(to, b, "NMSE", 4, p->nmse, s->nmse, "");
    print_row(to, b, "PSNR", 2, p->psnr, s->psnr, " dB");
    print_row(to, b, "mean PSNR", 2, p->psnr_mean, s->psnr_mean, " dB");
    print_row(to, b, "mean SSIM", 4, p->ssim, s->ssim, "");
    print_row(to, b, "SSIM of luma", 4, p->ssim_luma, s->ssim_luma, "");
    print_row(to, b, "perplexity", 1, p->perplexity, s->perplexity, "");
    print_row(to, b, "codes used", 0, p->codes_used, s->codes_used, of);
    print_row(to, b, "bits per pixel", 4, p->bpp, s->bpp, "");
    print_row(to, b, "images/s", 0, p->images_per_s, s->images_per_s, "");
}

/* What a model's scores are written to: tables and pictures. */
enum { N_WRITTEN = 4 };
static const char *const written[N_WRITTEN + 1] = {"csv", "worst", "best", "atlas",
                                                   NULL};

/* Those that are given, then NULL. */
static void list_outputs(const args *a, const char *outputs[N_WRITTEN + 1])
{
    for (int i = 0; i < N_WRITTEN; i++)
        if (args_has(a, written[i]))
            *outputs++ = args_value(a, written[i]);
    *outputs = NULL;
}

/* Both scores; pictures and rows are of the codes that encode gives. */
static vq_status measure(both *b, vq_model *model, const args *a, const split *from,
                         scores_csv *csv, vq_error *err)
{
    vq_status status = VQ_OK;
    work w;
    const char *outputs[N_WRITTEN + 1];
    vq_eval_pictures rows = {.user = csv, .outputs = outputs};
    vq_eval_pictures all = {.worst = args_value(a, "worst"),
                            .best = args_value(a, "best"),
                            .atlas = args_value(a, "atlas"),
                            .outputs = outputs,
                            .user = csv};
    list_outputs(a, outputs);
    if (args_has(a, "csv")) {
        rows.each = scores_csv_keep;
        all.each = scores_csv_row;
    }
    work_begin(&w, model, a, "evaluating");
    vq_model_set_refine(model, 0);
    if (b->passes > 0)
        TRY(vq_evaluate_pictures(model, from->data, from->folder, from->part, &rows,
                                 &b->plain, err));
    vq_model_set_refine(model, b->passes);
    TRY(vq_evaluate_pictures(model, from->data, from->folder, from->part, &all,
                             &b->scores, err));
out:
    work_end(&w, model);
    return scores_csv_verdict(csv, status, err);
}

static vq_status run_model(const args *a, vq_model *model, const split *from,
                           vq_error *err)
{
    vq_status status;
    both b = {.passes = 0};
    scores_csv csv = {.plain = NULL};
    const char *rows = args_value(a, "csv");
    FILE *to = rows && strcmp(rows, "-") == 0 ? stderr : stdout;
    TRY(cli_refine(a, &b.passes, err));
    if (rows)
        TRY(scores_csv_open(&csv, rows, b.passes > 0, err));
    TRY(measure(&b, model, a, from, &csv, err));
    if (rows)
        TRY(scores_csv_commit(&csv, err));
    const vq_config *config = vq_model_config(model);
    if (args_has(a, "json"))
        TRY(print_json(to, &b, err));
    else
        print_table(to, &b, config->codes * config->levels * config->heads);
out:
    scores_csv_release(&csv);
    return status;
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
static vq_status run_prior(const args *a, vq_model *model, vq_prior *prior,
                           const split *from, vq_error *err)
{
    vq_prior_scores scores;
    work w;
    work_begin(&w, model, a, "encoding");
    vq_status status = vq_prior_evaluate(prior, model, from->data, from->folder,
                                         from->part, &scores, err);
    work_end(&w, model);
    return status == VQ_OK ? print_prior(&scores, args_has(a, "json"), err) : status;
}

/* The model is the named one, else the prior's, else what fits the data. */
static vq_status open_models(vq_model **model, vq_prior **prior, const split *from,
                             const args *a, vq_error *err)
{
    if (args_has(a, "prior"))
        return models_open_both(model, prior, a, err);
    if (from->data)
        return models_open_for_data(model, from->data, from->folder, a, err);
    return models_open(model, models_named(a), a, err);
}

/* Options of a model's scores are none of a prior's; and can the files be written? */
static vq_status check_options(const args *a, vq_error *err)
{
    static const char *const endings[] = {".csv", ".txt", NULL};
    const char *csv = args_value(a, "csv");
    vq_status status = VQ_OK;
    if (csv && ending_other(csv, endings))
        return vq_fail(err, VQ_EUSAGE, "'%s': scores are written as .csv", csv);
    for (size_t i = 0; written[i] && status == VQ_OK; i++) {
        const char *path = args_value(a, written[i]);
        if (path && args_has(a, "prior"))
            return vq_fail(err, VQ_EUSAGE, "--%s does not go with --prior", written[i]);
        status = i > 0 ? cli_check_picture(path, err) : cli_check_output(path, err);
    }
    return status;
}

/* What the model was trained on, which a file of others does not say. */
static vq_status trained_on(const char **data, const vq_model *model, vq_error *err)
{
    const char *key, *value;
    *data = vq_model_config(model)->data;
    for (int i = 0; vq_model_metadata(model, i, &key, &value); i++)
        if (strcmp(key, "data") == 0)
            return VQ_OK;
    return vq_fail(err, VQ_EUSAGE,
                   "'%s' does not say what it was trained on: give --data",
                   vq_model_source(model));
}

static vq_status run(const args *a, vq_error *err)
{
    vq_status status;
    vq_model *model = NULL;
    vq_prior *prior = NULL;
    split from = {args_value(a, "data"), args_value(a, "data-dir"),
                  args_value(a, "split")};
    TRY(check_options(a, err));
    from.folder = from.folder ? from.folder : "data";
    TRY(open_models(&model, &prior, &from, a, err));
    if (!from.data)
        TRY(trained_on(&from.data, model, err));
    TRY(cli_check_kept(a, from.data, err));
    from.part = from.part ? from.part : "test";
    cli_note(a, "data: %s, %s split", from.data, from.part);
    if (prior)
        TRY(run_prior(a, model, prior, &from, err));
    else
        TRY(run_model(a, model, &from, err));
out:
    vq_prior_close(prior);
    vq_model_close(model);
    return status;
}

static const option options[] = {
    {{"data", "cifar10|cifar100|shapes|PATH",
      "the images, which are taken whole: a named set, a folder of PNG and JPEG files, "
      "with subfolders, a single one, a .txt file that lists them, a .npy file of "
      "uint8 "
      "pictures, or a CIFAR-style .bin file or a folder of them; without it what the "
      "model was trained on",
      ""},
     'd'},
    {{"data-dir", "DIR", "where cifar10 and cifar100 are looked for", "data"}, 0},
    {{"split", "train|val|test|all", "which part; a single file is the whole of each",
      "test"},
     0},
    {{"csv", "FILE", "write the scores of every image, a row an image; - is stdout",
      ""},
     0},
    {{"worst", "FILE.png",
      "write the 16 images of the lowest PSNR, above what became "
      "of them",
      ""},
     0},
    {{"best", "FILE.png", "write the 16 images of the highest PSNR", ""}, 0},
    {{"atlas", "FILE.png",
      "write what each code decodes to, with its number and use, the most used first",
      ""},
     0},
    {{"prior", PRIOR_METAVAR,
      "score this prior on the codes: nats and bits of each, beside those without it",
      ""},
     0},
    {.letter = 0},
};

const command cmd_eval = {
    .name = "eval",
    .purpose = "look at it",
    .summary = "measure a model over a whole data set",
    .operands = "",
    .stray = "data",
    .options = options,
    .writes = written,
    .groups =
        OPTION_MODEL | OPTION_REFINE | OPTION_THREADS | OPTION_JSON | OPTION_QUIET,
    .about =
        "Reconstruct every image of a split and print how well that went. MSE is of "
        "pixels in [0, 1]; NMSE divides it by the variance of the training pixels; "
        "PSNR "
        "is of the mean MSE of 8-bit pixels, mean PSNR is the mean over images; "
        "SSIM is after Wang et al. 2004, the mean of R, G and B, and of luma beside "
        "it; "
        "perplexity is that of all the split's codes together. Beside the codes that "
        "--refine finds, which the pictures are of, the nearest codes are measured.\n\n"
        "The keys of --json are mse, nmse, psnr, psnr_mean, ssim, ssim_luma, "
        "perplexity, "
        "codes_used, bpp, images_per_s, images, refine and, unless that is 0, plain, "
        "which holds the same figures of the nearest codes. An infinite PSNR is "
        "null.\n\n"
        "--csv writes image, name, label, class, height, width, mse, psnr, ssim and "
        "ssim_luma of every image, and unless --refine is 0 plain_mse and so on of the "
        "nearest codes: a header line, fields quoted as RFC 4180 says, a label of -1 "
        "where there is none, an infinite PSNR as inf. With --csv - the other figures "
        "go to standard error.",
    .examples = "vqvae eval --data shapes\n"
                "vqvae eval --data cifar10 --worst worst.png --atlas atlas.png\n"
                "vqvae eval --data pictures/ --csv scores.csv\n"
                "vqvae eval --model runs/cifar/model.safetensors --data cifar10 --json",
    .run = run,
};
