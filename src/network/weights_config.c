/*
 * SPDX-License-Identifier: MIT
 *
 * The architecture of a model file: from our metadata, else from its tensors' names and
 * shapes. Tested in tests/network/test_weights.c.
 */
#include "network/weights.h"

#include <stdio.h>
#include <string.h>

#include "config/checks.h"
#include "config/config.h"

/* Dimension `axis` of the tensor of that name; 0 when there is no such tensor or axis.
 */
static int dim_of(const st_file *f, const char *name, int axis)
{
    const st_tensor *t = st_find(f, name);
    return t && axis >= 0 && axis < t->rank && t->dims[axis] <= INT32_MAX
               ? (int)t->dims[axis]
               : 0;
}

static int count_blocks(const st_file *f, const char *prefix, const char *block)
{
    char name[PARAM_NAME_MAX];
    int n = 0;
    for (; n <= RES_LAYERS_MAX; n++) {
        snprintf(name, sizeof name, "%.48s%d%.16s1.weight", prefix, n, block);
        if (!st_find(f, name))
            break;
    }
    return n;
}

/* Stages of stride 2: the first convolutions, those of 4x4 taps. */
static int count_stages(const st_file *f, const char *prefix, int first, int step)
{
    char name[PARAM_NAME_MAX];
    int n = 0;
    for (; n < STAGES_MAX; n++) {
        snprintf(name, sizeof name, "%.48s%d.weight", prefix, first + n * step);
        const st_tensor *t = st_find(f, name);
        if (!t || t->rank != 4 || t->dims[2] != 4)
            break;
    }
    return n;
}

static int dim_of_numbered(const st_file *f, const char *prefix, int number,
                           const char *rest, int dim)
{
    char name[PARAM_NAME_MAX];
    snprintf(name, sizeof name, "%.48s%d%.32s", prefix, number, rest);
    return dim_of(f, name, dim);
}

/* Codes are [K,D], or [books,K,D] where a position has several. */
static void codebook_from_shapes(vq_config *c, const st_file *f, const char *codebook,
                                 const char *frozen)
{
    const st_tensor *t = st_find(f, codebook);
    const int rank = t ? t->rank : 0;
    c->codes = dim_of(f, codebook, rank - 2);
    c->code_dim = dim_of(f, codebook, rank - 1);
    if (st_find(f, frozen))
        c->codebook = VQ_CODEBOOK_SIMVQ;
}

/* Architecture of a file without metadata, as its names and shapes tell it. */
static vq_status config_from_shapes(vq_config *c, const st_file *f, const char *name,
                                    vq_error *err)
{
    static const char misha[] = "encoder.conv_stack.", zalando[] = "_encoder._conv_";
    char stack[48];
    vq_status status;
    int stages = 0;
    if (st_find(f, "encoder.conv_stack.0.weight")) {
        TRY(vq_config_preset(c, "mishalaskin", err));
        stages = count_stages(f, misha, 0, 2);
        snprintf(stack, sizeof stack, "%s%d.stack.", misha, 2 * stages + 1);
        c->hidden = dim_of_numbered(f, misha, 2 * stages - 2, ".weight", 0);
        c->res_hidden = dim_of_numbered(f, stack, 0, ".res_block.1.weight", 0);
        c->res_layers = count_blocks(f, stack, ".res_block.");
        codebook_from_shapes(c, f, "vector_quantization.embedding.weight",
                             "vector_quantization.frozen.weight");
    } else if (st_find(f, "_encoder._conv_1.weight")) {
        TRY(vq_config_preset(c, "zalando", err));
        stages = count_stages(f, zalando, 1, 1);
        c->hidden = dim_of_numbered(f, zalando, stages, ".weight", 0);
        c->res_hidden =
            dim_of(f, "_encoder._residual_stack._layers.0._block.1.weight", 0);
        c->res_layers =
            count_blocks(f, "_encoder._residual_stack._layers.", "._block.");
        if (!st_find(f, "_vq_vae._ema_w"))
            c->codebook = VQ_CODEBOOK_GRADIENT;
        codebook_from_shapes(c, f, "_vq_vae._embedding.weight",
                             "_vq_vae._frozen.weight");
    } else {
        return vq_fail(err, VQ_EINPUT,
                       "'%s': the tensor names are not those of a VQ-VAE%s%.100s%s",
                       name, f->n ? ": its first is '" : "",
                       f->n ? f->tensor[0].name : "", f->n ? "'" : "");
    }
    if (c->res_layers == 0)
        c->res_hidden = 1;
    if (stages > 0)
        c->downsample = 1 << stages;
    c->data[0] = '\0';
    c->steps = 0;
out:
    return status;
}

