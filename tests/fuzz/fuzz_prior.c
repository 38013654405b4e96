/*
 * SPDX-License-Identifier: MIT
 *
 * libFuzzer entry: any bytes as a prior file. What is accepted is written again, and
 * decodes a picture to codes that it has.
 */
#include "fuzz.h"

#include <math.h>

#include "prior/entropy.h"
#include "prior/prior_file.h"

/* Any stream is of some codes, or has a wrong end. */
static void decode(const pixelcnn *net, bool nameless, const uint8_t *data, size_t size)
{
    columns_net cn = {.net = NULL};
    vq_codes codes = {.n = 1,
                      .h = 2,
                      .w = 2,
                      .k = net->shape.codes,
                      .depth = net->shape.books,
                      .index = calloc(4 * PRIOR_BOOKS_MAX, sizeof *codes.index)};
    require(codes.index && columns_net_init(&cn, net, NULL) == VQ_OK);
    vq_status status = entropy_decode(&cn, nameless, &codes, 1, data, size, NULL);
    require(status == VQ_OK || status == VQ_EINPUT);
    for (int i = 0; i < 4 * net->shape.books; i++)
        require(codes.index[i] >= 0 && codes.index[i] < net->shape.codes);
    columns_net_release(&cn);
    free(codes.index);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    st_file f;
    pixelcnn net;
    prior_facts facts;
    vq_error err = {""};
    if (st_parse(&f, "fuzz", data, size, &err) != VQ_OK)
        return 0;
    vq_status status = prior_load(&net, &facts, &f, "fuzz", &err);
    require(status == VQ_OK || (status == VQ_EINPUT && err.message[0] && !net.p.value));
    if (status == VQ_OK) {
        for (int i = 0; i < net.p.n; i++)
            for (size_t k = 0; k < net.p.table[i].count; k++)
                require(isfinite(net.p.value[net.p.table[i].offset + k]));
        require(facts.h >= 0 && facts.w >= 0 && facts.step >= 0);
        require(prior_save(&net, &facts, false, "/dev/null", &err) == VQ_OK);
        decode(&net, facts.nameless, data + size - 16, 16); /* its last tensor */
        pixelcnn_release(&net);
    }
    st_release(&f);
    return 0;
}
