/* SPDX-License-Identifier: MIT */
#include "data/picture_set.h"

#include <stdlib.h>

void picture_set_release(picture_set *set)
{
    for (int64_t i = 0; i < set->n; i++) {
        free(set->picture[i].path);
        free(set->picture[i].rgb);
    }
    for (int i = 0; i < set->n_classes; i++)
        free(set->class_name[i]);
    free(set->picture);
    free(set->class_name);
    free(set->root);
    *set = (picture_set){0};
}

vq_status picture_set_add(picture_set *set, size_t *room, char *path, int32_t label,
                          vq_error *err)
{
    if ((size_t)set->n == *room) {
        size_t wanted = *room ? 2 * *room : 16;
        picture *more = realloc(set->picture, wanted * sizeof *more);
        if (!more) {
            free(path);
            return vq_fail_memory(err, wanted * sizeof *more);
        }
        set->picture = more;
        *room = wanted;
    }
    set->picture[set->n++] = (picture){.path = path, .label = label};
    return VQ_OK;
}
