/* SPDX-License-Identifier: MIT */
#include "data/single.h"

#include <stdlib.h>
#include <string.h>

#include "data/pictures.h"
#include "image/read.h"

static vq_status single_open(source *s, const source_request *r, vq_error *err)
{
    vq_status status;
    picture_set set = {0};
    size_t room = 0;
    if (!image_begins(r->head, r->n_head))
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
