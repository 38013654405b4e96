/* SPDX-License-Identifier: MIT */
#ifndef VQ_BASE_CLOCK_H
#define VQ_BASE_CLOCK_H

/* Seconds of a clock that never goes back; only differences mean anything. */
double clock_seconds(void);

#endif
