/*
 * SPDX-License-Identifier: MIT
 *
 * The rotation trick (Fifty et al. 2024, arXiv:2410.06424): backward treats the
 * quantizer as the rotation and scaling that takes z to q, held constant, so that the
 * gradient keeps its angle to the code. With u = z/|z|, v = q/|q|, w = (u+v)/|u+v|,
 *
 *   dz = |q|/|z| (g - 2 w (w.g) + 2 u (v.g))
 *
 * Where no rotation is defined (z or q is zero, or q points away from z) it is g, the
 * straight-through gradient. Tested in tests/autograd/test_op_quantize.c.
 */
#ifndef VQ_AUTOGRAD_ROTATION_H
#define VQ_AUTOGRAD_ROTATION_H

#include <math.h>
#include <string.h>

static inline double rotation_dot(const float *a, const float *b, size_t d)
{
    double sum = 0;
    for (size_t j = 0; j < d; j++)
        sum += (double)a[j] * (double)b[j];
    return sum;
}

/* z, q, g, dz: [d] */
static inline void rotation_gradient(const float *z, const float *q, const float *g,
                                     size_t d, float *dz)
{
    double length_z = sqrt(rotation_dot(z, z, d)),
           length_q = sqrt(rotation_dot(q, q, d));
    double lengths = length_z * length_q;
    double square = lengths > 0 ? 2 + 2 * rotation_dot(z, q, d) / lengths : 0;
    if (!(square > 1e-6)) {
        memcpy(dz, g, d * sizeof *dz);
        return;
    }
    double scale = length_q / length_z;
    double ug = rotation_dot(z, g, d) / length_z, vg = rotation_dot(q, g, d) / length_q;
    double along_w = 2 * (ug + vg) / square;
    float of_g = (float)scale, of_z = (float)(scale * (2 * vg - along_w) / length_z),
          of_q = (float)(-scale * along_w / length_q);
    for (size_t j = 0; j < d; j++)
        dz[j] = of_g * g[j] + of_z * z[j] + of_q * q[j];
}

#endif
