/*
 * SPDX-License-Identifier: MIT
 *
 * What a command line names to be written is none of what it names to be read, and no
 * two of the former are one. Tested in tests/cli/test_cmd_outputs.c.
 */
#include <string.h>
#include <sys/stat.h>

#include "base/path.h"
#include "cli/cli.h"

/* Would what is written to one take the place of the other? Not in a device. */
static bool is_one_file(const char *p, const char *q)
{
    char in_p[VQ_PATH_MAX], in_q[VQ_PATH_MAX];
    struct stat st;
    const bool there = stat(p, &st) == 0;
    if (there && !S_ISREG(st.st_mode))
        return false;
    if (strcmp(p, q) == 0 || path_same(p, q))
        return true;
    return !there && strcmp(path_split(p, in_p), path_split(q, in_q)) == 0 &&
           path_same(in_p, in_q);
}

/* The operand that is written; NULL: none is. */
static const char *written_operand(const args *a)
{
    return a->cmd->writes_last && a->n_operands > 0 && !args_has(a, "each")
               ? a->operand[a->n_operands - 1]
               : NULL;
}

static bool writes(const args *a, const char *name)
{
    const char *const *o = a->cmd->writes;
    while (o && *o && strcmp(*o, name) != 0)
        o++;
    return o && *o;
}

vq_status cli_check_kept(const args *a, const char *path, vq_error *err)
{
    const char *const *o = a->cmd->writes, *out = written_operand(a);
    vq_status status = out ? path_check_kept(path, out, err) : VQ_OK;
    for (; o && *o && status == VQ_OK; o++)
        if ((out = args_value(a, *o)))
            status = path_check_kept(path, out, err);
    return status;
}

/* No two outputs are one. */
static vq_status check_outputs(const args *a, vq_error *err)
{
    const char *const *o = a->cmd->writes;
    for (int i = 0; o && o[i]; i++)
        for (int k = 0; k < i; k++) {
            const char *out = args_value(a, o[i]), *earlier = args_value(a, o[k]);
            if (out && earlier && is_one_file(earlier, out))
                return vq_fail(err, VQ_EUSAGE, "--%s and --%s both write '%s'", o[k],
                               o[i], out);
        }
    return VQ_OK;
}

vq_status cli_check_apart(const args *a, vq_error *err)
{
    const char *const last = written_operand(a);
    vq_status status = VQ_OK;
    for (int i = 0; i < a->n_operands && status == VQ_OK; i++)
        if (a->operand[i] != last)
            status = cli_check_kept(a, a->operand[i], err);
    for (int i = 0; i < a->n_given && status == VQ_OK; i++)
        if (!a->given[i].is_switch && !writes(a, a->given[i].name))
            status = cli_check_kept(a, a->given[i].value, err);
    return status == VQ_OK ? check_outputs(a, err) : status;
}

vq_status cli_check_each(const args *a, const char *ending, vq_error *err)
{
    const char *const folder = args_value(a, "each");
    for (int i = 0; i < a->n_operands; i++) {
        char in[VQ_PATH_MAX];
        const char *name = path_split(a->operand[i], in);
        const size_t digits = strspn(name, "0123456789");
        if (path_same(in, folder) && digits >= 5 && strcmp(name + digits, ending) == 0)
            return vq_fail(err, VQ_EUSAGE,
                           "'%s' is read, and might be written over: take another "
                           "folder",
                           a->operand[i]);
    }
    return VQ_OK;
}
