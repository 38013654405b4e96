/*
 * SPDX-License-Identifier: MIT
 *
 * How far each convolution kernel is from the same sums in double precision: for every
 * kernel that this machine can run, every kind of layer in the default model and each
 * of the three maps, the largest and the rms error relative to the rms of the result.
 * Operands are normal numbers, 8 images.
 *
 *   bench_errors [--json]
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "tensor/conv_select.h"
#include "tensor/gemm.h"

enum { APPLY, ADJOINT, GRADIENT, MAPS };

static const char *const map_name[MAPS] = {"apply", "adjoint", "gradient"};

#define IMAGES 8

typedef struct layer {
    const char *name;
    int k, stride, pad, c, oc, side; /* image side is [side, side, c] */
} layer;

static const layer layers[] = {
    {"4x4 stride 2, 3-64", 4, 2, 1, 3, 64, 32},
    {"4x4 stride 2, 64-128", 4, 2, 1, 64, 128, 16},
    {"3x3, 128-128", 3, 1, 1, 128, 128, 8},
    {"3x3, 128-32", 3, 1, 1, 128, 32, 8},
    {"1x1, 32-128", 1, 1, 0, 32, 128, 8},
};

#define LAYERS ((int)(sizeof layers / sizeof *layers))

/* A layer's operands, and its three maps in double precision. */
typedef struct bench {
    conv_shape s;
    size_t size[MAPS]; /* values of each map's result */
    float *x, *y, *w;
    double *want[MAPS];
} bench;

typedef struct error {
    double largest, rms;
} error;

static void *take(size_t bytes)
{
    void *p = aligned_alloc(64, (bytes + 127) / 64 * 64);
    if (!p) {
        fprintf(stderr, "bench_errors: out of memory\n");
        exit(70);
    }
    return memset(p, 0, (bytes + 127) / 64 * 64);
}

static float *numbers(size_t n, uint32_t stream)
{
    float *v = take(n * sizeof *v);
    rng r = rng_make(1, RNG_SHAPES, stream);
    for (size_t i = 0; i < n; i++)
        v[i] = (float)rng_normal(&r);
    return v;
}

/* One output position and tap: what it adds to the three maps, c x oc products each. */
static void add_tap(bench *b, size_t image, size_t feature, size_t tap)
{
    const size_t c = (size_t)b->s.c, oc = (size_t)b->s.oc;
    const float *x = b->x + image * c, *y = b->y + feature * oc;
    const float *w = b->w + tap * c * oc;
    double *apply = b->want[APPLY] + feature * oc;
    double *adjoint = b->want[ADJOINT] + image * c;
    double *gradient = b->want[GRADIENT] + tap * c * oc;
    for (size_t i = 0; i < c; i++)
        for (size_t o = 0; o < oc; o++) {
            apply[o] += (double)x[i] * (double)w[i * oc + o];
            adjoint[i] += (double)y[o] * (double)w[i * oc + o];
            gradient[i * oc + o] += (double)x[i] * (double)y[o];
        }
}

static void add_feature(bench *b, int n, int oy, int ox)
{
    const conv_shape *s = &b->s;
    size_t feature = ((size_t)n * s->oh + oy) * s->ow + ox;
    for (int tap = 0; tap < s->kh * s->kw; tap++) {
        int y = oy * s->stride - s->pad_y + tap / s->kw;
        int x = ox * s->stride - s->pad_x + tap % s->kw;
        if (y >= 0 && y < s->h && x >= 0 && x < s->w)
            add_tap(b, ((size_t)n * s->h + y) * s->w + x, feature, (size_t)tap);
    }
}

