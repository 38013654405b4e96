/* SPDX-License-Identifier: MIT */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/ending.h"
#include "base/magic.h"
#include "base/path.h"
#include "base/status.h"
#include "cli/encoding.h"
#include "cli/models.h"
#include "cli/work.h"
#include "io/codes.h"

/*
 * A picture is told from a data file by its content, and by its name only where the
 * content is none, so that a damaged x.png is reported as a picture. A pipe gives its
 * bytes only once: it counts as a picture. What cannot be opened goes by its name, and
 * reading it says what is wrong.
 */
static bool is_picture(const char *path)
{
    struct stat info;
    if (strcmp(path, "-") == 0)
        return true;
    if (stat(path, &info) != 0)
        return ending_among(path, ending_picture) != NULL;
    if (!S_ISREG(info.st_mode))
        return !S_ISDIR(info.st_mode);
    const magic_kind kind = magic_of_file(path);
    return kind == MAGIC_PNG || kind == MAGIC_JPEG ||
           ending_among(path, ending_picture) != NULL;
}

/* The model to use: with --prior the prior's, unless one is named. */
static vq_status open_models(vq_model **model, vq_prior **prior, const vq_image *image,
                             const args *a, vq_error *err)
{
    const char *data_dir = args_value(a, "data-dir");
    if (args_has(a, "prior"))
        return models_open_both(model, prior, a, err);
    if (image->rgb)
        return models_open_for_size(model, image->width, image->height, a, err);
    return models_open_for_data(model, a->operand[0], data_dir ? data_dir : "data", a,
                                err);
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

static vq_status parse_type(vq_tokens_type *type, const char *name, vq_error *err)
{
    static const char *const names[] = {[VQ_TOKENS_AUTO] = "auto",
                                        [VQ_TOKENS_UINT16] = "uint16",
                                        [VQ_TOKENS_INT32] = "int32"};
    *type = VQ_TOKENS_AUTO;
    if (!name)
        return VQ_OK;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) {
            *type = (vq_tokens_type)i;
            return VQ_OK;
        }
    return vq_fail(err, VQ_EUSAGE, "--type is auto, uint16 or int32, not '%s'", name);
}

static bool ends_in_vqt(const char *path, vq_codes_format format)
{
    return format == VQ_CODES_VQT ||
           (format == VQ_CODES_AUTO && ending_in(path, ".vqt"));
}

/* Does a path name a .npy that can be written in place, with an index beside it? Not
 * standard output, under whatever name. */
static bool is_array(const char *path, vq_codes_format format)
{
    struct stat info;
    if (strcmp(path, "-") == 0 || path_same(path, "/dev/stdout") ||
        (stat(path, &info) == 0 && !S_ISREG(info.st_mode)))
        return false;
    return format == VQ_CODES_NPY ||
           (format == VQ_CODES_AUTO && ending_in(path, ".npy"));
}

/* Among several operands, which are pictures, one that some option was meant for. */
static vq_status check_operands(const args *a, vq_error *err)
{
    static const char *const meant[][2] = {{".npy", "output"},
                                           {".txt", "output"},
                                           {".vqt", "output"},
                                           {".safetensors", "model"}};
    for (int i = 1; i < a->n_operands; i++)
        for (size_t k = 0; k < sizeof meant / sizeof *meant; k++)
            if (ending_in(a->operand[i], meant[k][0]))
                return vq_fail(err, VQ_EUSAGE,
                               "extra operand '%s', did you mean '--%s %s'?",
                               a->operand[i], meant[k][1], a->operand[i]);
    return VQ_OK;
}

