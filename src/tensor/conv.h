/*
 * SPDX-License-Identifier: MIT
 *
 * Convolution and its two companions, over one geometry. A convolution maps the image
 * side [n,h,w,c] to the feature side [n,oh,ow,oc]; a transposed convolution is exactly
 * its adjoint, so both operations of the network, and all their gradients, are three
 * maps:
 *
 *   conv_apply    image -> feature   conv forward,  transposed conv's input gradient
 *   conv_adjoint  feature -> image   conv's input gradient, transposed conv forward
 *   conv_grad     image x feature -> weight gradient, for both
 *
 * Weights are stored [kh,kw,c,oc]. PyTorch's Conv2d (O,I,kH,kW) and ConvTranspose2d
 * (I,O,kH,kW) are both (oc,c,kh,kw) here, so one permutation serves both.
 *
 * The maps are implemented by interchangeable kernels: "reference" (im2row + gemm, any
 * geometry) and faster ones for the geometries the model uses. Kernels are chosen by
 * geometry without h and w, so packed weights serve images of every size: see
 * tensor/conv_select.h.
 * Tested in tests/tensor/test_conv.c; every kernel runs the same proofs.
 */
#ifndef VQ_TENSOR_CONV_H
#define VQ_TENSOR_CONV_H

#include <stdbool.h>
#include <stddef.h>

typedef struct conv_shape {
    int kh, kw, stride;
    int pad_y, pad_x; /* rows of zeros above the image, columns to its left; below and
                         to the right as many as oh and ow ask for, which may also leave
                         the last rows and columns unread */
    int c, oc;        /* channels of the image side and of the feature side */
    int h, w;         /* image side */
    int oh, ow;       /* feature side */
} conv_shape;

/* What happens to a result on its way out. */
typedef struct conv_out {
    const float *bias; /* added per channel of the result; NULL: none */
    bool accumulate;   /* add to what is there instead of replacing it */
} conv_out;

/* The maps that need packed weights, each its own. */
typedef enum conv_map { CONV_APPLY, CONV_ADJOINT } conv_map;

typedef struct conv_kernel {
    const char *name;

    /* Does a result depend on what lies under its kernel alone, bit for bit? Winograd's
     * transforms let the rest of a block show in the last bits. */
    bool local;

    /* Can this kernel do that geometry (h, w, oh, ow are not looked at)? */
    bool (*fits)(const conv_shape *s);

    /* Floats of a map's packed weights, and packing: once per change of the weights.
     * Packed memory begins at a multiple of 64 bytes. */
    size_t (*packed_size)(const conv_shape *s, conv_map map);
    void (*pack)(const conv_shape *s, conv_map map, const float *weight, float *packed);

    /* Floats of scratch that the three maps need for n images. */
    size_t (*scratch_size)(const conv_shape *s, int n);

    /* y[n,oh,ow,oc] = conv(x[n,h,w,c]) */
    void (*apply)(const conv_shape *s, int n, const float *x, const float *packed,
                  float *y, conv_out out, float *scratch);

    /* x[n,h,w,c] = adjoint of conv, applied to y[n,oh,ow,oc] */
    void (*adjoint)(const conv_shape *s, int n, const float *y, const float *packed,
                    float *x, conv_out out, float *scratch);

    /* dw[kh,kw,c,oc] = sum over n and positions of x (image) times y (feature); add: +=
     */
    void (*grad)(const conv_shape *s, int n, const float *x, const float *y, float *dw,
                 bool add, float *scratch);
} conv_kernel;

/*
 * Kernels may compute the feature side in blocks of CONV_BLOCK x CONV_BLOCK pixels that
 * begin at the image's origin, and then a pixel's last bits depend on all that its
 * block depends on (for the adjoint: on all of the blocks that reach it). Except for
 * the reference kernel nothing else matters: not the batch a pixel is in, not the size
 * of its image. So a crop that begins at a multiple of CONV_BLOCK feature pixels gives
 * the same bits as the whole image for every block that lies, with all that it depends
 * on, inside the crop.
 */
#define CONV_BLOCK 4

/* For kernels: make v ready to be added to, zero or bias or what is there plus bias. */
void conv_begin(float *v, size_t pixels, int channels, conv_out out);

/* Feature-side size of a convolution, floor((in + 2 pad - k) / stride) + 1, or 0. */
int conv_out_size(int in, int k, int stride, int pad);

/* Image-side size of a transposed convolution, (in - 1) stride - 2 pad + k. */
int conv_transposed_size(int in, int k, int stride, int pad);

#endif
