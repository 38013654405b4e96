/*
 * SPDX-License-Identifier: MIT
 *
 * A model small enough to train inside a test, and a CIFAR-style file to train it on.
 */
#ifndef VQ_TESTS_TINY_H
#define VQ_TESTS_TINY_H

#include "support.h"

/* The preset with few channels, 16 codes of 8, batches of 12 (a shard and a half). */
vq_config tiny_config(const char *preset);

/* Write n records of smooth pictures as folder/train.bin; path gets its name. */
void tiny_data(const char *folder, int n, char path[300]);

/* A smooth picture with some detail, RGB bytes [height,width,3]; free(). */
unsigned char *tiny_picture(int width, int height, int salt);

#endif
