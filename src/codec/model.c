/*
 * SPDX-License-Identifier: MIT
 *
 * vq_model: a model file opened for use. What it does is in encode.c and decode.c.
 * Tested in tests/codec/test_model.c.
 */
#include "codec/model.h"

#include <stdlib.h>
#include <string.h>

#include "codec/locate.h"
#include "config/config.h"

/* ---- opening ------------------------------------------------------------------------
 */

vq_status vq_config_take_architecture(vq_config *config, const char *model,
                                      char note[VQ_NOTE_MAX], vq_error *err)
{
    vq_status status;
    st_file f = {0};
    char name[VQ_PATH_MAX];
    TRY(locate_read(&f, name, model, err));
    TRY(weights_take_architecture(config, &f, name, err));
    memcpy(note, f.note, VQ_NOTE_MAX);
out:
    st_release(&f);
    return status;
}

vq_status vq_model_open(vq_model **model, const char *path, vq_error *err)
{
    vq_status status;
    *model = NULL;
    vq_model *m = calloc(1, sizeof *m);
    if (!m)
        return vq_fail_memory(err, sizeof *m);
    m->passes = VQ_REFINE;
    TRY(locate_read(&m->file, m->source, path, err));
    TRY(weights_load(&m->net, &m->facts, &m->file, m->source, err));
    *model = m;
out:
    if (status != VQ_OK)
        vq_model_close(m);
    return status;
}

void vq_model_close(vq_model *m)
{
    if (!m)
        return;
    codec_release(&m->codec);
    network_release(&m->net);
    st_release(&m->file);
    free(m);
}

void vq_model_set_threads(vq_model *m, int threads)
{
    codec_release(&m->codec);
    m->threads = threads;
}

void vq_model_set_refine(vq_model *m, int passes)
{
    m->passes = passes > 0 ? passes : 0;
}

void vq_model_set_work(vq_model *m, vq_work_fn work, void *user)
{
    m->watch.call = work;
    m->watch.user = user;
}

double model_codes(const vq_model *m, int64_t n, int height, int width)
{
    return (double)n * network_codes(&m->net, height) * network_codes(&m->net, width);
}

void model_begin(vq_model *m, double encoded, double decoded)
{
    watch_begin(&m->watch, encoded * (1 + m->passes) + decoded);
}

vq_status model_codec(vq_model *m, codec **c, vq_error *err)
{
    vq_status status = VQ_OK;
    if (!m->codec.net) {
        TRY(codec_init(&m->codec, &m->net, m->threads, 0, err));
        status = codec_check(&m->codec, err);
    }
    if (status != VQ_OK)
        codec_release(&m->codec);
    m->codec.passes = m->passes;
    m->codec.watch = &m->watch;
    *c = &m->codec;
out:
    return status;
}

/* ---- describing ---------------------------------------------------------------------
 */

const char *vq_model_source(const vq_model *m)
{
    return m->source;
}

const vq_config *vq_model_config(const vq_model *m)
{
    return &m->net.config;
}

int vq_model_downsampling(const vq_model *m)
{
    return m->net.config.downsample;
}

int64_t vq_model_parameters(const vq_model *m)
{
    return network_parameters(&m->net);
}

/* The fingerprints that the model goes by. */
static weights_identity identify(const vq_model *m)
{
    weights_identity id = weights_read_identity(&m->file);
    uint64_t values = weights_fingerprint(&m->net, false);
    if (!id.fingerprint || id.values != values) /* or the values were changed since */
        id.fingerprint = values;
    id.values = values;
    return id;
}

uint64_t vq_model_fingerprint(vq_model *m)
{
    if (!m->identity.fingerprint)
        m->identity = identify(m);
    return m->identity.fingerprint;
}

const char *vq_model_note(const vq_model *m)
{
    return m->file.note[0] ? m->file.note : NULL;
}

bool vq_model_tensor(const vq_model *m, int i, vq_tensor_info *info)
{
    if (i < 0 || i >= m->file.n)
        return false;
    const st_tensor *t = &m->file.tensor[i];
    *info = (vq_tensor_info){.name = t->name, .dtype = t->dtype_name, .rank = t->rank};
    memcpy(info->dims, t->dims, sizeof t->dims);
    return true;
}

bool vq_model_metadata(const vq_model *m, int i, const char **key, const char **value)
{
    if (i < 0 || i >= m->file.n_metadata)
        return false;
    *key = m->file.key[i];
    *value = m->file.value[i];
    return true;
}

vq_status vq_model_save(const vq_model *m, const char *path, bool half, vq_error *err)
{
    weights_identity id = identify(m);
    if (half)
        id.values = weights_fingerprint(&m->net, true);
    return weights_export(&m->net, &m->facts, &id, half, path, err);
}
