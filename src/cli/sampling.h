/*
 * SPDX-License-Identifier: MIT
 *
 * What the commands that draw codes have in common: their options.
 */
#ifndef VQ_CLI_SAMPLING_H
#define VQ_CLI_SAMPLING_H

#include "cli/cli.h"

#define SAMPLING_MAX 65536 /* pictures at once */

/* Rows of an option table: -n with its default, --class, and how codes are drawn. */
#define SAMPLING_OPTIONS(count, classes)                                               \
    {{"number", "N", "pictures to draw", count}, 'n'},                                 \
        {{"class", "NAME|K|all|none",                                                  \
          "what they show: a class by its name or number, "                            \
          "each in turn, or nothing in particular",                                    \
          classes},                                                                    \
         'c'},                                                                         \
        {{"temperature", "X",                                                          \
          "below 1 likelier codes, above 1 more even chances; 0: "                     \
          "always the likeliest",                                                      \
          "1"},                                                                        \
         't'},                                                                         \
        {{"top-k", "N", "draw from the N likeliest codes alone; 0: from all", "0"},    \
         'k'},                                                                         \
        {{"top-p", "X", "then from the fewest whose chances make up X", "1"}, 'p'},    \
    {                                                                                  \
        {"seed", "N", "seed: the same codes on any machine and at any --threads",      \
         "1"},                                                                         \
            0                                                                          \
    }

/*
 * Fill how (number, temperature, cuts, seed, labels) from the options; columns: of the
 * grid that will show them, so that with "all" a row has one class. The labels are the
 * caller's to free. VQ_EUSAGE.
 */
vq_status sampling_read(vq_sampling *how, const args *a, const vq_prior *prior,
                        const vq_prior_info *info, const char *usual_class,
                        int usual_number, int **label, int *columns, vq_error *err);

#endif
