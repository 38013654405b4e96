/*
 * SPDX-License-Identifier: MIT
 *
 * The machines that this is for, said in words before anything else goes wrong: sizes
 * of files, graphs and data sets are held in a size_t and an int64_t alike, and tensors
 * lie in files as they lie in memory. Tested in tests/base/test_machine.c.
 */
#ifndef VQ_BASE_MACHINE_H
#define VQ_BASE_MACHINE_H

#if __SIZEOF_POINTER__ < 8
#error "vqvae needs a 64-bit machine (i386 is none): sizes must not wrap"
#endif
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "vqvae needs a little-endian machine: tensors are used as files hold them"
#endif

#endif