/* Is the key of an entry that of a field which models have? */
static bool is_setting(const char *key)
{
    char its[CONFIG_KEY_MAX];
    const field *f = field_find(key);
    if (!f)
        return false;
    field_key(f, its); /* which has no "-" */
    return strcmp(its, key) == 0 && weights_in_metadata(key, f->part);
}

static vq_status config_from_metadata(vq_config *c, const st_file *f, const char *name,
                                      vq_error *err)
{
    vq_status status;
    TRY(vq_config_preset(c, "sonnet", err));
    for (int i = 0; i < f->n_metadata; i++) {
        vq_error why = {""};
        if (is_setting(f->key[i]) &&
            vq_config_set(c, f->key[i], f->value[i], &why) != VQ_OK)
            return vq_fail(err, VQ_EINPUT, "'%s': metadata: %.1000s", name,
                           why.message);
    }
out:
    return status;
}

/* The text forms take care of themselves; shapes from a file need the same bounds. */
static vq_status check_bounds(const vq_config *c, const char *name, vq_error *err)
{
    char key[CONFIG_KEY_MAX], text[CONFIG_TEXT_MAX];
    config_part part;
    vq_config scratch = *c;
    vq_error why = {""};
    for (int i = 0; config_field_at(c, i, key, &part, text); i++)
        if (part == CONFIG_ARCHITECTURE &&
            vq_config_set(&scratch, key, text, &why) != VQ_OK)
            return vq_fail(err, VQ_EINPUT, "'%s': the tensors' shapes: %.1000s", name,
                           why.message);
    if (config_check(c, &why) != VQ_OK)
        return vq_fail(err, VQ_EINPUT, "'%s': %.1000s", name, why.message);
    return VQ_OK;
}

/* A training's checkpoint holds its state, not a model. */
static vq_status refuse_checkpoint(const st_file *f, const char *name, vq_error *err)
{
    if (!st_metadata(f, "checkpoint_step"))
        return VQ_OK;
    const char *slash = strrchr(name, '/');
    return vq_fail(err, VQ_EINPUT,
                   "'%s' is a checkpoint, for 'train --resume': its model is "
                   "'%.*smodel.safetensors'",
                   name, slash ? (int)(slash + 1 - name) : 0, name);
}

vq_status weights_read_config(vq_config *c, const st_file *f, const char *name,
                              vq_error *err)
{
    vq_status status;
    TRY(refuse_checkpoint(f, name, err));
    if (st_metadata(f, "hidden"))
        TRY(config_from_metadata(c, f, name, err));
    else
        TRY(config_from_shapes(c, f, name, err));
    TRY(check_bounds(c, name, err));
out:
    return status;
}

/* What names and shapes tell; the rest of a file without our metadata is only its
 * preset's. */
static bool is_size(const char *key)
{
    static const char *const sizes[] = {"hidden",       "res_hidden",    "res_layers",
                                        "tie_residual", "decoder_first", "downsample",
                                        "codes",        "code_dim"};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (strcmp(key, sizes[i]) == 0)
            return true;
    return false;
}

vq_status weights_take_architecture(vq_config *c, const st_file *f, const char *name,
                                    vq_error *err)
{
    vq_config file;
    vq_status status;
    const bool ours = st_metadata(f, "hidden") != NULL;
    char key[CONFIG_KEY_MAX], text[CONFIG_TEXT_MAX];
    config_part part;
    TRY(weights_read_config(&file, f, name, err));
    if (!ours)
        file.code_dim *= c->heads; /* shapes tell the width of a head */
    for (int i = 0; config_field_at(&file, i, key, &part, text); i++)
        if (part == CONFIG_ARCHITECTURE && (ours || is_size(key)))
            TRY(vq_config_set(c, key, text, err));
out:
    return status;
}
