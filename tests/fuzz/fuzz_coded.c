/*
 * SPDX-License-Identifier: MIT
 *
 * libFuzzer entry: any bytes as a .vqt that a prior coded, and the same with its CRC
 * repaired and its sizes brought within those of a small prior, which then decodes it.
 * What decodes has codes below K, and coded again it decodes to the same.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "io/codes.h"
#include "io/vqt.h"
#include "prior/entropy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { K = 5, BOOKS = 2, HEADER = 56 };

static void require(bool good)
{
    if (!good)
        abort();
}

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
    memcpy(copy, VQT_MAGIC "\3\0\3\0", 8);
    /* now and then more pictures than one stream has */
    put(copy + 16, data[17] % 16 ? 1 + data[16] % 4 : 1 + 2u * data[16], 4);
    put(copy + 20, 1 + data[20] % 4, 4);
    put(copy + 24, 1 + data[24] % 4, 4);
    put(copy + 28, 0, 8);
    put(copy + 36, K, 4);
    put(copy + 40, BOOKS, 4);
    put(copy + size - 4, crc32_z(0, copy, size - 4), 4);
    require(parse(&codes, &coded, copy, size));
    try_stream(&codes, &coded);
    free(copy);
    return 0;
}
