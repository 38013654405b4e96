/*
 * SPDX-License-Identifier: MIT
 *
 * A picture to codes, which are printed, and back:  tokens IN OUT
 *
 *     cc tokens.c -o tokens $(pkg-config --cflags --libs vqvae)
 */
#include <stdio.h>
#include <vqvae.h>

int main(int argc, char **argv)
{
    vq_error err;
    vq_model *model = NULL;
    vq_image in = {0}, out = {0};
    vq_codes codes = {0};
    if (argc != 3) {
        fprintf(stderr, "usage: tokens IN OUT\n");
        return 2;
    }
    vq_status status = vq_image_read(&in, argv[1], &err);
    if (status == VQ_OK)
        status = vq_model_open(&model, vq_model_for_size(in.width, in.height), &err);
    if (status == VQ_OK)
        status = vq_encode(model, &in, 1, &codes, &err);
    if (status == VQ_OK)
        status = vq_codes_write(&codes, "-", VQ_CODES_TXT, &err);
    if (status == VQ_OK)
        status = vq_decode(model, &codes, 0, &out, &err);
    if (status == VQ_OK)
        status = vq_image_write(&out, argv[2], &err);
    if (status != VQ_OK)
        fprintf(stderr, "tokens: %s\n", err.message);
    vq_image_release(&out);
    vq_codes_release(&codes);
    vq_image_release(&in);
    vq_model_close(model);
    return vq_exit_code(status);
}
