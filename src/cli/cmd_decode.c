/* SPDX-License-Identifier: MIT */

#include "base/status.h"
#include "cli/cli.h"
#include "cli/pictures.h"

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
    TRY(cli_check_output(folder ? NULL : a->operand[1], err));
    TRY(cli_open_model(&model, a, err));
    if (args_has(a, "prior"))
        TRY(cli_open_prior(&prior, model, a, err));
    TRY(vq_prior_read(prior, &codes, a->operand[0], err));
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
    {.letter = 0},
};

const command cmd_decode = {
    .name = "decode",
    .summary = "turn codes back into pictures",
    .operands = "CODES.npy|CODES.txt|CODES.vqt [OUT.png]",
    .least = 1,
    .most = 2,
    .options = options,
    .groups = OPTION_MODEL | OPTION_PRIOR | OPTION_THREADS | OPTION_QUIET,
    .about =
        "Turn codes, of any of the kinds that encode writes, into a PNG: several "
        "images "
        "become a grid. A file named - is standard output. The result of decoding what "
        "encode gave is byte for byte what reconstruct gives.",
    .examples = "vqvae decode codes.vqt out.png\n"
                "vqvae decode codes.npy --each pictures",
    .run = run,
};
