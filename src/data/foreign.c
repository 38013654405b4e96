/* SPDX-License-Identifier: MIT */
#include "data/foreign.h"

#include <string.h>

/* No label of a CIFAR-style file is as large as any of these first bytes. */
static const struct foreign {
    size_t n;
    const char *head, *what;
} foreign[] = {
    {2, "\x1f\x8b", "compressed: unpack it with gunzip or tar first"},
    {4, "PK\3\4", "a ZIP archive: unpack it, or save one array with numpy.save"},
    {2, "\x80\2", "a Python pickle: take the binary version of the data set"},
    {2, "\x80\3", "a Python pickle: take the binary version of the data set"},
    {2, "\x80\4", "a Python pickle: take the binary version of the data set"},
    {4, "\x89HDF", "an HDF5 file: save its array with numpy.save"},
    {4, "GIF8", "a GIF: convert it to PNG or JPEG"},
    {4, "RIFF", "a WebP or a film: convert it to PNG or JPEG"},
    {2, "BM", "a BMP: convert it to PNG or JPEG"},
};

static vq_status refuse(source *s, const source_request *r, vq_error *err)
{
    (void)s;
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        if (r->n_head >= foreign[i].n &&
            memcmp(r->head, foreign[i].head, foreign[i].n) == 0)
            return vq_fail(err, VQ_EINPUT, "'%s' is %s", r->data, foreign[i].what);
    return VQ_OK;
}

const source_kind foreign_file = {.open = refuse};
