/* SPDX-License-Identifier: MIT */
#include "codec/token_sums.h"

#include <sys/stat.h>

int64_t token_sums_file(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode) ? info.st_size : 0;
}

/* Bytes of all pictures' files; 0: one is in no file of its own. */
static int64_t file_bytes(const dataset *ds)
{
    char name[VQ_PATH_MAX];
    int64_t sum = 0;
    for (int64_t i = 0; i < ds->n; i++) {
        dataset_image_name(ds, i, name);
        const int64_t bytes = token_sums_file(name);
        if (bytes == 0)
            return 0;
        sum += bytes;
    }
    return sum;
}

void token_sums_take(vq_token_sums *sums, const dataset *ds)
{
    const int64_t files = file_bytes(ds);
    *sums = (vq_token_sums){.pictures = ds->n,
                            .pixels = ds->pixels,
                            .bytes = files ? files : 3 * ds->pixels,
                            .of_pixels = files == 0};
}
