/*
 * SPDX-License-Identifier: MIT
 *
 * libFuzzer entry: any bytes as a list of pictures. Every path is text, every label a
 * class, and every class has a picture.
 */
#include "fuzz.h"

#include <string.h>

#include "data/list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    picture_set set;
    vq_error err = {""};
    vq_status status = list_parse(&set, "fuzz", (const char *)data, size, &err);
    if (status != VQ_OK)
        require(status == VQ_EINPUT && err.message[0]);
    for (int i = 1; i < set.n_classes; i++)
        require(strcmp(set.class_name[i - 1], set.class_name[i]) < 0);
    int *pictures = calloc((size_t)set.n_classes + 1, sizeof *pictures);
    require(pictures && (status != VQ_OK || set.n > 0));
    for (int64_t i = 0; i < set.n && status == VQ_OK; i++) {
        const picture *p = &set.picture[i];
        require(p->path[0] && !strpbrk(p->path, "\n\t"));
        require(set.n_classes > 0 ? p->label >= 0 && p->label < set.n_classes
                                  : p->label == -1);
        if (p->label >= 0)
            pictures[p->label]++;
    }
    for (int i = 0; i < set.n_classes && status == VQ_OK; i++)
        require(pictures[i] > 0);
    free(pictures);
    picture_set_release(&set);
    return 0;
}
