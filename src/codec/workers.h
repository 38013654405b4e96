/*
 * SPDX-License-Identifier: MIT
 *
 * What a codec works with: a network's packed weights, shared, and for each worker one
 * graph that is planned anew for whatever comes next, in memory for the largest that
 * came so far, and room beside it. Tested in tests/codec/test_codec.c.
 */
#ifndef VQ_CODEC_WORKERS_H
#define VQ_CODEC_WORKERS_H

#include "base/arena.h"
#include "base/status.h"
#include "codec/window.h"
#include "network/network.h"

typedef enum worker_task {
    WORKER_ENCODE, /* pixels to codes */
    WORKER_ROWS,   /* pixels to what the quantizer sees */
    WORKER_DECODE, /* codebook rows to pixels */
    WORKER_PROBE   /* the same, and back to the gradient of the rows */
} worker_task;

typedef struct codec_worker {
    graph g;
    network_nodes nodes;
    run r;
    size_t capacity; /* floats of r's arena */
    arena room;
} codec_worker;

typedef struct codec_workers {
    const network *net; /* borrowed */
    int scale;          /* pixels per code and side */
    int n;
    codec_worker *each;            /* [n]; owned */
    arena encoder, decoder, probe; /* packed weights; probe's are made when needed */
} codec_workers;

/* n workers with weights to encode and decode. VQ_ENOMEM. */
vq_status codec_workers_init(codec_workers *ws, const network *net, int n,
                             vq_error *err);
void codec_workers_release(codec_workers *ws); /* legal on zeroed ones */

/* Take over changed weights of the network. */
void codec_workers_repack(codec_workers *ws);

/* Make the weights of WORKER_PROBE, unless they are there. VQ_ENOMEM. */
vq_status codec_workers_probe(codec_workers *ws, vq_error *err);

/* A task's graph for n windows of h x w codes, ready to be filled and run. VQ_ENOMEM.
 */
vq_status worker_prepare(const codec_workers *ws, codec_worker *w, worker_task task,
                         int n, int h, int wide, vq_error *err);

/* At least that many bytes in w->room, all of them free. VQ_ENOMEM. */
vq_status worker_room(codec_worker *w, size_t bytes, vq_error *err);

/*
 * Fill the input of an encoder with a window of images [n,height,width,3], repeating
 * edge pixels where it reaches past the image.
 */
void worker_load_pixels(const codec_workers *ws, codec_worker *w, const window *v,
                        const unsigned char *rgb, int height, int width);

/* The codebook rows of a window of grids of codes [n,h,w,depth]. */
void worker_load_codes(const codec_workers *ws, const window *v, const int32_t *index,
                       int h, int wide, float *rows);

#endif
