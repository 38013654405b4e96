/*
 * SPDX-License-Identifier: MIT
 *
 * Listing: the files below a folder, subfolders and links included, whose names end in
 * a way that is wanted. Tested in tests/data/test_listing.c.
 */
#ifndef VQ_DATA_LISTING_H
#define VQ_DATA_LISTING_H

#include <stdint.h>

#include "base/status.h"

/*
 * Is told how far the looking through data is, `all` being 0 while it is not known.
 * True: stop, and what called it returns VQ_ESTOPPED.
 */
typedef bool (*data_watch)(void *user, int64_t done, int64_t all);

typedef struct listing {
    char **path; /* [n] relative to the folder, in the order of strcmp; owned */
    int64_t n;
    int64_t foreign; /* pictures, by their names, of kinds that nobody reads */
    /* entries of a wanted name that are no files */
    int64_t folders, dead_links, others; /* others: pipes, sockets, devices */
} listing;

/*
 * List a folder, of which endings are wanted (base/ending.h); hidden entries are left
 * out, as are the samples of a run below it, and a link back to a folder above is not
 * followed. watch may be NULL. VQ_EIO: a folder cannot be read; VQ_EUSAGE: a path too
 * long; VQ_ESTOPPED; VQ_ENOMEM. Release it in any case.
 */
vq_status listing_make(listing *l, const char *folder, const char *const *endings,
                       data_watch watch, void *user, vq_error *err);
void listing_release(listing *l);

/* VQ_ESTOPPED with its message. */
vq_status listing_stopped(vq_error *err);

#endif
