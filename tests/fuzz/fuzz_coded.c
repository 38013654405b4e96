/*
 * SPDX-License-Identifier: MIT
 *
 * libFuzzer entry: any bytes as a .vqt that a prior coded, and the same with its CRC
 * repaired and its sizes brought within those of a small prior, which then decodes it.
 * What decodes has codes below K, and coded again it decodes to the same.
 */
#include "fuzz.h"

#include <string.h>
#include <zlib.h>

#include "io/codes.h"
#include "io/vqt.h"
#include "prior/entropy.h"

enum { K = 5, BITS = 3, BOOKS = 2, HEADER = 56 };

/* A prior of K codes and three classes, made once. */
static const columns_net *small_prior(void)
{
    static pixelcnn net;
    static columns_net cn;
    const prior_shape shape = {.codes = K,
                               .books = BOOKS,
                               .classes = 3,
                               .width = 4,
                               .depth = 2,
                               .first = 3,
                               .kernel = 3,
                               .hidden = 4};
    if (!net.p.value) {
        require(pixelcnn_init(&net, &shape, NULL) == VQ_OK);
        pixelcnn_draw(&net, 1);
        require(columns_net_init(&cn, &net, NULL) == VQ_OK);
    }
    return &cn;
}

static void decode(const vq_codes *codes, bool nameless, const uint8_t *bytes,
                   size_t size, vq_status *status)
{
    vq_error err = {""};
    *status = entropy_decode(small_prior(), nameless, codes, 1, bytes, size, &err);
    require(*status == VQ_OK || (*status == VQ_EINPUT && err.message[0]));
}

static void try_stream(vq_codes *codes, const vqt_coded *coded)
{
    const size_t count = codes_count(codes);
    const bool nameless = coded->prior & 1;
    vq_codes again = *codes;
    vq_status status;
    unsigned char *bytes;
    size_t size;
    codes->index = malloc(count * sizeof *codes->index);
    again.index = malloc(count * sizeof *again.index);
    require(codes->index && again.index);
    decode(codes, nameless, coded->bytes, coded->size, &status);
    if (status == VQ_OK) {
        for (size_t i = 0; i < count; i++)
            require(codes->index[i] >= 0 && codes->index[i] < K);
        require(entropy_encode(small_prior(), nameless, codes, 1, &bytes, &size,
                               NULL) == VQ_OK);
        decode(&again, nameless, bytes, size, &status);
        require(status == VQ_OK);
        require(memcmp(codes->index, again.index, count * sizeof *again.index) == 0);
        free(bytes);
    }
    free(codes->index);
    free(again.index);
}

static bool parse(vq_codes *codes, vqt_coded *coded, const uint8_t *data, size_t size)
{
    vq_error err = {""};
    vq_status status = vqt_parse_coded(codes, coded, "fuzz", data, size, &err);
    require(status == VQ_OK || (status == VQ_EINPUT && err.message[0]));
    if (status == VQ_OK)
        require(codes_count(codes) <= VQT_CODED_MAX && coded->bytes >= data &&
                coded->bytes + coded->size + 4 == data + size);
    return status == VQ_OK;
}

static void put(uint8_t *to, uint64_t x, int n_bytes)
{
    for (int i = 0; i < n_bytes; i++)
        to[i] = (uint8_t)(x >> 8 * i);
}

/* The same bytes as a file of a few grids, its stream no longer than plain bits;
 * returns its size. */
static size_t repair(uint8_t *bytes, size_t size)
{
    /* now and then more pictures than one stream has */
    const uint32_t n = bytes[17] % 64 ? 1 + bytes[16] % 4 : 1 + 2u * bytes[16];
    const uint32_t h = 1 + bytes[20] % 4, w = 1 + bytes[24] % 4;
    const size_t most = HEADER + (n * h * w * BOOKS * BITS + 7) / 8 + 4;
    size = size < most ? size : most;
    memcpy(bytes, VQT_MAGIC, 4);
    put(bytes + 4, 3, 2);
    put(bytes + 6, BITS, 2);
    put(bytes + 16, n, 4);
    put(bytes + 20, h, 4);
    put(bytes + 24, w, 4);
    put(bytes + 28, 0, 8);
    put(bytes + 36, K, 4);
    put(bytes + 40, BOOKS, 4);
    put(bytes + size - 4, crc32_z(0, bytes, size - 4), 4);
    return size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vq_codes codes;
    vqt_coded coded;
    if (vqt_is_coded(data, size))
        parse(&codes, &coded, data, size);
    if (size < HEADER + 4)
        return 0;
    uint8_t *copy = malloc(size);
    require(copy);
    memcpy(copy, data, size);
    require(parse(&codes, &coded, copy, repair(copy, size)));
    try_stream(&codes, &coded);
    free(copy);
    return 0;
}