static void bench_open(bench *b, const layer *l)
{
    int out = conv_out_size(l->side, l->k, l->stride, l->pad);
    b->s = (conv_shape){l->k,  l->k,    l->stride, l->pad, l->pad, l->c,
                        l->oc, l->side, l->side,   out,    out};
    b->size[APPLY] = (size_t)IMAGES * out * out * l->oc;
    b->size[ADJOINT] = (size_t)IMAGES * l->side * l->side * l->c;
    b->size[GRADIENT] = (size_t)l->k * l->k * l->c * l->oc;
    b->x = numbers(b->size[ADJOINT], 1);
    b->y = numbers(b->size[APPLY], 2);
    b->w = numbers(b->size[GRADIENT], 3);
    for (int map = 0; map < MAPS; map++)
        b->want[map] = take(b->size[map] * sizeof(double));
    for (int n = 0; n < IMAGES; n++)
        for (int y = 0; y < out; y++)
            for (int x = 0; x < out; x++)
                add_feature(b, n, y, x);
}

static void bench_close(bench *b)
{
    free(b->x);
    free(b->y);
    free(b->w);
    for (int map = 0; map < MAPS; map++)
        free(b->want[map]);
}

static error compare(const float *got, const double *want, size_t n)
{
    double largest = 0, squares = 0, scale = 0;
    for (size_t i = 0; i < n; i++) {
        double d = fabs((double)got[i] - want[i]);
        largest = d > largest ? d : largest;
        squares += d * d;
        scale += want[i] * want[i];
    }
    return (error){largest / sqrt(scale / (double)n), sqrt(squares / scale)};
}

static error measure(bench *b, const conv_kernel *k, int map)
{
    const conv_shape *s = &b->s;
    float *out = take(b->size[map] * sizeof *out);
    float *scratch = take(k->scratch_size(s, IMAGES) * sizeof *scratch);
    if (map == GRADIENT) {
        k->grad(s, IMAGES, b->x, b->y, out, false, scratch);
    } else {
        conv_map direction = map == APPLY ? CONV_APPLY : CONV_ADJOINT;
        float *packed = take(k->packed_size(s, direction) * sizeof *packed);
        k->pack(s, direction, b->w, packed);
        if (map == APPLY)
            k->apply(s, IMAGES, b->x, packed, out, (conv_out){0}, scratch);
        else
            k->adjoint(s, IMAGES, b->y, packed, out, (conv_out){0}, scratch);
        free(packed);
    }
    error e = compare(out, b->want[map], b->size[map]);
    free(out);
    free(scratch);
    return e;
}

static void print_row(const layer *l, const char *kernel, const error e[MAPS],
                      bool json)
{
    static bool any;
    if (json)
        printf("%s  {\"layer\": \"%s\", \"kernel\": \"%s\"", any ? ",\n" : "", l->name,
               kernel);
    else
        printf("%-21s %-16s", l->name, kernel);
    for (int map = 0; map < MAPS; map++)
        if (json)
            printf(", \"%s_rms\": %.3g, \"%s_largest\": %.3g", map_name[map],
                   e[map].rms, map_name[map], e[map].largest);
        else
            printf("   %8.1e %8.1e", e[map].rms, e[map].largest);
    printf(json ? "}" : "\n");
    any = true;
}

int main(int argc, char **argv)
{
    bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
    if (argc > 1 && !json) {
        fprintf(stderr, "usage: bench_errors [--json]\n");
        return 2;
    }
    gemm_init();
    if (json)
        printf("{\"errors\": [\n");
    else
        printf("error relative to the rms of the result, 8 images of normal numbers\n"
               "%-21s %-16s   %-17s   %-17s   %-17s\n%-38s   %-17s   %-17s   %-17s\n",
               "layer", "kernel", "apply", "adjoint", "gradient", "",
               " rms      largest", " rms      largest", " rms      largest");
    for (int i = 0; i < LAYERS; i++) {
        bench b = {0};
        bench_open(&b, &layers[i]);
        for (int at = 0; conv_kernel_at(at); at++) {
            const conv_kernel *k = conv_kernel_at(at);
            error e[MAPS];
            if (!k->fits(&b.s))
                continue;
            for (int map = 0; map < MAPS; map++)
                e[map] = measure(&b, k, map);
            print_row(&layers[i], k->name, e, json);
        }
        bench_close(&b);
    }
    printf(json ? "\n]}\n" : "");
    return 0;
}
