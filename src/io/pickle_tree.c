/* SPDX-License-Identifier: MIT */
#include "io/pickle_tree.h"

#include <stdlib.h>
#include <string.h>

void pickle_release(pickle *p)
{
    free(p->value);
    free(p->cell);
    *p = (pickle){0};
}

bool pickle_is_text(const pickle *p, int v, const char *text)
{
    const pickle_value *x = &p->value[v];
    return v && x->type == PICKLE_TEXT && x->size == strlen(text) &&
           memcmp(x->text, text, x->size) == 0;
}

int pickle_find(const pickle *p, int dict, const char *key)
{
    const pickle_value *d = &p->value[dict];
    if (d->type != PICKLE_DICT && d->type != PICKLE_CALL)
        return 0;
    for (int c = d->first; c; c = p->cell[p->cell[c].next].next) {
        if (!p->cell[c].next) /* a call that was filled as a list */
            return 0;
        if (pickle_is_text(p, p->cell[c].value, key))
            return p->cell[p->cell[c].next].value;
    }
    return 0;
}

int pickle_item(const pickle *p, int v, int i)
{
    const pickle_value *x = &p->value[v];
    if ((x->type != PICKLE_TUPLE && x->type != PICKLE_LIST) || i >= x->n)
        return 0;
    int c = x->first;
    while (i-- > 0)
        c = p->cell[c].next;
    return p->cell[c].value;
}

bool pickle_count(const pickle *p, int v, int i, int64_t *to)
{
    const pickle_value *x = &p->value[pickle_item(p, v, i)];
    *to = x->integer;
    return x->type == PICKLE_INT && *to >= 0;
}
