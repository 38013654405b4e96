/*
 * SPDX-License-Identifier: MIT
 *
 * Parameters: a name table over one flat buffer of floats. The same offsets address the
 * values, every slot's gradients and Adam's moments, so reduction and update are plain
 * loops over a range. Tested in tests/autograd/test_params.c.
 */
#ifndef VQ_AUTOGRAD_PARAMS_H
#define VQ_AUTOGRAD_PARAMS_H

#include "base/arena.h"
#include "base/status.h"

#define PARAM_NAME_MAX 96

typedef enum param_layout {
    PARAM_PLAIN, /* stored as in files */
    PARAM_CONV   /* files: (oc,c,kh,kw); here: [kh,kw,c,oc] */
} param_layout;

typedef enum param_role {
    PARAM_TRAINED,   /* moved by Adam along its gradient */
    PARAM_STATISTIC, /* its "gradient" collects sums that its own rule consumes */
    PARAM_DERIVED    /* computed from others, or frozen; Adam does not move it */
} param_role;

typedef struct param {
    char name[PARAM_NAME_MAX]; /* PyTorch's state_dict name */
    int rank, dims[4];         /* as in files */
    param_layout layout;
    param_role role;
    bool saved;    /* part of model files */
    bool hidden;   /* of a convolution that neither image nor code is next to: Muon may
                      move it */
    size_t offset; /* first float in every flat buffer; a multiple of 16 */
    size_t count;  /* floats */
} param;

#define PARAMS_MAX 320
/* So that sizes in bytes cannot overflow. */
#define PARAMS_FLOATS_MAX ((size_t)1 << 40)

typedef struct params {
    param table[PARAMS_MAX];
    int n;
    size_t size;  /* floats in a flat buffer, padding included */
    float *value; /* [size]; owned through `memory`; NULL until params_allocate */
    arena memory;
} params;

/*
 * Add a parameter and return its index, or -1 when the table is full, the name is
 * taken, a dimension is below 1, PARAM_CONV has no rank 4, or PARAMS_FLOATS_MAX is
 * passed. spec: name, rank, dims, layout, role, saved; the rest is computed.
 */
int params_add(params *p, const param *spec);

/* Allocate the values, zeroed, once every parameter is there. VQ_ENOMEM. */
vq_status params_allocate(params *p, vq_error *err);
void params_release(params *p);

int params_find(const params *p, const char *name); /* -1: no such name */

/* Copy one parameter between file layout and the layout in the flat buffer. */
void param_from_file(const param *p, const float *file, float *flat);
void param_to_file(const param *p, const float *flat, float *file);

#endif
