/*
 * SPDX-License-Identifier: MIT
 *
 * Files that a newer version wrote. version.c implements vq_version, too. Tested in
 * tests/base/test_version.c.
 */
#ifndef VQ_BASE_VERSION_H
#define VQ_BASE_VERSION_H

#include "base/status.h"

/* Is "1.2.3" later than VQ_VERSION? NULL and what is no version are not. */
bool version_is_newer(const char *version);

/*
 * Say behind the refusal of a file that a newer version wrote it, where `version`, from
 * the file, is one. Returns status, and does so alone where that is not VQ_EINPUT.
 */
vq_status version_explain(vq_status status, const char *version, vq_error *err);

#endif
