/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/status.h"
#include "cli/models.h"
#include "cli/pictures.h"

/* --shape HxW of the pictures that rows of codes stand for; 0 x 0 without it. */
static vq_status read_shape(const args *a, int *h, int *w, vq_error *err)
{
    const char *text = args_value(a, "shape");
    *h = *w = 0;
    if (text && !cli_size(text, h, w))
        return vq_fail(err, VQ_EUSAGE,
                       "--shape is rows x columns of codes, like 8x8, not '%s'", text);
    return VQ_OK;
}

/* The model of the codes, and these as it has them: sequences are cut by --shape. */
static vq_status open_and_reshape(vq_model **model, vq_codes *codes, const args *a,
                                  vq_error *err)
{
    vq_status status;
    vq_codes shaped = *codes; /* as far as a model can be told by */
    int h, w;
    TRY(read_shape(a, &h, &w, err));
    if (h > 0) {
        const int64_t positions = (int64_t)h * w;
        shaped.depth =
            codes->h > 1 && codes->w > positions ? (int)(codes->w / positions) : 1;
        shaped.h = h;
        shaped.w = w;
    }
    TRY(models_open_for_codes(model, &shaped, a, err));
    const vq_config *config = vq_model_config(*model);
    if (h > 0)
        TRY(vq_codes_reshape(codes, h, w, config->levels * config->heads, err));
out:
    return status;
}

static vq_status run(const args *a, vq_error *err)
{
    vq_status status;
    vq_model *model = NULL;
    vq_prior *prior = NULL;
    vq_codes codes = {0};
    const char *folder = args_value(a, "each");
    if (folder && a->n_operands == 2)
        return vq_fail(err, VQ_EUSAGE, "give OUT.png or --each DIR, not both");
    if (!folder && a->n_operands == 1)
        return vq_fail(err, VQ_EUSAGE,
                       "missing operand, expected: OUT.png or --each DIR");
    TRY(cli_check_picture(folder ? NULL : a->operand[1], err));
    if (folder)
        TRY(cli_check_each(a, ".png", err));
    if (args_has(a, "prior"))
        TRY(models_open_prior(&prior, a, err));
    TRY(vq_prior_read(prior, &codes, a->operand[0], err));
    TRY(open_and_reshape(&model, &codes, a, err));
    if (folder)
        TRY(pictures_write_each(model, &codes, folder, err));
    else
        TRY(pictures_write_grid(model, &codes, 0, a->operand[1], err));
    cli_note(a, "images: %d", codes.n);
out:
    vq_codes_release(&codes);
    vq_prior_close(prior);
    vq_model_close(model);
    return status;
}

static const option options[] = {
    {{"each", "DIR", "write every image to DIR/00000.png and so on, not to one picture",
      ""},
     'e'},
    {{"shape", "HxW",
      "rows and columns of codes of a picture, for an array of sequences, "
      "[images, H * W]; all in one row will do",
      ""},
     0},
    {.letter = 0},
};

const command cmd_decode = {
    .name = "decode",
    .purpose = "use it",
    .summary = "turn codes back into pictures",
    .operands = "CODES.npy|CODES.txt|CODES.vqt [OUT.png]",
    .least = 1,
    .most = 2,
    .writes_last = true,
    .options = options,
    .groups = OPTION_MODEL | OPTION_PRIOR | OPTION_THREADS | OPTION_QUIET,
    .about =
        "Turn codes, of any of the kinds that encode writes, into a PNG: several "
        "images "
        "become a grid. A .vqt says which model made it: a built-in one and the latest "
        "are found by that. A file named - is standard output. The result of decoding "
        "what "
        "encode gave is byte for byte what reconstruct gives.\n\n"
        "A .npy holds integers of any type, byte order and order of dimensions: "
        "[images, rows, columns], or with levels or heads [images, rows, columns, "
        "codes]; [rows, columns] is one picture. Sequences as language models have "
        "them, [images, rows * columns], need --shape.",
    .examples = "vqvae decode codes.vqt out.png\n"
                "vqvae decode codes.npy --each pictures\n"
                "vqvae decode sequences.npy --shape 8x8 grid.png",
    .run = run,
};
