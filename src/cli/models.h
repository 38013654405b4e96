/*
 * SPDX-License-Identifier: MIT
 *
 * Which model and prior a command uses, and opening them: what --model, --prior,
 * --threads and --refine ask for, said on stderr. Tested in tests/cli/test_models.c.
 */
#ifndef VQ_CLI_MODELS_H
#define VQ_CLI_MODELS_H

#include "cli/cli.h"

/* The model that --model or $VQVAE_MODEL names; NULL: nobody names one. */
const char *models_named(const args *a);

/* Is it the name of a model in the box, or of the latest? */
bool models_is_name(const char *word);

/* Open a model by name; NULL is the usual one. */
vq_status models_open(vq_model **model, const char *name, const args *a, vq_error *err);

/* Open the named model, else the one for pictures of that size. */
vq_status models_open_for_size(vq_model **model, int width, int height, const args *a,
                               vq_error *err);

/* The same for a data set, or for codes. */
vq_status models_open_for_data(vq_model **model, const char *data, const char *data_dir,
                               const args *a, vq_error *err);
vq_status models_open_for_codes(vq_model **model, const vq_codes *codes, const args *a,
                                vq_error *err);

/* Open the prior that --prior or its absence names. */
vq_status models_open_prior(vq_prior **prior, const args *a, vq_error *err);

/* Open it, and the named model, else the one that it belongs to. */
vq_status models_open_both(vq_model **model, vq_prior **prior, const args *a,
                           vq_error *err);

#endif
