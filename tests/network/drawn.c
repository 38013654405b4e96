/* SPDX-License-Identifier: MIT */
#include "network/drawn.h"

#include <stdlib.h>

#include "support.h"

network *network_drawn(vq_config c, const char *name, const char *value)
{
    vq_error err;
    network *net = malloc(sizeof *net);
    assert_non_null(net);
    if (name)
        assert_ok(vq_config_set(&c, name, value, &err), &err);
    assert_ok(network_init(net, &c, &err), &err);
    network_draw(net);
    return net;
}

void network_drop(network *net)
{
    network_release(net);
    free(net);
}
