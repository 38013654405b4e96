/* SPDX-License-Identifier: MIT */
#include "io/tensor_names.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void tensor_names_note(st_file *f, const char *format, ...)
{
    size_t n = strlen(f->note);
    va_list list;
    if (n)
        n += (size_t)snprintf(f->note + n, sizeof f->note - n, "; ");
    if (n >= sizeof f->note)
        return;
    va_start(list, format);
    vsnprintf(f->note + n, sizeof f->note - n, format, list);
    va_end(list);
}

/* ---- wrappers ----------------------------------------------------------------------
 */

static const char *const wrappers[] = {"module.", "_orig_mod.", "model.", "net."};
enum { N_WRAPPERS = 4, N_ANYWHERE = 2 }; /* the first two wrap parts of a model too */

/* The length of the wrapper that the text begins with, of the first n; 0: none. */
static size_t wrapper_at(const char *text, int n)
{
    for (int i = 0; i < n; i++)
        if (strncmp(text, wrappers[i], strlen(wrappers[i])) == 0)
            return strlen(wrappers[i]);
    return 0;
}

/* Take the wrappers out of a name, in place; the length of those before it. */
static size_t strip_one(char *name)
{
    size_t before = 0, n;
    char *to = name;
    while ((n = wrapper_at(name + before, N_WRAPPERS)))
        before += n;
    for (const char *from = name + before; *from;) {
        bool start = to == name || to[-1] == '.';
        n = start ? wrapper_at(from, N_ANYWHERE) : 0;
        from += n;
        if (!n)
            *to++ = *from++;
    }
    *to = '\0';
    return before;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static vq_status check_twice(const st_file *f, const char *name, vq_error *err)
{
    char **names = malloc((size_t)(f->n + 1) * sizeof *names);
    vq_status status = VQ_OK;
    if (!names)
        return vq_fail_memory(err, (size_t)(f->n + 1) * sizeof *names);
    for (int i = 0; i < f->n; i++)
        names[i] = f->tensor[i].name;
    qsort(names, (size_t)f->n, sizeof *names, by_name);
    for (int i = 1; i < f->n && status == VQ_OK; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            status = vq_fail(err, VQ_EINPUT,
                             "'%s': tensor '%s' is there twice, maybe under different "
                             "prefixes",
                             name, names[i]);
    free(names);
    return status;
}

vq_status tensor_names_strip(st_file *f, const char *name, vq_error *err)
{
    char prefix[64] = "", old[200];
    int n = 0;
    for (int i = 0; i < f->n; i++) {
        char *tensor = f->tensor[i].name;
        size_t length = strlen(tensor);
        snprintf(old, sizeof old, "%s", tensor);
        size_t before = strip_one(tensor);
        n += strlen(tensor) < length;
        if (before && !prefix[0])
            snprintf(prefix, sizeof prefix, "%.*s",
                     before < sizeof prefix ? (int)before : 0, old);
    }
    if (prefix[0])
        tensor_names_note(f, "%d tensor names are read without '%s' before them", n,
                          prefix);
    else if (n)
        tensor_names_note(f,
                          "%d tensor names are read without their 'module.' or "
                          "'_orig_mod.'",
                          n);
    return check_twice(f, name, err);
}

/* ---- strangers ---------------------------------------------------------------------
 */

static const struct {
    const char *part[2]; /* each is in some name, from its start or behind a dot */
    const char *what;
} strangers[] = {
    {{"quantize_t.embed", "quantize_b.embed"},
     "a two-level VQ-VAE-2 (as of rosinality/vq-vae-2-pytorch)"},
    {{"encoder.down_blocks.", "quantize.embedding."}, "a VQModel of diffusers"},
    {{"encoder.down.", "quantize.embed"}, "a VQModel of taming-transformers (VQGAN)"},
    {{"encoder.down_blocks.", "quant_conv."},
     "an AutoencoderKL of diffusers, which has no codebook"},
    {{"encoder.down.", "quant_conv."},
     "an AutoencoderKL of latent-diffusion, which has no codebook"},
    {{"_codebook.embed", ""}, "a model on vector-quantize-pytorch (lucidrains)"},
    {{"quantizer.quantizer.embedding.", ""}, "a VQVAE of MONAI"},
    {{"codebook.weight", "encoder.0.0.weight"}, "a DiscreteVAE of DALLE-pytorch"},
};

static bool has_part(const st_file *f, const char *part)
{
    for (int i = 0; i < f->n; i++)
        for (const char *at = f->tensor[i].name; at;
             at = strchr(at, '.') ? strchr(at, '.') + 1 : NULL)
            if (strncmp(at, part, strlen(part)) == 0)
                return true;
    return false;
}

vq_status tensor_names_refuse(const st_file *f, const char *name, vq_error *err)
{
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
        if (has_part(f, strangers[i].part[0]) && has_part(f, strangers[i].part[1]))
            return vq_fail(err, VQ_EINPUT,
                           "'%s' is %s, an architecture that is not read here", name,
                           strangers[i].what);
    return VQ_OK;
}
