/* SPDX-License-Identifier: MIT */
#include "data/single.h"

#include <string.h>

#include "base/magic.h"
#include "data/pictures.h"

/* The files as one set, without labels. */
static vq_status open_all(source *s, const source_request *r, const char *const *path,
                          int n, vq_error *err)
{
    vq_status status = VQ_OK;
    picture_set set = {.root = strdup("")};
    size_t room = 0;
    if (!set.root)
        return vq_fail_memory(err, 1);
    for (int i = 0; i < n; i++) {
        char *copy = strdup(path[i]);
        if (!copy) {
            status = vq_fail_memory(err, strlen(path[i]) + 1);
            goto out;
        }
        TRY(picture_set_add(&set, &room, copy, -1, err));
    }
    TRY(pictures_open(s, &set, r, err));
out:
    picture_set_release(&set);
    return status;
}

static vq_status single_open(source *s, const source_request *r, vq_error *err)
{
    const magic_kind kind = magic_of(r->head, r->n_head);
    if (kind != MAGIC_PNG && kind != MAGIC_JPEG)
        return VQ_OK;
    return open_all(s, r, &r->data, 1, err);
}

vq_status named_pictures_open(source *s, const source_request *r, vq_error *err)
{
    return open_all(s, r, r->pictures, r->n_pictures, err);
}

const source_kind single_picture = {.what = "a PNG or JPEG", .open = single_open};
