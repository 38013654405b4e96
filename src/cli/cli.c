/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/file.h"
#include "cli/text.h"

vq_status cli_refine(const args *a, int *passes, vq_error *err)
{
    return cli_int(a, "refine", 0, VQ_REFINE_MAX, VQ_REFINE, passes, err);
}

vq_status cli_check_output(const char *path, vq_error *err)
{
    return path ? file_check_target(path, err) : VQ_OK;
}

vq_status cli_check_picture(const char *path, vq_error *err)
{
    return path ? vq_image_check_target(path, err) : VQ_OK;
}

void cli_note(const args *a, const char *format, ...)
{
    char line[2 * VQ_PATH_MAX];
    if (args_has(a, "quiet"))
        return;
    va_list list;
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    text_print(stderr, line);
    fputc('\n', stderr);
}

json_t *cli_json_number(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

vq_status cli_print_json(FILE *stream, json_t *object, vq_error *err)
{
    char *line;
    vq_status status = json_print(&line, object, JSON_REAL_PRECISION(9), err);
    if (status != VQ_OK)
        return status;
    fprintf(stream, "%s\n", line);
    free(line);
    return VQ_OK;
}

vq_status cli_flush(vq_error *err)
{
    errno = 0;
    bool failed = fflush(stdout) != 0;
    if (!failed && !ferror(stdout))
        return VQ_OK;
    return vq_fail(err, VQ_EIO, "cannot write standard output: %s",
                   failed && errno ? strerror(errno) : "an earlier write failed");
}

vq_status cli_int(const args *a, const char *name, int least, int most, int otherwise,
                  int *value, vq_error *err)
{
    const char *text = args_value(a, name);
    int64_t x;
    *value = otherwise;
    if (!text)
        return VQ_OK;
    if (!decimal_read_whole(text, least, most, &x))
        return vq_fail(err, VQ_EUSAGE, "--%s is a whole number from %d to %d, not '%s'",
                       name, least, most, text);
    *value = (int)x;
    return VQ_OK;
}

bool cli_size(const char *text, int *h, int *w)
{
    enum { SIDE_MAX = 99999 };
    char first[32];
    int64_t height, width;
    const size_t n = strcspn(text, "x");
    if (n >= sizeof first || text[n] != 'x')
        return false;
    snprintf(first, sizeof first, "%.*s", (int)n, text);
    if (!decimal_read_whole(first, 1, SIDE_MAX, &height) ||
        !decimal_read_whole(text + n + 1, 1, SIDE_MAX, &width))
        return false;
    *h = (int)height;
    *w = (int)width;
    return true;
}

vq_status cli_real(const args *a, const char *name, double otherwise, double *value,
                   vq_error *err)
{
    const char *text = args_value(a, name);
    *value = otherwise;
    if (text && !decimal_read(text, value))
        return vq_fail(err, VQ_EUSAGE, "--%s is a number, not '%s'", name, text);
    return VQ_OK;
}
