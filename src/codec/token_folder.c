/* SPDX-License-Identifier: MIT */
#include "codec/token_folder.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "codec/token_index.h"
#include "codec/token_job.h"
#include "codec/token_sums.h"
#include "io/codes.h"

static vq_status path_of(const tokenizer *t, int64_t i, char path[VQ_PATH_MAX],
                         vq_error *err)
{
    char name[48];
    snprintf(name, sizeof name, "%05" PRId64 "%s", i, codes_ending(t->set->format));
    return file_join(path, t->set->folder, name, err);
}

static vq_status write_each(tokenizer *t, vq_error *err)
{
    vq_status status = VQ_OK;
    vq_codes all = token_chunk_shape(t);
    all.index = t->index;
    for (int i = 0; i < t->n; i++) {
        char path[VQ_PATH_MAX];
        vq_codes one = all;
        one.n = 1;
        one.index = codes_image(&all, i);
        TRY(path_of(t, t->first + i, path, err));
        TRY(vq_codes_write(&one, path, t->set->format, err));
    }
out:
    return status;
}

/* What of the folder is there; each file came into it whole. */
static vq_status look_for_files(const tokenizer *t, bool *there, int64_t *n,
                                vq_error *err)
{
    vq_status status = VQ_OK;
    char path[VQ_PATH_MAX];
    *n = 0;
    for (int64_t i = 0; i < t->ds.n; i++) {
        TRY(path_of(t, i, path, err));
        there[i] = access(path, F_OK) == 0;
        *n += there[i];
    }
out:
    return status;
}

/* The chunk up to the first picture that is there; or that one, if it is the first. */
static void limit_to_missing(tokenizer *t, const bool *there)
{
    for (int i = 1; i < t->n; i++)
        if (there[0] || there[i])
            t->n = i;
}

vq_status token_folder_write(tokenizer *t, vq_error *err)
{
    vq_status status;
    char index[VQ_PATH_MAX], part[VQ_PATH_MAX];
    int64_t done = 0;
    bool resumed, *there = calloc((size_t)t->ds.n, sizeof *there);
    if (!there)
        return vq_fail_memory(err, (size_t)t->ds.n);
    TRY(file_join(index, t->set->folder, "index.tsv", err));
    TRY(file_join(part, t->set->folder, "encode.part", err));
    TRY(file_make_dirs(t->set->folder, err));
    TRY(token_job_claim(part, token_job(t->m, &t->ds), t->set->format, t->set->resume,
                        &resumed, err));
    if (resumed)
        TRY(look_for_files(t, there, &done, err));
    token_progress_begin(&t->progress, &t->ds, there, done, 1);
    for (int64_t first = 0; first < t->ds.n; first += t->n) {
        token_chunk_set(t, first);
        limit_to_missing(t, there + first);
        if (there[first])
            continue;
        TRY(token_chunk_encode_here(t, err));
        TRY(write_each(t, err));
        t->progress.done += t->n;
    }
    TRY(token_index_write(&t->ds, codes_ending(t->set->format), index, err));
    unlink(part);
out:
    free(there);
    return status;
}

int64_t token_folder_bytes(const tokenizer *t)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < t->ds.n; i++) {
        char path[VQ_PATH_MAX];
        if (path_of(t, i, path, NULL) == VQ_OK)
            sum += token_sums_file(path);
    }
    return sum;
}
