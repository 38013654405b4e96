/*
 * SPDX-License-Identifier: MIT
 *
 * Dataset: the numbered RGB pictures that the user's words stand for. Training takes
 * samples of one size from them: whole pictures, or random crops of larger ones. Tested
 * in tests/data/test_dataset.c.
 */
#ifndef VQ_DATA_DATASET_H
#define VQ_DATA_DATASET_H

#include "base/rng.h"
#include "data/source.h"

typedef struct dataset {
    char name[VQ_PATH_MAX]; /* as the user said it */
    source source;
    int64_t n;                  /* pictures */
    int64_t pixels;             /* of all of them */
    int side;                   /* of a sample, in pixels; 0: none are taken */
    bool whole;                 /* every picture is one sample: side x side */
    char note[SOURCE_NOTE_MAX]; /* one line for the user; empty: nothing to tell */
} dataset;

/* Is it the name of a data set, like cifar10 or shapes, and no path? */
bool dataset_is_name(const char *data);

/* Make a path absolute; such a name stays, as do an empty one and one that leads
 * nowhere. VQ_EIO, VQ_ENOMEM. */
vq_status dataset_settle(char path[VQ_PATH_MAX], vq_error *err);

/*
 * Open the pictures that r names, or else r->data: "cifar10", "cifar100", "shapes", or
 * the path of a file or folder. The
 * headers of the kinds say what they take and what its splits are: data/cifar_find.h,
 * shapes.h, folder.h, list.h, single.h, array.h. Where a folder holds more than one
 * kind, the one with the most images is taken. Samples have r->side pixels a side.
 *
 * VQ_EIO: no such file, or none of the split; VQ_EINPUT: a file is not what it should
 * be, or a picture smaller than r->side; VQ_EUSAGE: no such split, or a path too long;
 * VQ_ESTOPPED: r->watch said so; VQ_ENOMEM. On failure nothing stays open.
 */
vq_status dataset_open(dataset *ds, const source_request *r, vq_error *err);
void dataset_close(dataset *ds); /* legal on a zeroed or closed dataset */

void dataset_size(const dataset *ds, int64_t i, int *height, int *width);
void dataset_image_name(const dataset *ds, int64_t i, char name[VQ_PATH_MAX]);

/* Have the pictures labels? Classes are 0 to n-1; 0: they have none. */
int dataset_classes(const dataset *ds);
const char *dataset_class_name(const dataset *ds, int class); /* borrowed until close */
int dataset_label(const dataset *ds, int64_t i);              /* -1: none */

/* One height and width of all pictures; false where they differ. */
bool dataset_one_size(const dataset *ds, int *height, int *width);

/* Samples that have as many pixels as all pictures together, at least 1. */
int64_t dataset_samples(const dataset *ds);

/*
 * A sample of picture i, RGB bytes [side,side,3], to rgb: the crop whose corner r says;
 * with r NULL the centre. Safe from many threads. VQ_EIO: the file cannot be read;
 * VQ_EINPUT: it is damaged, or was changed after it was opened.
 */
vq_status dataset_sample(const dataset *ds, int64_t i, rng *r, unsigned char *rgb,
                         vq_error *err);

/* Picture i whole, to rgb [height,width,3]; as dataset_sample otherwise. */
vq_status dataset_read(const dataset *ds, int64_t i, unsigned char *rgb, vq_error *err);

#endif
