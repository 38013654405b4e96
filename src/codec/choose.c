/*
 * SPDX-License-Identifier: MIT
 *
 * Which model to use where none is named: by the size of a picture, or by what codes
 * say. Implements vq_model_name_at and vq_model_for_*. Tested in
 * tests/codec/test_choose.c.
 */
#include <inttypes.h>
#include <string.h>

#include "codec/locate.h"
#include "codec/model.h"
#include "data/dataset.h"
#include "io/codes.h"

#define LATEST "latest"

enum { SMALL, LARGE }; /* of builtin_at */

const char *vq_model_name_at(int i)
{
    const builtin *box = builtin_at(i);
    return box ? box->name : NULL;
}

const char *vq_model_for_size(int width, int height)
{
    bool large = width > VQ_SMALL_SIDE || height > VQ_SMALL_SIDE;
    return vq_model_name_at(large ? LARGE : SMALL);
}

vq_status vq_model_for_data(const char **name, const char *data, const char *data_dir,
                            vq_error *err)
{
    int height, width;
    dataset ds;
    source_request first = {
        .data = data, .data_dir = data_dir, .split = SPLIT_ALL, .most = 1};
    *name = NULL;
    vq_status status = dataset_open(&ds, &first, err);
    if (status == VQ_EINPUT || status == VQ_EIO) { /* so it is for others to say */
        first.most = 0;
        first.bad = SOURCE_BAD_SKIP;
        status = dataset_open(&ds, &first, err);
    }
    if (status != VQ_OK)
        return status;
    dataset_size(&ds, 0, &height, &width);
    *name = vq_model_for_size(width, height);
    dataset_close(&ds);
    return VQ_OK;
}

/* A model to look at; NULL where it cannot be opened. VQ_ENOMEM. */
static vq_status try_open(vq_model **m, const char *name, vq_error *err)
{
    vq_error why;
    vq_status status = vq_model_open(m, name, &why);
    return status == VQ_ENOMEM ? vq_fail(err, status, "%s", why.message) : VQ_OK;
}

/* Is it known by this fingerprint? What cannot be opened is not. VQ_ENOMEM. */
static vq_status goes_by(bool *does, const char *name, uint64_t fingerprint,
                         vq_error *err)
{
    vq_model *m = NULL;
    vq_status status = try_open(&m, name, err);
    *does = m && (vq_model_fingerprint(m) == fingerprint ||
                  m->identity.values == fingerprint);
    vq_model_close(m);
    return status;
}

vq_status vq_model_for_fingerprint(const char **name, uint64_t fingerprint,
                                   vq_error *err)
{
    vq_status status = VQ_OK;
    bool does = false;
    *name = NULL;
    for (int i = 0; builtin_at(i) && !does; i++) {
        TRY(goes_by(&does, builtin_at(i)->name, fingerprint, err));
        *name = does ? builtin_at(i)->name : NULL;
    }
    if (!does)
        TRY(goes_by(&does, LATEST, fingerprint, err));
    if (does && !*name)
        *name = LATEST;
out:
    return status;
}

/* Does this model give a position so many codes, and is it for pictures of that size,
 * or at any? VQ_ENOMEM. */
static vq_status makes(bool *does, const char *name, const vq_codes *codes,
                       bool any_size, vq_error *err)
{
    vq_model *m = NULL;
    vq_status status = try_open(&m, name, err);
    *does = false;
    if (m) {
        const vq_config *c = vq_model_config(m);
        int64_t scale = vq_model_downsampling(m);
        bool large =
            codes->h * scale > VQ_SMALL_SIDE || codes->w * scale > VQ_SMALL_SIDE;
        *does = codes_depth(codes) == c->levels * c->heads &&
                (any_size || large == (name == vq_model_name_at(LARGE)));
    }
    vq_model_close(m);
    return status;
}

vq_status vq_model_for_codes(const char **name, const vq_codes *codes, vq_error *err)
{
    vq_status status = VQ_OK;
    bool does = false;
    if (codes->fingerprint) {
        TRY(vq_model_for_fingerprint(name, codes->fingerprint, err));
        return *name ? VQ_OK
                     : vq_fail(err, VQ_EINPUT,
                               "the codes were made by the model %016" PRIx64
                               ", which is neither built in nor the latest: give "
                               "--model",
                               codes->fingerprint);
    }
    for (int any_size = 0; any_size < 2; any_size++)
        for (int i = 0; (*name = vq_model_name_at(i)); i++) {
            TRY(makes(&does, *name, codes, any_size, err));
            if (does)
                return VQ_OK;
        }
    *name = vq_model_name_at(SMALL); /* which will say what is wrong with them */
out:
    return status;
}
