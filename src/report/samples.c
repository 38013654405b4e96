/* SPDX-License-Identifier: MIT */
#include "report/samples.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/run_files.h"

/* The number in "000500.png"; -1: another name. */
static int64_t step_of(const char *name)
{
    char *end;
    const long long step = strtoll(name, &end, 10);
    return name[0] >= '0' && name[0] <= '9' && strcmp(end, ".png") == 0 ? step : -1;
}

static int by_rising(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The steps of all samples, up to `most`, in any order. */
static vq_status list(int64_t *step, int most, int *n, const char *path, vq_error *err)
{
    const struct dirent *entry;
    DIR *dir = fd_folder(path);
    *n = 0;
    if (!dir && errno == ENOENT)
        return VQ_OK;
    while (dir && *n < most && (errno = 0, entry = readdir(dir)))
        if ((step[*n] = step_of(entry->d_name)) >= 0)
            ++*n;
    const int reason = *n < most ? errno : 0;
    if (dir)
        closedir(dir);
    return reason ? vq_fail(err, vq_status_of(reason), "cannot read folder '%s': %s",
                            path, strerror(reason))
                  : VQ_OK;
}

vq_status samples_find(samples *s, const char *folder, vq_error *err)
{
    enum { MOST = 65536 };
    vq_status status;
    char path[VQ_PATH_MAX];
    int n = 0;
    int64_t *step = malloc(MOST * sizeof *step);
    *s = (samples){.n = 0};
    if (!step)
        return vq_fail_memory(err, MOST * sizeof *step);
    TRY(file_join(path, folder, RUN_SAMPLES, err));
    TRY(list(step, MOST, &n, path, err));
    if (n > 0)
        qsort(step, (size_t)n, sizeof *step, by_rising);
    s->n = n < SAMPLES_SHOWN ? n : SAMPLES_SHOWN;
    for (int i = 0; i < s->n; i++)
        s->step[i] = step[s->n > 1 ? i * (n - 1) / (s->n - 1) : 0];
out:
    free(step);
    return status;
}

vq_status samples_path(const samples *s, int i, const char *folder,
                       char path[VQ_PATH_MAX], vq_error *err)
{
    char name[64];
    snprintf(name, sizeof name, RUN_SAMPLE_FORMAT, s->step[i]);
    return file_join(path, folder, name, err);
}
