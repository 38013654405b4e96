/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/status.h"
#include "cli/cli.h"
#include "cli/suggest.h"

static const command *const commands[] = {
    &cmd_train,  &cmd_prior,  &cmd_sample, &cmd_complete,    &cmd_reconstruct,
    &cmd_encode, &cmd_decode, &cmd_eval,   &cmd_inspect,     &cmd_export,
    &cmd_import, &cmd_help,   &cmd_man,    &cmd_completions, NULL,
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
    return vq_fail(err, VQ_EUSAGE, "unknown command '%s', the nearest is '%s'", name,
                   s.best);
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
    puts("vqvae " VQ_VERSION);
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
