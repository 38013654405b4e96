/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/status.h"
#include "cli/models.h"
#include "cli/pictures.h"
#include "cli/sampling.h"

/* Keep the first rows of codes. */
static void keep_rows(const vq_codes *codes, int rows, unsigned char *keep)
{
    for (int i = 0; i < codes->h * codes->w; i++)
        keep[i] = i / codes->w < rows;
}

/* Keep a position all of whose pixels are light in the mask. */
static vq_status keep_mask(const vq_codes *codes, int scale, const char *path,
                           unsigned char *keep, vq_error *err)
{
    vq_image mask;
    vq_status status = vq_image_read(&mask, path, err);
    if (status != VQ_OK)
        return status;
    if (mask.width != codes->width || mask.height != codes->height) {
        status = vq_fail(err, VQ_EINPUT,
                         "the mask '%s' has %d x %d pixels, but the picture %d x %d",
                         path, mask.width, mask.height, codes->width, codes->height);
        goto out;
    }
    memset(keep, 1, (size_t)codes->h * (size_t)codes->w);
    for (int y = 0; y < mask.height; y++)
        for (int x = 0; x < mask.width; x++) {
            const unsigned char *p =
                mask.rgb + ((size_t)y * (size_t)mask.width + (size_t)x) * 3;
            if (p[0] + p[1] + p[2] < 3 * 128)
                keep[y / scale * codes->w + x / scale] = 0;
        }
out:
    vq_image_release(&mask);
    return status;
}

/* --keep top:SHARE|rows:N|MASK.png */
static vq_status read_keep(const args *a, const vq_codes *codes, int scale,
                           unsigned char *keep, vq_error *err)
{
    const char *text = args_value(a, "keep");
    text = text ? text : "top:0.5";
    if (strncmp(text, "top:", 4) == 0) {
        double share;
        if (!decimal_read(text + 4, &share) || !(share >= 0 && share <= 1))
            return vq_fail(err, VQ_EUSAGE,
                           "--keep top: takes a share from 0 to 1, not "
                           "'%s'",
                           text + 4);
        keep_rows(codes, (int)lround(share * codes->h), keep);
        return VQ_OK;
    }
    if (strncmp(text, "rows:", 5) == 0) {
        int64_t rows;
        if (!decimal_read_whole(text + 5, 0, codes->h, &rows))
            return vq_fail(err, VQ_EUSAGE,
                           "--keep rows: takes 0 to %d rows of codes, not '%s'",
                           codes->h, text + 5);
        keep_rows(codes, (int)rows, keep);
        return VQ_OK;
    }
    return keep_mask(codes, scale, text, keep, err);
}

static vq_status run(const args *a, vq_error *err)
{
    vq_status status;
    vq_model *model = NULL;
    vq_prior *prior = NULL;
    vq_prior_info info;
    vq_sampling how;
    vq_image image = {0};
    vq_codes given = {0}, codes = {0};
    unsigned char *keep = NULL;
    int *label = NULL, columns;
    TRY(cli_check_picture(a->operand[1], err));
    TRY(models_open_both(&model, &prior, a, err));
    vq_prior_describe(prior, &info);
    TRY(sampling_read(&how, a, prior, &info, info.nameless ? "none" : "all", 1, &label,
                      &columns, err));
    TRY(vq_image_read(&image, a->operand[0], err));
    TRY(vq_encode(model, &image, 1, &given, err));
    keep = malloc((size_t)given.h * (size_t)given.w);
    if (!keep)
        TRY(vq_fail_memory(err, (size_t)given.h * (size_t)given.w));
    TRY(read_keep(a, &given, vq_model_downsampling(model), keep, err));
    how.h = given.h;
    how.w = given.w;
    how.given = &given;
    how.keep = keep;
    TRY(vq_prior_sample(prior, &how, &codes, err));
    codes.gray = given.gray;
    codes.width = given.width;
    codes.height = given.height;
    TRY(pictures_write_grid(model, &codes, columns, a->operand[1], err));
    cli_note(a, "pictures: %d", codes.n);
out:
    vq_codes_release(&codes);
    vq_codes_release(&given);
    vq_image_release(&image);
    free(keep);
    free(label);
    vq_prior_close(prior);
    vq_model_close(model);
    return status;
}

static const option options[] = {
    {{"keep", "top:X|rows:N|MASK.png",
      "what stays: the upper share X, the first N rows of codes, or where the mask, as "
      "large as the picture, is light",
      "top:0.5"},
     0},
    SAMPLING_OPTIONS("1", "none"),
    {.letter = 0},
};

const command cmd_complete = {
    .name = "complete",
    .purpose = "use it",
    .summary = "keep a part of a picture, draw the rest",
    .operands = "IN.png|IN.jpg OUT.png",
    .least = 2,
    .most = 2,
    .writes_last = true,
    .options = options,
    .groups = OPTION_MODEL | OPTION_PRIOR | OPTION_THREADS | OPTION_QUIET,
    .about =
        "Turn a picture into codes, keep some of them, draw the others from a prior in "
        "raster order, and decode. A code is drawn from what is above and left of it: "
        "with a mask, kept codes further on stay, but cannot be foreseen.",
    .examples = "vqvae complete in.png out.png\n"
                "vqvae complete in.png out.png -n 4 --keep rows:3 --class horse\n"
                "vqvae complete in.png out.png --keep mask.png",
    .run = run,
};
