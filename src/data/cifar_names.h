/*
 * SPDX-License-Identifier: MIT
 *
 * What the labels of CIFAR-10 and the fine labels of CIFAR-100 stand for, in the order
 * of their numbers. Source: batches.meta.txt and fine_label_names.txt of the archives.
 */
#ifndef VQ_DATA_CIFAR_NAMES_H
#define VQ_DATA_CIFAR_NAMES_H

extern const char *const cifar10_names[];  /* [10] */
extern const char *const cifar100_names[]; /* [100] */

#endif
