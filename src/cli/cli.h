/*
 * SPDX-License-Identifier: MIT
 *
 * The command line: what its files share. Results go to stdout, everything else to
 * stderr. Tested through the program itself in tests/cli/.
 */
#ifndef VQ_CLI_CLI_H
#define VQ_CLI_CLI_H

#include <stdio.h>

#include "base/json.h"
#include "cli/options.h"

/* ---- commands (commands.c, one cmd_*.c each) ---------------------------------------
 */

extern const command cmd_train, cmd_prior, cmd_sample, cmd_complete, cmd_reconstruct,
    cmd_encode, cmd_decode, cmd_eval, cmd_compare, cmd_report, cmd_watch, cmd_inspect,
    cmd_export, cmd_import, cmd_help, cmd_man, cmd_completions;

/* The program itself as a command: what may stand before a command's name. */
extern const command cmd_program;

/* The i-th command in the order to show them, those of one purpose together; NULL past
 * the last one. */
const command *command_at(int i);

/*
 * Find the command among the words behind the program's name, where options of it may
 * stand before it: word[*at] is its name. False: there is none.
 */
bool command_find_among(const command **cmd, int *at, int n, char **word);

/* VQ_EUSAGE: no such command; one that is near is named. */
vq_status command_find(const command **cmd, const char *name, vq_error *err);

/* The help of a command, as --help shows it (help.c). */
void help_print(FILE *stream, const command *cmd);

/* ---- what commands do alike (cli.c) ------------------------------------------------
 */

/*
 * What can be said before the work: whether a file can be written at `path`, which may
 * be NULL or "-". VQ_EIO.
 */
vq_status cli_check_output(const char *path, vq_error *err);

/* The same of a picture: VQ_EUSAGE, too, for a format that is not written. */
vq_status cli_check_picture(const char *path, vq_error *err);

/* VQ_EUSAGE where two options that name what is written name one file, or both standard
 * output, or where what is written is a file that the command reads (apart.c). */
vq_status cli_check_apart(const args *a, vq_error *err);

/* VQ_EUSAGE where a file that is read, but not by the name given, would be. */
vq_status cli_check_kept(const args *a, const char *path, vq_error *err);

/* VQ_EUSAGE where an operand is one of the files that --each writes, 00000 and so on.
 */
vq_status cli_check_each(const args *a, const char *ending, vq_error *err);

/* A whole number from `least` to `most` given for an option; `otherwise` without it. */
vq_status cli_int(const args *a, const char *name, int least, int most, int otherwise,
                  int *value, vq_error *err);
/* Likewise a number. */
vq_status cli_real(const args *a, const char *name, double otherwise, double *value,
                   vq_error *err);

/* A height and a width like 64x96; false: anything else, or a side beyond 99999. */
bool cli_size(const char *text, int *h, int *w);

/* Print a line on stderr unless --quiet was given. */
void cli_note(const args *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What --refine asks for. VQ_EUSAGE. */
vq_status cli_refine(const args *a, int *passes, vq_error *err);

/* A JSON number, or null for NaN and the infinities, which JSON does not have. */
json_t *cli_json_number(double x);

/* Print an object as one line and release it; NULL is "out of memory". */
vq_status cli_print_json(FILE *stream, json_t *object, vq_error *err);

/* Flush stdout: whatever went wrong with any write to it shows here. */
vq_status cli_flush(vq_error *err);

#endif
