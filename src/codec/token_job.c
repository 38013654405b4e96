/* SPDX-License-Identifier: MIT */
#include "codec/token_job.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/regular.h"
#include "codec/token_index.h"
#include "io/checksum.h"

uint64_t token_job(vq_model *m, const dataset *ds)
{
    char text[96];
    const int n = snprintf(text, sizeof text, "%s %016" PRIx64 " %d %" PRId64,
                           VQ_VERSION, vq_model_fingerprint(m), m->passes, ds->n);
    return (uint64_t)checksum_add(0, text, (size_t)n) << 32 | token_index_sum(ds);
}

vq_status token_job_claim(const char *path, uint64_t job, vq_codes_format format,
                          bool resume, bool *resumed, vq_error *err)
{
    vq_status status = VQ_OK;
    char text[64];
    unsigned char *found = NULL;
    size_t size;
    const size_t n = (size_t)snprintf(
        text, sizeof text, "vqvae encode %016" PRIx64 " %d\n", job, (int)format);
    *resumed = file_exists(path);
    if (!*resumed)
        return file_write(path, text, n, err);
    TRY(regular_read(path, 4096, &found, &size, err));
    if (!resume)
        TRY(vq_fail(err, VQ_EUSAGE,
                    "'%s' says that an earlier run did not end: --resume goes on "
                    "with it, or remove it",
                    path));
    if (size != n || memcmp(found, text, n) != 0)
        status = vq_fail(err, VQ_EINPUT,
                         "'%s' says that another model, other data or other options "
                         "were begun with: remove it to begin anew",
                         path);
out:
    free(found);
    return status;
}
