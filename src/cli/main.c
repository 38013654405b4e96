/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "vqvae.h"

int main(void)
{
    puts("vqvae " VQ_VERSION);
    return 0;
}
