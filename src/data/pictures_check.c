/* SPDX-License-Identifier: MIT */
#include "data/pictures_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "image/image.h"

#define BATCH 256                        /* pictures between two words to the watch, */
#define BATCH_PIXELS ((int64_t)16 << 20) /* or so many pixels that are decoded */
#define LOOKERS 16                       /* workers that read headers, at least */
#define WHY_MAX 300                      /* bytes that one picture may take */
#define LIST_MAX 1000                    /* bytes that all of them may take */

/* The pictures that cannot be used. */
typedef struct complaints {
    int64_t n, named;
    char text[LIST_MAX + WHY_MAX];
    vq_status first; /* of the first of them */
} complaints;

typedef struct check {
    picture_set *set;
    cache *kept;
    const source_request *r;
    bool pixels; /* decode, or look at the header */
    int64_t first;
    char *why[BATCH]; /* owned, of the batch: what is wrong; NULL: nothing */
    vq_status what[BATCH];
    complaints bad;
    int64_t empty;
} check;

/* ---- one picture --------------------------------------------------------------------
 */

static vq_status look(const check *c, picture *p, vq_error *err)
{
    const int side = c->r->side;
    vq_status status = picture_look(p, c->set->root, err);
    if (status == VQ_OK && p->size > 0 && (p->height < side || p->width < side))
        status = vq_fail(err, VQ_EINPUT,
                         "'%s' is %d x %d pixels, smaller than a crop of %d x %d",
                         p->path, p->width, p->height, side, side);
    return status;
}

static vq_status decode(const check *c, picture *p, vq_error *err)
{
    vq_image image;
    vq_status status =
        picture_decode(p, c->set->root, p->path, IMAGE_ALL_ROWS, &image, err);
    if (status == VQ_OK && !cache_keep(c->kept, &p->rgb, image.rgb,
                                       (int64_t)3 * image.width * image.height))
        vq_image_release(&image);
    return status;
}

/* A parallel_body. Only memory is a reason to stop. */
static vq_status check_one(void *user, int i, int worker, vq_error *err)
{
    check *c = user;
    picture *p = &c->set->picture[c->first + i];
    vq_error why;
    (void)worker;
    vq_status status = c->pixels ? decode(c, p, &why) : look(c, p, &why);
    c->what[i] = status;
    c->why[i] = NULL;
    if (status == VQ_OK)
        return VQ_OK;
    if (status != VQ_ENOMEM)
        c->why[i] = strndup(why.message, WHY_MAX - 1);
    return c->why[i] ? VQ_OK : vq_fail_memory(err, WHY_MAX);
}

/* ---- all of them --------------------------------------------------------------------
 */

static void complain(complaints *bad, const char *why, vq_status status)
{
    size_t length = strlen(bad->text);
    if (bad->n++ == 0)
        bad->first = status;
    if (bad->named + 1 < bad->n || length + strlen(why) + 2 > LIST_MAX)
        return;
    bad->named++;
    snprintf(bad->text + length, sizeof bad->text - length, "%s%s",
             length > 0 ? "; " : "", why);
}

/* How many pictures from c->first on to take at once. */
static int batch_size(const check *c)
{
    int64_t n = 0, pixels = 0;
    for (; n < BATCH && c->first + n < c->set->n && pixels < BATCH_PIXELS; n++)
        if (c->pixels) {
            const picture *p = &c->set->picture[c->first + n];
            pixels += (int64_t)p->height * p->width;
        }
    return (int)n;
}

/* Move a batch's good pictures to `kept` and on; free the others. */
static int64_t move_good(check *c, int n, int64_t kept)
{
    picture *all = c->set->picture;
    for (int i = 0; i < n; i++) {
        picture *p = &all[c->first + i];
        if (c->why[i])
            complain(&c->bad, c->why[i], c->what[i]);
        if (!c->why[i] && p->size == 0)
            c->empty++;
        if (!c->why[i] && p->size > 0) {
            picture good = *p;
            *p = (picture){0};
            all[kept++] = good;
        } else {
            free(p->path);
            *p = (picture){0};
        }
        free(c->why[i]);
        c->why[i] = NULL;
    }
    return kept;
}

/*
 * One pass over the set, which keeps what is good. Reading headers waits for the disk
 * more than it computes: of 100,000 files that are not in memory, one worker took 17.7
 * seconds, two 15.3, eight 4.8.
 */
static vq_status pass(check *c, bool pixels, vq_error *err)
{
    picture_set *set = c->set;
    vq_status status = VQ_OK;
    int64_t kept = 0;
    int threads = parallel_threads(c->r->threads);
    threads = !pixels && threads < LOOKERS ? LOOKERS : threads;
    c->pixels = pixels;
    for (c->first = 0; c->first < set->n;) {
        if (c->r->watch && c->r->watch(c->r->user, c->first, set->n))
            return listing_stopped(err);
        const int n = batch_size(c);
        memset(c->why, 0, sizeof c->why);
        status = parallel_for(threads, n, check_one, c, err);
        if (status != VQ_OK) {
            for (int i = 0; i < n; i++)
                free(c->why[i]);
            return status;
        }
        kept = move_good(c, n, kept);
        c->first += n;
    }
    set->n = kept;
    return status;
}

/* ---- what to say --------------------------------------------------------------------
 */

/* Fail for the bad pictures, or note that they are left out. */
static vq_status tell_bad(const check *c, int64_t all, vq_error *err)
{
    const complaints *bad = &c->bad;
    char more[64] = "";
    if (bad->n > bad->named)
        snprintf(more, sizeof more, "; and %" PRId64 " more", bad->n - bad->named);
    if (bad->n > 0 && (c->r->bad != SOURCE_BAD_SKIP || c->set->n == 0))
        return vq_fail(err, bad->first,
                       "%" PRId64 " of %" PRId64
                       " pictures of '%s' cannot be used: %s%s%s",
                       bad->n, all, c->r->data, bad->text, more,
                       c->r->bad == SOURCE_BAD_OFFER && c->set->n > 0
                           ? " (--skip-bad goes on without them)"
                           : "");
    if (bad->n > 0)
        source_note(c->r,
                    "left out %" PRId64 " of %" PRId64 " pictures, which cannot be "
                    "used: %s%s",
                    bad->n, all, bad->text, more);
    if (c->empty > 0)
        source_note(c->r, "left out %" PRId64 " empty %s", c->empty,
                    c->empty == 1 ? "file" : "files");
    if (c->set->n == 0)
        return vq_fail(err, VQ_EINPUT, "every picture of '%s' is empty", c->r->data);
    return VQ_OK;
}

static int64_t pixels_of(const picture_set *set)
{
    int64_t pixels = 0;
    for (int64_t i = 0; i < set->n; i++)
        pixels += (int64_t)set->picture[i].height * set->picture[i].width;
    return pixels;
}

vq_status pictures_check(picture_set *set, cache *kept, const source_request *r,
                         vq_error *err)
{
    const int64_t all = set->n;
    vq_status status;
    check *c = calloc(1, sizeof *c);
    if (!c)
        return vq_fail_memory(err, sizeof *c);
    c->set = set;
    c->kept = kept;
    c->r = r;
    TRY(pass(c, false, err));
    if (r->check &&
        (r->bad == SOURCE_BAD_SKIP || pixels_of(set) <= SOURCE_EXACT_PIXELS))
        TRY(pass(c, true, err));
    TRY(tell_bad(c, all, err));
    set->left_out = c->bad.n + c->empty;
out:
    free(c);
    return status;
}
