/* SPDX-License-Identifier: MIT */
#include "data/single.h"

#include <stdlib.h>
#include <string.h>

#include "base/magic.h"
#include "data/pictures.h"

static vq_status single_open(source *s, const source_request *r, vq_error *err)
{
    vq_status status;
    picture_set set = {0};
    size_t room = 0;
    const magic_kind kind = magic_of(r->head, r->n_head);
    if (kind != MAGIC_PNG && kind != MAGIC_JPEG)
        return VQ_OK;
    char *path = strdup(r->data);
    set.root = strdup("");
    if (!path || !set.root) {
        free(path);
        status = vq_fail_memory(err, strlen(r->data) + 1);
        goto out;
    }
    TRY(picture_set_add(&set, &room, path, -1, err));
    TRY(pictures_open(s, &set, r, err));
out:
    picture_set_release(&set);
    return status;
}

const source_kind single_picture = {.what = "a PNG or JPEG", .open = single_open};
