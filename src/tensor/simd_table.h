/*
 * SPDX-License-Identifier: MIT
 *
 * The table of one instruction set: SIMD is its name as a token. Included last by each
 * simd_*.c.
 */
#include "tensor/argmin.h"
#include "tensor/direct.h"
#include "tensor/direct16.h"
#include "tensor/elements.h"
#include "tensor/gate.h"
#include "tensor/kernels.h"
#include "tensor/winograd.h"

#define TEXT_OF(token) #token
#define TEXT(token) TEXT_OF(token)
#define JOIN_OF(a, b) a##b
#define JOIN(a, b) JOIN_OF(a, b)

static void exact_run(const exact_product *e)
{
    product g = {.m = e->m,
                 .n = e->n,
                 .k = e->k,
                 .a = e->a,
                 .a_row = e->a_row,
                 .a_col = 1,
                 .segments = 1,
                 .b = e->w,
                 .b_row = NR,
                 .b_panel = (ptrdiff_t)e->k * NR,
                 .c = e->c,
                 .c_row = e->c_row,
                 .bias = e->bias,
                 .accumulate = e->accumulate,
                 .kind = EXACT};
    product_run(&g);
}

static void plain_run(const plain_product *p)
{
    product g = {.m = p->m,
                 .n = p->n,
                 .k = p->k,
                 .a = p->a,
                 .a_row = p->a_row,
                 .a_col = p->a_col,
                 .b = p->b,
                 .b_row = p->b_row,
                 .b_panel = NR,
                 .segments = 1,
                 .c = p->c,
                 .c_row = p->c_row};
    product_run(&g);
}

#define CONV_KERNEL(kind, title, is_local)                                             \
    static const conv_kernel kind = {                                                  \
        .name = title " " TEXT(SIMD),                                                  \
        .local = is_local,                                                             \
        .fits = kind##_fits,                                                           \
        .packed_size = kind##_packed_size,                                             \
        .pack = kind##_pack,                                                           \
        .scratch_size = kind##_scratch_size,                                           \
        .apply = kind##_apply,                                                         \
        .adjoint = kind##_adjoint,                                                     \
        .grad = kind##_grad,                                                           \
    };

CONV_KERNEL(winograd, "winograd", false)
CONV_KERNEL(direct, "direct", true)
CONV_KERNEL(winograd16, "bf16 winograd", false)
CONV_KERNEL(direct16, "bf16 direct", true)

const simd JOIN(simd_, SIMD) = {
    .name = TEXT(SIMD),
#if defined SIMD_LIKE
    .like = TEXT(SIMD_LIKE),
#else
    .like = TEXT(SIMD),
#endif
    .conv = {&winograd, &direct},
    .conv16 = {&winograd16, &direct16},
#if defined __AVX512BF16__
    .has_bf16 = true,
#endif
    .nearest_scratch = argmin_scratch,
    .nearest = argmin_run,
    .relu = elements_relu,
    .relu_grad = elements_relu_grad,
    .add = elements_add,
    .add_columns = elements_add_columns,
    .gate = gate_apply,
    .gate_grad = gate_grad,
    .max = exponentials_max,
    .exp_sum = exponentials_sum,
    .exp = exponentials,
    .exact_size = panels_size,
    .exact_pack = pack_panels,
    .exact_run = exact_run,
    .plain_run = plain_run,
};