/* What goes with what. */
static vq_status check_options(const args *a, const char *output,
                               vq_codes_format format, vq_error *err)
{
    if (args_has(a, "each") && args_has(a, "output"))
        return vq_fail(err, VQ_EUSAGE, "give --output FILE or --each DIR, not both");
    if (args_has(a, "each") && args_has(a, "prior"))
        return vq_fail(err, VQ_EUSAGE, "--prior goes with --output FILE.vqt alone");
    if (args_has(a, "prior") && !ends_in_vqt(output, format))
        return vq_fail(err, VQ_EUSAGE, "--prior writes .vqt files alone, not '%s'",
                       output);
    if (args_has(a, "resume") && !args_has(a, "each") && !is_array(output, format))
        return vq_fail(err, VQ_EUSAGE,
                       "--resume goes on with a .npy file or with --each DIR, not "
                       "with '%s'",
                       output);
    if (args_has(a, "type") && strcmp(args_value(a, "type"), "uint16") == 0 &&
        !is_array(output, format))
        return vq_fail(err, VQ_EUSAGE,
                       "--type uint16 is for a .npy file of a data set, not for "
                       "standard output, --each or another format");
    return args_has(a, "each") ? cli_check_each(a, codes_ending(format), err)
                               : vq_codes_check_target(output, format, err);
}

static void note_codes(const args *a, const vq_codes *codes)
{
    if (codes->depth > 1)
        cli_note(a, "codes: %d x %d x %d x %d, each one of %d", codes->n, codes->h,
                 codes->w, codes->depth, codes->k);
    else
        cli_note(a, "codes: %d x %d x %d, each one of %d", codes->n, codes->h, codes->w,
                 codes->k);
}

static vq_status encode_picture(const args *a, vq_model *model, const vq_image *image,
                                vq_codes *codes, vq_token_sums *sums, vq_error *err)
{
    work w;
    *sums = (vq_token_sums){.pictures = 1,
                            .pixels = (int64_t)image->width * image->height,
                            .bytes = encoding_file_bytes(a->operand[0])};
    work_begin(&w, model, a, "encoding");
    vq_status status = vq_encode(model, image, 1, codes, err);
    work_end(&w, model);
    return status;
}

