/* SPDX-License-Identifier: MIT */
#include "cli/reconstruct_each.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/ending.h"
#include "base/file.h"
#include "base/path.h"
#include "base/utf8.h"
#include "cli/models.h"
#include "cli/text.h"
#include "cli/work.h"

/* A model for every size that one is chosen by, opened when a picture needs it. */
enum { MODELS_MAX = 2 };

typedef struct each {
    const args *a;
    char (*out)[VQ_PATH_MAX]; /* [operands], owned */
    const char *name[MODELS_MAX];
    vq_model *model[MODELS_MAX];
} each;

vq_status reconstruct_print(FILE *stream, bool json, const char *out,
                            const vq_quality *q, vq_error *err)
{
    if (json) {
        /* clang-format off: one key a line */
        json_t *object =
            json_pack("{so so so so}", "psnr", cli_json_number(q->psnr), "ssim",
                      cli_json_number(q->ssim), "ssim_luma",
                      cli_json_number(q->ssim_luma), "bpp", cli_json_number(q->bpp));
        /* clang-format on */
        if (out) /* what is no UTF-8 has no JSON */
            json_object_set_new(object, "file",
                                utf8_is(out) ? json_string(out) : json_null());
        return cli_print_json(stream, object, err);
    }
    if (out) {
        text_print(stream, out);
        fputs(": ", stream);
    }
    fprintf(stream, "PSNR %.2f dB, SSIM %.4f, %.4f bits per pixel\n", q->psnr, q->ssim,
            q->bpp);
    return VQ_OK;
}

/* ---- names --------------------------------------------------------------------------
 */

/* folder/NAME.png, where NAME is the picture's without its folder and ending. */
static vq_status name_out(const char *in, const char *folder, char out[VQ_PATH_MAX],
                          vq_error *err)
{
    char name[VQ_PATH_MAX];
    const char *slash = strrchr(in, '/');
    slash = slash ? slash + 1 : in;
    if (strcmp(in, "-") == 0 || !*slash)
        return vq_fail(err, VQ_EUSAGE, "'%s' has no name for a file in '%s'", in,
                       folder);
    const char *dot = ending_among(slash, ending_picture);
    const size_t n = dot && dot > slash ? (size_t)(dot - slash) : strlen(slash);
    if (snprintf(name, sizeof name, "%.*s.png", (int)n, slash) >= (int)sizeof name)
        return vq_fail(err, VQ_EUSAGE, "the name of '%.64s...' is too long", in);
    return file_join(out, folder, name, err);
}

/* A reconstruction must not take the place of its original, nor, through a link, of
 * another one. */
static vq_status check_apart(const each *e, size_t i, vq_error *err)
{
    struct stat st;
    const char *const *in = e->a->operand;
    const bool links = lstat(e->out[i], &st) == 0 && S_ISLNK(st.st_mode);
    for (size_t k = 0; k < (size_t)e->a->n_operands; k++)
        if ((k == i || links) && path_same(in[k], e->out[i]))
            return vq_fail(err, VQ_EUSAGE,
                           "'%s' would be written over: take another folder", in[k]);
    return VQ_OK;
}

static int compare_paths(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* No two operands may become one file: `sorted` [operands] is for their paths. */
static vq_status check_clashes(const each *e, const char **sorted, vq_error *err)
{
    const int n = e->a->n_operands;
    for (int i = 0; i < n; i++)
        sorted[i] = e->out[i];
    qsort(sorted, (size_t)n, sizeof *sorted, compare_paths);
    for (int i = 1; i < n; i++) {
        if (strcmp(sorted[i - 1], sorted[i]) != 0)
            continue;
        const char *was[2];
        for (int k = n - 1, found = 0; k >= 0 && found < 2; k--)
            if (strcmp(e->out[k], sorted[i]) == 0)
                was[found++] = e->a->operand[k];
        return vq_fail(err, VQ_EUSAGE, "'%s' and '%s' would both become '%s'", was[1],
                       was[0], sorted[i]);
    }
    return VQ_OK;
}

static vq_status name_all(each *e, const char *folder, vq_error *err)
{
    vq_status status;
    const size_t n = (size_t)e->a->n_operands;
    const char **sorted = calloc(n, sizeof *sorted);
    e->out = calloc(n, sizeof *e->out);
    if (!sorted || !e->out) {
        status = vq_fail_memory(err, n * sizeof *e->out);
        goto out;
    }
    for (size_t i = 0; i < n; i++) {
        TRY(name_out(e->a->operand[i], folder, e->out[i], err));
        TRY(check_apart(e, i, err));
    }
    TRY(check_clashes(e, sorted, err));
out:
    free(sorted);
    return status;
}

/* ---- work ---------------------------------------------------------------------------
 */

/* The named model, which is open, else that for pictures of the size. */
static vq_status find_model(each *e, const vq_image *image, vq_model **model,
                            vq_error *err)
{
    const char *name = models_named(e->a);
    int i = 0;
    name = name ? name : vq_model_for_size(image->width, image->height);
    while (e->model[i] && strcmp(e->name[i], name) != 0)
        i++;
    *model = e->model[i];
    if (*model)
        return VQ_OK;
    vq_status status = models_open(model, name, e->a, err);
    e->name[i] = name;
    e->model[i] = *model;
    return status;
}

/* A picture of the list. */
static vq_status reconstruct_one(each *e, int i, vq_error *err)
{
    vq_status status;
    vq_image image = {0};
    vq_model *model;
    vq_quality quality;
    work w;
    TRY(vq_image_read(&image, e->a->operand[i], err));
    TRY(find_model(e, &image, &model, err));
    work_begin(&w, model, e->a, "reconstructing");
    status = vq_reconstruct(model, &image, e->out[i], args_has(e->a, "side-by-side"),
                            &quality, err);
    work_end(&w, model);
    TRY(status);
    TRY(reconstruct_print(stdout, args_has(e->a, "json"), e->out[i], &quality, err));
out:
    vq_image_release(&image);
    return status;
}

vq_status reconstruct_each(const args *a, const char *folder, vq_error *err)
{
    vq_status status, first = VQ_OK;
    each e = {.a = a};
    int failed = 0;
    TRY(name_all(&e, folder, err));
    e.name[0] = models_named(a);
    if (e.name[0])
        TRY(models_open(&e.model[0], e.name[0], a, err));
    TRY(file_make_dirs(folder, err));
    for (int i = 0; i < a->n_operands; i++) {
        vq_error why = {""};
        status = reconstruct_one(&e, i, &why);
        if (status == VQ_OK)
            continue;
        text_print(stderr, why.message);
        fputc('\n', stderr);
        first = failed++ ? first : status;
    }
    status = VQ_OK;
    if (failed)
        status = vq_fail(err, first, "%d of %d pictures could not be reconstructed",
                         failed, a->n_operands);
out:
    for (int i = 0; i < MODELS_MAX; i++)
        vq_model_close(e.model[i]);
    free(e.out);
    return status;
}
