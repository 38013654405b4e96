/*
 * SPDX-License-Identifier: MIT
 *
 * The manual page, made of the same tables as --help, in the man(7) macros.
 */
#include <string.h>

#include "cli/cli.h"

#define MAN_DATE "2026-11-23"

enum { LINE_FULL = 66 }; /* a source line is broken at the first blank from here on */

/* Print a character as roff must see it to show it; returns how wide the source is. */
static int print_letter(char letter, bool line_start)
{
    int n = 0;
    if (line_start && (letter == '.' || letter == '\''))
        n += printf("\\&"); /* else a request */
    switch (letter) {
    case '\\':
        return n + printf("\\e");
    case '-':
        return n + printf("\\-");
    case '\'':
        return n + printf("\\(aq");
    default:
        return n + printf("%c", letter);
    }
}

/* Paragraphs with an empty line between them, or lines to be kept as they are. */
static void print_text(const char *text, bool keep_lines)
{
    int column = 0;
    for (; *text; text++) {
        if (!keep_lines && text[0] == '\n' && text[1] == '\n') {
            printf("\n.PP\n");
            text++;
            column = 0;
        } else if (!keep_lines && *text == ' ' && column >= LINE_FULL) {
            printf("\n");
            column = 0;
        } else {
            column += print_letter(*text, column == 0);
            column = *text == '\n' ? 0 : column;
        }
    }
}

static void print_option(const option *o)
{
    printf(".TP\n");
    if (o->letter)
        printf("\\fB\\-%c\\fR, ", o->letter);
    printf("\\fB\\-\\-");
    print_text(o->text.name, false);
    printf("\\fR");
    if (o->text.metavar) {
        printf(" \\fI");
        print_text(o->text.metavar, false);
        printf("\\fR");
    }
    printf("\n");
    print_text(o->text.help, false);
    if (o->text.value[0]) {
        printf("\n(default: ");
        print_text(o->text.value, false);
        printf(")");
    }
    printf("\n");
}

static void print_command(const command *cmd)
{
    option_list l;
    options_of(cmd, &l);
    printf(".SS vqvae %s \\fR[options] \\fI", cmd->name);
    print_text(cmd->operands, false);
    printf("\\fR\n");
    print_text(cmd->about, false);
    printf("\n");
    for (int i = 0; i < l.n; i++)
        print_option(&l.o[i]);
    printf(".PP\nExamples:\n.PP\n.nf\n");
    print_text(cmd->examples, true);
    printf("\n.fi\n");
}

/* What the tables do not say. */
static const char *const closing[][2] = {
    {"ENVIRONMENT",
     "VQVAE_MODEL is the model to use when --model is not given, VQVAE_PRIOR "
     "the prior when --prior is not."},
    {"FILES",
     "A training writes into its run folder (--out, else runs/DATA-PRESET): "
     "config.json "
     "with every setting, log.jsonl with one object per log interval, "
     "model.safetensors, the checkpoint that --resume reads, samples/STEP.png with "
     "originals above their reconstructions, and pictures of the losses and of the use "
     "of the codes. runs/latest links to the newest run in runs. Files are replaced "
     "only when "
     "their successor is complete."},
    {"EXIT STATUS",
     "0: success. 2: bad usage. 3: bad input. 4: input or output failed. 5: the "
     "training "
     "diverged; the last good checkpoint is kept. 129, 130, 143: a training was "
     "stopped "
     "by SIGHUP, SIGINT or SIGTERM and has saved its state. 70: out of memory, or a "
     "fault of the program."},
};

static vq_status run(const args *a, vq_error *err)
{
    (void)a, (void)err;
    printf(".TH VQVAE 1 " MAN_DATE " \"vqvae " VQ_VERSION "\"\n"
           ".SH NAME\nvqvae \\- train a VQ-VAE and turn images into tokens and back\n"
           ".SH SYNOPSIS\n\\fBvqvae\\fR \\fICOMMAND\\fR [options] [operands]\n"
           ".SH DESCRIPTION\n");
    print_text(cmd_program.about, false);
    printf("\n.SH COMMANDS\n");
    const command *cmd;
    for (int i = 0; (cmd = command_at(i)); i++)
        print_command(cmd);
    for (size_t i = 0; i < sizeof closing / sizeof *closing; i++) {
        printf(".SH %s\n", closing[i][0]);
        print_text(closing[i][1], false);
        printf("\n");
    }
    return VQ_OK;
}

const command cmd_man = {
    .name = "man",
    .purpose = "about the program",
    .summary = "print the manual page",
    .operands = "",
    .about = "Print the manual page in roff, as 'make install' puts it in place.",
    .examples = "vqvae man | man -l -",
    .run = run,
};
