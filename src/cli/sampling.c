/* SPDX-License-Identifier: MIT */
#include "cli/sampling.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/status.h"

static vq_status read_seed(const args *a, uint64_t *seed, vq_error *err)
{
    const char *text = args_value(a, "seed");
    *seed = 1;
    if (text && !decimal_read_unsigned(text, seed))
        return vq_fail(err, VQ_EUSAGE, "--seed is a whole number, not '%s'", text);
    return VQ_OK;
}

/* The class of each of n pictures in rows of `columns`. */
static vq_status read_classes(const char *name, const vq_prior *prior,
                              const vq_prior_info *info, int n, int columns, int *label,
                              vq_error *err)
{
    int one = -1;
    bool all = strcmp(name, "all") == 0 && info->classes > 0;
    if (!all && strcmp(name, "all") != 0 && strcmp(name, "none") != 0) {
        vq_status status = vq_prior_class(prior, name, &one, err);
        if (status != VQ_OK)
            return status;
    }
    for (int i = 0; i < n; i++)
        label[i] = all ? i / columns % info->classes : one;
    return VQ_OK;
}

vq_status sampling_read(vq_sampling *how, const args *a, const vq_prior *prior,
                        const vq_prior_info *info, const char *usual_class,
                        int usual_number, int **label, int *columns, vq_error *err)
{
    vq_status status;
    const char *name = args_value(a, "class");
    *how = (vq_sampling){.n = 0};
    *label = NULL;
    TRY(cli_int(a, "number", 1, SAMPLING_MAX, usual_number, &how->n, err));
    TRY(cli_real(a, "temperature", 1, &how->temperature, err));
    TRY(cli_int(a, "top-k", 0, INT32_MAX, 0, &how->top_k, err));
    TRY(cli_real(a, "top-p", 1, &how->top_p, err));
    TRY(read_seed(a, &how->seed, err));
    *columns = (int)ceil(sqrt(how->n));
    *label = malloc((size_t)how->n * sizeof **label);
    if (!*label)
        TRY(vq_fail_memory(err, (size_t)how->n * sizeof **label));
    TRY(read_classes(name ? name : usual_class, prior, info, how->n, *columns, *label,
                     err));
    how->label = *label;
out:
    return status;
}
