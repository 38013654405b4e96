/* SPDX-License-Identifier: MIT */
#include "cluster/tree.h"

size_t tree_share(size_t n, int r, int ranks)
{
    const size_t all = (size_t)ranks, i = (size_t)r;
    return n / all * i + n % all * i / all;
}

bool tree_within(int slots, int slot, int step, int first, int end)
{
    const int last = slot + 2 * step < slots ? slot + 2 * step : slots;
    return slot >= first && last <= end;
}

void tree_live(int slots, int ranks, bool *live)
{
    for (int i = 0; i < slots; i++)
        live[i] = true;
    for (int r = 0; r < ranks; r++) {
        const int first = (int)tree_share((size_t)slots, r, ranks);
        const int end = (int)tree_share((size_t)slots, r + 1, ranks);
        for (int step = 1; step < slots; step *= 2)
            for (int slot = 0; slot + step < slots; slot += 2 * step)
                if (tree_within(slots, slot, step, first, end))
                    live[slot + step] = false;
    }
}
