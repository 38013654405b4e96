/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/status.h"
#include "cli/cli.h"

enum { GRID_GAP = 2 };

/* Every image of codes into a file of its own. */
static vq_status write_each(vq_model *model, const vq_codes *codes, const char *folder,
                            vq_error *err)
{
    vq_status status;
    vq_image image = {0};
    char path[VQ_PATH_MAX];
    TRY(file_make_dirs(folder, err));
    for (int i = 0; i < codes->n; i++) {
        if (snprintf(path, sizeof path, "%s/%05d.png", folder, i) >= (int)sizeof path)
            return vq_fail(err, VQ_EUSAGE, "the name of folder '%s' is too long",
                           folder);
        TRY(vq_decode(model, codes, i, &image, err));
        TRY(vq_image_write(&image, path, err));
        vq_image_release(&image);
    }
out:
    vq_image_release(&image);
    return status;
}

/* All of them as one picture, near square; a single one, however large, is not copied.
 */
static vq_status write_grid(vq_model *model, const vq_codes *codes, const char *path,
                            vq_error *err)
{
    vq_status status;
    vq_image grid = {0};
    vq_image *images = calloc((size_t)codes->n, sizeof *images);
    int columns = (int)ceil(sqrt(codes->n));
    if (!images)
        return vq_fail_memory(err, (size_t)codes->n * sizeof *images);
    for (int i = 0; i < codes->n; i++)
        TRY(vq_decode(model, codes, i, &images[i], err));
    if (codes->n == 1) {
        TRY(vq_image_write(&images[0], path, err));
    } else {
        TRY(vq_image_grid(&grid, images, codes->n, columns, GRID_GAP, err));
        TRY(vq_image_write(&grid, path, err));
    }
out:
    vq_image_release(&grid);
    for (int i = 0; i < codes->n; i++)
        vq_image_release(&images[i]);
    free(images);
    return status;
}

static vq_status run(const args *a, vq_error *err)
{
    vq_status status;
    vq_model *model = NULL;
    vq_codes codes = {0};
    const char *folder = args_value(a, "each");
    if (folder && a->n_operands == 2)
        return vq_fail(err, VQ_EUSAGE, "give OUT.png or --each DIR, not both");
    if (!folder && a->n_operands == 1)
        return vq_fail(err, VQ_EUSAGE,
                       "missing operand, expected: OUT.png or --each DIR");
    TRY(cli_open_model(&model, a, err));
    TRY(vq_codes_read(&codes, a->operand[0], err));
    if (folder)
        TRY(write_each(model, &codes, folder, err));
    else
        TRY(write_grid(model, &codes, a->operand[1], err));
    cli_note(a, "images: %d", codes.n);
out:
    vq_codes_release(&codes);
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
    .groups = OPTION_MODEL | OPTION_THREADS | OPTION_QUIET,
    .about =
        "Turn codes, of any of the kinds that encode writes, into a PNG: several "
        "images "
        "become a grid. A file named - is standard output. The result of decoding what "
        "encode gave is byte for byte what reconstruct gives.",
    .examples = "vqvae decode codes.vqt out.png\n"
                "vqvae decode codes.npy --each pictures",
    .run = run,
};
