/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include <stdlib.h>

static _Thread_local bool ran_short;

static void *allocate(size_t size)
{
    void *memory = malloc(size);
    ran_short = ran_short || !memory;
    return memory;
}

/* Before main, so that a process that wants another allocator still gets it. */
__attribute__((constructor)) static void watch_memory(void)
{
    json_set_alloc_funcs(allocate, free);
}

/* Has there been no memory since this was last asked? */
static bool was_short(void)
{
    const bool was = ran_short;
    ran_short = false;
    return was;
}

vq_status json_parse(json_t **value, const void *text, size_t size, json_error_t *fault,
                     vq_error *err)
{
    was_short();
    *value = json_loadb(text, size, JSON_REJECT_DUPLICATES, fault);
    if (!was_short() && (*value || json_error_code(fault) != json_error_out_of_memory))
        return VQ_OK;
    json_decref(*value);
    *value = NULL;
    return vq_fail_memory(err, size);
}

vq_status json_check(vq_error *err)
{
    return was_short() ? vq_fail(err, VQ_ENOMEM, "out of memory for JSON") : VQ_OK;
}

vq_status json_print(char **text, json_t *value, size_t flags, vq_error *err)
{
    *text = value ? json_dumps(value, flags) : NULL;
    json_decref(value);
    if (json_check(err) == VQ_OK && *text)
        return VQ_OK;
    free(*text);
    *text = NULL;
    return vq_fail(err, VQ_ENOMEM, "out of memory for JSON");
}
