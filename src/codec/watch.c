/* SPDX-License-Identifier: MIT */
#include "codec/watch.h"

void watch_begin(codec_watch *w, double total)
{
    w->total = total;
    atomic_store(&w->done, 0);
    atomic_store(&w->stopped, false);
    atomic_flag_clear(&w->calling);
}

vq_status watch_report(codec_watch *w, int64_t units, vq_error *err)
{
    if (!w || !w->call)
        return VQ_OK;
    atomic_fetch_add(&w->done, units);
    if (!atomic_load(&w->stopped) && !atomic_flag_test_and_set(&w->calling)) {
        double share = w->total > 0 ? (double)atomic_load(&w->done) / w->total : 0;
        if (w->call(share < 1 ? share : 1, w->user))
            atomic_store(&w->stopped, true);
        atomic_flag_clear(&w->calling);
    }
    if (atomic_load(&w->stopped))
        return vq_fail(err, VQ_ESTOPPED, "stopped");
    return VQ_OK;
}
