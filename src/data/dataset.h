/*
 * SPDX-License-Identifier: MIT
 *
 * Dataset: numbered RGB images behind one interface. Those of CIFAR-style files, read
 * record by record, and those made in memory are 32x32; the pictures of a folder of
 * PNG files, held in memory, have any sizes. Training takes samples of one size from
 * them: whole 32x32 images, or random crops. Tested in tests/data/test_dataset.c and
 * tests/data/test_pictures.c.
 *
 * Files are read with pread, not mapped: a file cut short while training is an error
 * with a message instead of a bus error, and its pages do not count as resident memory.
 */
#ifndef VQ_DATA_DATASET_H
#define VQ_DATA_DATASET_H

#include <stdint.h>

#include "base/rng.h"
#include "base/status.h"

#define DATASET_SIDE 32
#define DATASET_PIXELS (3 * DATASET_SIDE * DATASET_SIDE) /* bytes of one image */
#define DATASET_MAX_FILES 64

typedef struct dataset_file {
    int fd; /* owned */
    char path[VQ_PATH_MAX];
    int64_t first, count; /* images */
    int record, skip;     /* bytes of a record, label bytes before the pixels */
} dataset_file;

typedef struct dataset_picture {
    vq_image image;
    char *path;
} dataset_picture;

typedef struct dataset {
    char name[VQ_PATH_MAX]; /* as the user said it */
    int64_t n;              /* images */
    int side;               /* of a sample, in pixels */
    dataset_file file[DATASET_MAX_FILES];
    int n_files;
    unsigned char
        *memory; /* [n, DATASET_PIXELS] planar, for built-in data; else NULL */
    dataset_picture *picture; /* [n] owned, of a folder of PNG files; else NULL */
} dataset;

/*
 * Open a split ("train" or "test") of data: "cifar10", "cifar100", "shapes", or a path:
 *   - a .bin file is the whole of any split;
 *   - of a folder the .bin files, train: names without "test", test: names with it; or,
 *     if it has none, the CIFAR archive unpacked in it, or its PNG files: see
 *     data/pictures.h, which also knows the split "all".
 * cifar10 and cifar100 are looked for in data_dir/cifar-10-batches-bin,
 * data_dir/cifar-100-binary and data_dir itself. Checks sizes and every label.
 *
 * VQ_EIO: no such file, and for cifar the message says how to get it (cifar10: run
 * scripts/get-cifar10.sh); VQ_EINPUT: odd size (names the byte where the last whole
 * record ends) or a label out of range (names file and byte); VQ_EUSAGE: another split,
 * or a path too long; VQ_ENOMEM. On failure nothing stays open.
 */
vq_status dataset_open(dataset *ds, const char *data, const char *data_dir,
                       const char *split, vq_error *err);
void dataset_close(dataset *ds); /* legal on a zeroed or closed dataset */

/*
 * Set the side of the samples that dataset_sample gives: DATASET_SIDE until then.
 * VQ_EUSAGE: another side for 32x32 images; VQ_EINPUT: a picture is smaller, by name.
 */
vq_status dataset_set_side(dataset *ds, int side, vq_error *err);

/* Samples that have as many pixels as all images together, at least 1. */
int64_t dataset_samples(const dataset *ds);

/*
 * A sample of image i, RGB bytes [side,side,3], to rgb: a 32x32 image whole, of a
 * picture the crop whose corner r says; with r NULL the centre.
 * Safe from many threads. Fails as dataset_read.
 */
vq_status dataset_sample(const dataset *ds, int64_t i, rng *r, unsigned char *rgb,
                         vq_error *err);

/*
 * Copy image i in [0, n) of a set without pictures, planar RGB bytes [3,32,32], to
 * pixels. Safe from many threads. VQ_EIO: the file cannot be read; VQ_EINPUT: it was
 * cut short after it was opened.
 */
vq_status dataset_read(const dataset *ds, int64_t i, unsigned char *pixels,
                       vq_error *err);

/*
 * Population variance of all pixels / 255, from exact integer sums; 0 if all bytes are
 * equal. Reads everything, 150 MB in 0.03 s. VQ_ENOMEM, or as dataset_read.
 */
vq_status dataset_variance(const dataset *ds, double *variance, vq_error *err);

/* Planar bytes [3,32,32] to interleaved [32,32,3]. */
void dataset_interleave(const unsigned char *planar, unsigned char *rgb);

#endif
