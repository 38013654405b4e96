/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/status.h"
#include "cli/cli.h"
#include "cli/suggest.h"

static const command *const commands[] = {
    &cmd_train,       &cmd_prior,       &cmd_watch,  &cmd_import,  &cmd_export,
    &cmd_reconstruct, &cmd_encode,      &cmd_decode, &cmd_sample,  &cmd_complete,
    &cmd_eval,        &cmd_compare,     &cmd_report, &cmd_inspect, &cmd_help,
    &cmd_man,         &cmd_completions, NULL,
};

const command *command_at(int i)
{
    return commands[i];
}

vq_status command_find(const command **cmd, const char *name, vq_error *err)
{
    suggestion s = {.typed = name};
    for (int i = 0; (*cmd = command_at(i)); i++) {
        if (strcmp((*cmd)->name, name) == 0)
            return VQ_OK;
        suggest_consider(&s, (*cmd)->name);
    }
    if (!suggest_is_near(&s))
        return vq_fail(err, VQ_EUSAGE, "unknown command '%s'", name);
    return vq_fail(err, VQ_EUSAGE, "unknown command '%s', did you mean '%s'?", name,
                   s.best);
}

bool command_find_among(const command **cmd, int *at, int n, char **word)
{
    for (*at = 0; *at < n; ++*at)
        for (int i = 0; (*cmd = command_at(i)); i++)
            if (strcmp((*cmd)->name, word[*at]) == 0 &&
                args_are_options(*cmd, *at, word))
                return true;
    return false;
}

/* ---- the program -------------------------------------------------------------------
 */

static const option program_options[] = {
    {{"version", NULL, "show the version and exit", ""}, 'V'},
    {.letter = 0},
};

static vq_status print_version(const args *a, vq_error *err)
{
    if (!args_has(a, "version"))
        return vq_fail(err, VQ_EUSAGE, "missing command");
    printf("vqvae %s\n", vq_version());
    return VQ_OK;
}

const command cmd_program = {
    .name = "",
    .operands = "COMMAND [...]",
    .options = program_options,
    .about = "Train a VQ-VAE, and use it to turn images into discrete tokens and back. "
             "'vqvae help COMMAND' explains one command.",
    .examples = "vqvae reconstruct in.png out.png\n"
                "vqvae train --data shapes --steps 500\n"
                "vqvae encode in.png -o codes.npy",
    .run = print_version,
};
