/* SPDX-License-Identifier: MIT */
#include "codec/refine.h"

#include "base/parallel.h"

static vq_status refine_item(void *user, int i, int number, vq_error *err)
{
    const refinement *r = user;
    const window v = windows_at(&r->all, i);
    descent d;
    vq_status status;
    TRY(descent_init(&d, r, &r->workers->each[number], &v, err));
    TRY(descent_run(&d, err));
out:
    return status;
}

vq_status refine(refinement *r, vq_error *err)
{
    vq_status status;
    windows *all = &r->all;
    TRY(codec_workers_probe(r->workers, err));
    /* a core's codes reach pixels, and those pixels depend on codes as far again */
    all->halo = (2 * network_reach(&r->workers->net->config) + 3) / 4 * 4;
    all->tile = all->tile > all->halo ? all->tile : all->halo;
    all->every = 2;
    for (int colour = 0; colour < 4; colour++) {
        all->y = colour / 2;
        all->x = colour % 2;
        TRY(parallel_for(r->workers->n, (int)windows_count(all), refine_item, r, err));
    }
out:
    return status;
}
