/*
 * SPDX-License-Identifier: MIT
 *
 * Runs to make reports of, in the folder of the case.
 */
#ifndef VQ_TESTS_REPORT_TRAININGS_H
#define VQ_TESTS_REPORT_TRAININGS_H

#include "faults.h"

/* Train the tiny model for some steps into folder/name, with an option of its own; its
 * data is folder/train.bin, and its pictures are 20. */
void trainings_model(const char *name, const char *option, const char *value);

/* Train a tiny prior of the codes of folder/model into folder/name, the same way. */
void trainings_prior(const char *name, const char *model, const char *option,
                     const char *value);

#endif
