/*
 * SPDX-License-Identifier: MIT
 *
 * Networks for tests: weights drawn from the seed, nothing trained.
 */
#ifndef VQ_TESTS_NETWORK_DRAWN_H
#define VQ_TESTS_NETWORK_DRAWN_H

#include "network/network.h"

/* A network of c, with one setting changed unless name is NULL; drop with network_drop.
 */
network *network_drawn(vq_config c, const char *name, const char *value);
void network_drop(network *net);

#endif