/* Options that a single picture has no use for. */
static vq_status refuse_set_options(const args *a, vq_error *err)
{
    static const char *const others[] = {"type", "split", "skip-bad", "resume"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (args_has(a, others[i]))
            return vq_fail(err, VQ_EUSAGE, "--%s is for data sets, not one picture",
                           others[i]);
    return VQ_OK;
}

/* A data set to an array or a folder, or to codes. */
static vq_status encode_set(const args *a, vq_model *model, const char *output,
                            vq_codes_format format, vq_codes *codes,
                            vq_token_sums *sums, vq_error *err)
{
    const char *data_dir = args_value(a, "data-dir");
    vq_token_set set = {.data = a->operand,
                        .n_data = a->n_operands,
                        .data_dir = data_dir ? data_dir : "data",
                        .split = args_value(a, "split"),
                        .skip_bad = args_has(a, "skip-bad"),
                        .resume = args_has(a, "resume"),
                        .folder = args_value(a, "each"),
                        .format = format,
                        .sums = sums};
    vq_status status = parse_type(&set.type, args_value(a, "type"), err);
    if (status != VQ_OK)
        return status;
    if (!set.folder && is_array(output, format))
        set.array = output;
    else if (!set.folder)
        set.codes = codes;
    return encoding_run(a, model, &set, err);
}

static vq_status write_codes(const args *a, vq_prior *prior, const vq_codes *codes,
                             const char *output, vq_codes_format format, vq_error *err)
{
    vq_status status = prior ? vq_prior_write(prior, codes, output, err)
                             : vq_codes_write(codes, output, format, err);
    if (status == VQ_OK)
        note_codes(a, codes);
    return status;
}

static vq_status run(const args *a, vq_error *err)
{
    vq_status status;
    vq_model *model = NULL;
    vq_prior *prior = NULL;
    vq_image image = {0};
    vq_codes codes = {0};
    vq_token_sums sums = {0};
    vq_codes_format format;
    const char *output = args_value(a, "output"), *folder = args_value(a, "each");
    output = output ? output : "-";
    const bool one = a->n_operands == 1 && !folder && is_picture(a->operand[0]);
    TRY(parse_format(&format, args_value(a, "format"), err));
    TRY(check_operands(a, err));
    TRY(check_options(a, output, format, err));
    if (one) {
        TRY(refuse_set_options(a, err));
        TRY(vq_image_read(&image, a->operand[0], err));
    }
    TRY(open_models(&model, &prior, &image, a, err));
    if (one)
        TRY(encode_picture(a, model, &image, &codes, &sums, err));
    else
        TRY(encode_set(a, model, output, format, &codes, &sums, err));
    if (codes.n > 0) /* else they are where they belong */
        TRY(write_codes(a, prior, &codes, output, format, err));
    if (codes.n > 0)
        sums.written = encoding_file_bytes(output);
    encoding_note(a, folder ? folder : output, &sums);
out:
    vq_codes_release(&codes);
    vq_image_release(&image);
    vq_prior_close(prior);
    vq_model_close(model);
    return status;
}

static const option options[] = {
    {{"output", "FILE", "where to write the codes; - is standard output", "-"}, 'o'},
    {{"each", "DIR",
      "write a file a picture, DIR/00000.vqt and so on, and DIR/index.tsv, of pictures "
      "of any sizes",
      ""},
     'e'},
    {{"format", "auto|npy|txt|vqt",
      "how to write them; auto goes by the file's ending, and is txt on standard "
      "output and vqt with --each",
      "auto"},
     'f'},
    {{"type", "auto|uint16|int32",
      "the integers of a data set's .npy; auto is uint16 unless K is above 65536",
      "auto"},
     0},
    {{"split", "train|test|all", "which part of the data", "all"}, 0},
    {{"data-dir", "DIR", "where cifar10 and cifar100 are looked for", "data"}, 0},
    {{"skip-bad", NULL,
      "read every picture once at the start, and go on without those that cannot be "
      "used",
      ""},
     0},
    {{"resume", NULL,
      "go on with a .npy or a --each that was stopped or killed, to the same bytes",
      ""},
     0},
    {{"prior", PRIOR_METAVAR,
      "code a .vqt with this prior: fewer bytes, which decode reads with the same "
      "prior "
      "on any machine",
      ""},
     0},
    {.letter = 0},
};

const command cmd_encode = {
    .name = "encode",
    .purpose = "use it",
    .summary = "turn a picture or a data set into codes",
    .operands = "IN.png|IN.jpg|DATA [IN.png ...]",
    .least = 1,
    .most = INT_MAX,
    .options = options,
    .writes = (const char *const[]){"output", NULL},
    .groups = OPTION_MODEL | OPTION_REFINE | OPTION_THREADS | OPTION_QUIET,
    .about =
        "Turn a PNG or JPEG of any size, several of them, or every picture of DATA "
        "into "
        "codes. DATA is what train --data takes: a folder, a list, a .npy of uint8, "
        "CIFAR files, cifar10. The kind of input is told by its content; - is a "
        "picture "
        "on standard input.\n\n"
        "Codes are written as .npy (for NumPy), as .txt (one line a row), or as .vqt "
        "(packed bits, with the picture's size, the model's fingerprint and a "
        "checksum). Only .vqt remembers a size that is no multiple of the pixels of a "
        "code and that a picture is gray, and refuses to be decoded by another "
        "model.\n\n"
        "The .npy of one picture is int32 [1, rows, columns]. That of a data set, "
        "whose "
        "pictures must have one size, is uint16 [pictures, rows, columns]; with levels "
        "or heads a fourth dimension has the codes of a position. Its rows are in the "
        "order of FILE.tsv beside it, which has path, label, class, height and width. "
        "Only a few pictures are in memory at a time. Until it is whole it is called "
        "FILE.npy.part: interrupted by ^C or killed, --resume goes on. Other kinds of "
        "files, and standard output, where a .npy is int32, are written at the end.",
    .examples = "vqvae encode in.png -o codes.vqt\n"
                "vqvae encode pictures/ -o tokens.npy\n"
                "vqvae encode pictures/ -o tokens.npy --resume\n"
                "vqvae encode *.jpg --each codes/\n"
                "vqvae encode cifar10 --split test -o test.npy\n"
                "vqvae encode - <in.png",
    .run = run,
};
