/*
 * SPDX-License-Identifier: MIT
 *
 * Arguments of getpgid, which knows no such process: how preload.c tells tracer.c that
 * main begins and ends.
 */
#ifndef VQ_TESTS_TORTURE_MARKS_H
#define VQ_TESTS_TORTURE_MARKS_H

enum { MARK_BEGIN = 0x7f000001, MARK_END };

#endif
