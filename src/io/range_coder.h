/*
 * SPDX-License-Identifier: MIT
 *
 * Range coding (Martin 1979): symbols with given frequencies to bytes and back. Whole
 * numbers alone, so both sides agree on every machine. The interval is kept in 64 bits,
 * low end and width, of which at least 56 count; with totals up to 2^24 what rounding
 * loses is below 2^-32 of a symbol's length. A carry runs back into the bytes written,
 * which are all in memory. Tested in tests/io/test_range_coder.c.
 */
#ifndef VQ_IO_RANGE_CODER_H
#define VQ_IO_RANGE_CODER_H

#include <stdint.h>

#include "base/status.h"

#define RANGE_TOTAL_MAX (UINT32_C(1) << 24)

typedef struct range_encoder {
    unsigned char *bytes; /* owned, free() */
    size_t size, room;
    uint64_t low, width;
    bool failed; /* out of memory: told by range_encoder_end */
} range_encoder;

void range_encoder_begin(range_encoder *e);

/* A symbol that owns [first, first + count) of [0, total), 0 < count, total as above.
 */
void range_encoder_put(range_encoder *e, uint32_t first, uint32_t count,
                       uint32_t total);

/*
 * As few bytes as tell the interval: none of the trailing zeros, which the decoder
 * reads past the end. VQ_ENOMEM. After it bytes and size are the result.
 */
vq_status range_encoder_end(range_encoder *e, vq_error *err);

typedef struct range_decoder {
    const unsigned char *bytes; /* borrowed */
    size_t size, at;
    uint64_t offset, width; /* of what was read, within the interval */
} range_decoder;

void range_decoder_begin(range_decoder *d, const unsigned char *bytes, size_t size);

/* Where in [0, total) the next symbol is: find it, then take it. */
uint32_t range_decoder_peek(const range_decoder *d, uint32_t total);
void range_decoder_take(range_decoder *d, uint32_t first, uint32_t count,
                        uint32_t total);

/* After the last symbol: do these bytes end here, as an encoder ends them? */
bool range_decoder_ended(const range_decoder *d);

#endif
