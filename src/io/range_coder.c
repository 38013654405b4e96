/* SPDX-License-Identifier: MIT */
#include "io/range_coder.h"

#include <assert.h>
#include <stdlib.h>

#define NARROW (UINT64_C(1) << 56) /* below it the highest byte of low is settled */

/* ---- encoding ---------------------------------------------------------------------
 */

void range_encoder_begin(range_encoder *e)
{
    *e = (range_encoder){.width = UINT64_MAX};
}

static void put_byte(range_encoder *e, unsigned char byte)
{
    if (e->size == e->room && !e->failed) {
        size_t room = e->room ? 2 * e->room : 256;
        unsigned char *bytes = realloc(e->bytes, room);
        e->failed = !bytes;
        e->bytes = bytes ? bytes : e->bytes;
        e->room = bytes ? room : e->room;
    }
    if (!e->failed)
        e->bytes[e->size++] = byte;
}

/* low += x, the carry going back into what was written */
static void add(range_encoder *e, uint64_t x)
{
    e->low += x;
    if (e->low >= x)
        return;
    size_t i = e->size;
    do
        assert(i > 0 || e->failed);
    while (!e->failed && ++e->bytes[--i] == 0);
}

void range_encoder_put(range_encoder *e, uint32_t first, uint32_t count, uint32_t total)
{
    assert(count > 0 && total <= RANGE_TOTAL_MAX && first <= total - count);
    uint64_t unit = e->width / total;
    add(e, unit * first);
    /* the last symbol gets what the division left over */
    e->width = first + count == total ? e->width - unit * first : unit * count;
    while (e->width < NARROW) {
        put_byte(e, (unsigned char)(e->low >> 56));
        e->low <<= 8;
        e->width <<= 8;
    }
}

vq_status range_encoder_end(range_encoder *e, vq_error *err)
{
    /* the next number of zeros but for its highest byte: width is no narrower */
    add(e, (0 - e->low) & (NARROW - 1));
    put_byte(e, (unsigned char)(e->low >> 56));
    if (e->failed) {
        size_t wanted = e->room ? 2 * e->room : 256;
        free(e->bytes);
        *e = (range_encoder){0};
        return vq_fail_memory(err, wanted);
    }
    while (e->size > 0 && e->bytes[e->size - 1] == 0)
        e->size--;
    return VQ_OK;
}

/* ---- decoding ---------------------------------------------------------------------
 */

static unsigned char next_byte(range_decoder *d)
{
    unsigned char byte = d->at < d->size ? d->bytes[d->at] : 0;
    d->at++;
    return byte;
}

void range_decoder_begin(range_decoder *d, const unsigned char *bytes, size_t size)
{
    *d = (range_decoder){.bytes = bytes, .size = size, .width = UINT64_MAX};
    for (int i = 0; i < 8; i++)
        d->offset = d->offset << 8 | next_byte(d);
}

uint32_t range_decoder_peek(const range_decoder *d, uint32_t total)
{
    uint64_t at = d->offset / (d->width / total);
    return at < total ? (uint32_t)at : total - 1;
}

void range_decoder_take(range_decoder *d, uint32_t first, uint32_t count,
                        uint32_t total)
{
    uint64_t unit = d->width / total;
    d->offset -= unit * first;
    d->width = first + count == total ? d->width - unit * first : unit * count;
    while (d->width < NARROW) {
        d->offset = d->offset << 8 | next_byte(d);
        d->width <<= 8;
    }
}

bool range_decoder_ended(const range_decoder *d)
{
    return d->at >= d->size && (d->size == 0 || d->bytes[d->size - 1] != 0);
}
