/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/magic.h"
#include "base/status.h"
#include "cli/models.h"
#include "cli/work.h"

/* Does the name end like that of a picture? */
static bool named_picture(const char *path)
{
    static const char *const endings[] = {".png", ".jpg", ".jpeg"};
    const char *end = strrchr(path, '.');
    for (size_t i = 0; end && i < sizeof endings / sizeof *endings; i++)
        if (strcasecmp(end, endings[i]) == 0)
            return true;
    return false;
}

/*
 * A picture is told from a data file by its content, and by its name only where the
 * content is none, so that a damaged x.png is reported as a picture. A folder is data.
 * What else is no regular file gives its bytes only once: it counts as a picture, like
 * what cannot be opened, and reading it says what is wrong.
 */
static bool is_picture(const char *path)
{
    struct stat info;
    if (strcmp(path, "-") == 0 || stat(path, &info) != 0)
        return true;
    if (!S_ISREG(info.st_mode))
        return !S_ISDIR(info.st_mode);
    const magic_kind kind = magic_of_file(path);
    return kind == MAGIC_PNG || kind == MAGIC_JPEG || named_picture(path);
}

/* The model to use: with --prior the prior's, unless one is named. */
static vq_status open_models(vq_model **model, vq_prior **prior, const vq_image *image,
                             const args *a, vq_error *err)
{
    if (args_has(a, "prior"))
        return models_open_both(model, prior, a, err);
    if (image->rgb)
        return models_open_for_size(model, image->width, image->height, a, err);
    return models_open_for_data(model, a->operand[0], NULL, a, err);
}

static vq_status parse_format(vq_codes_format *format, const char *name, vq_error *err)
{
    static const char *const names[] = {[VQ_CODES_AUTO] = "auto",
                                        [VQ_CODES_NPY] = "npy",
                                        [VQ_CODES_TXT] = "txt",
                                        [VQ_CODES_VQT] = "vqt"};
    *format = VQ_CODES_AUTO;
    if (!name)
        return VQ_OK;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) {
            *format = (vq_codes_format)i;
            return VQ_OK;
        }
    return vq_fail(err, VQ_EUSAGE, "--format is auto, npy, txt or vqt, not '%s'", name);
}

static bool ends_in_vqt(const char *path, vq_codes_format format)
{
    size_t n = strlen(path);
    return format == VQ_CODES_VQT ||
           (format == VQ_CODES_AUTO && n >= 4 && strcasecmp(path + n - 4, ".vqt") == 0);
}

static vq_status run(const args *a, vq_error *err)
{
    vq_status status;
    vq_model *model = NULL;
    vq_prior *prior = NULL;
    vq_image image = {0};
    vq_codes codes = {0};
    work w;
    vq_codes_format format;
    const char *output = args_value(a, "output");
    output = output ? output : "-";
    TRY(parse_format(&format, args_value(a, "format"), err));
    TRY(vq_codes_check_target(output, format, err));
    if (args_has(a, "prior") && !ends_in_vqt(output, format))
        return vq_fail(err, VQ_EUSAGE, "--prior writes .vqt files alone, not '%s'",
                       output);
    if (is_picture(a->operand[0]))
        TRY(vq_image_read(&image, a->operand[0], err));
    TRY(open_models(&model, &prior, &image, a, err));
    work_begin(&w, model, a, "encoding");
    status = image.rgb ? vq_encode(model, &image, 1, &codes, err)
                       : vq_encode_file(model, a->operand[0], &codes, err);
    work_end(&w, model);
    TRY(status);
    if (prior)
        TRY(vq_prior_write(prior, &codes, output, err));
    else
        TRY(vq_codes_write(&codes, output, format, err));
    if (codes.depth > 1)
        cli_note(a, "codes: %d x %d x %d x %d, each one of %d", codes.n, codes.h,
                 codes.w, codes.depth, codes.k);
    else
        cli_note(a, "codes: %d x %d x %d, each one of %d", codes.n, codes.h, codes.w,
                 codes.k);
out:
    vq_codes_release(&codes);
    vq_image_release(&image);
    vq_prior_close(prior);
    vq_model_close(model);
    return status;
}

static const option options[] = {
    {{"output", "FILE", "where to write the codes; - is standard output", "-"}, 'o'},
    {{"format", "auto|npy|txt|vqt",
      "how to write them; auto goes by the file's ending, and is txt on standard "
      "output",
      "auto"},
     'f'},
    {{"prior", "builtin|latest|RUN|FILE",
      "code a .vqt with this prior: fewer bytes, which decode reads with the same "
      "prior "
      "on any machine",
      ""},
     0},
    {.letter = 0},
};

const command cmd_encode = {
    .name = "encode",
    .summary = "turn a picture or a data file into codes",
    .operands = "IN.png|IN.jpg|DATA",
    .stray = "output",
    .least = 1,
    .most = 1,
    .options = options,
    .groups = OPTION_MODEL | OPTION_REFINE | OPTION_THREADS | OPTION_QUIET,
    .about =
        "Turn a PNG or JPEG of any size, or every image of a data file, into codes. "
        "The kind of input is told by its content; - is a picture on standard "
        "input.\n\n"
        "Codes are written as .npy (int32 [images, rows, columns], for NumPy), as .txt "
        "(one line a row), or as .vqt (packed bits, with the picture's size, the "
        "model's fingerprint and a checksum). Only .vqt remembers a size that is no "
        "multiple of the pixels of a code, and refuses to be decoded by another model.",
    .examples = "vqvae encode in.png -o codes.vqt\n"
                "vqvae encode data/cifar-10-batches-bin/test_batch.bin -o codes.npy\n"
                "vqvae encode - <in.png",
    .run = run,
};
