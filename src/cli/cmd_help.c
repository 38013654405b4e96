/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cli/cli.h"

enum { WIDTH = 80, TEXT_COLUMN = 26 };

/*
 * Print n bytes that stay together at `column`, after a blank or, where they would go
 * past WIDTH, on a new line that begins at `margin`. Returns the new column.
 */
static int print_word(FILE *stream, const char *word, int n, int margin, int column)
{
    if (column > margin && column + 1 + n > WIDTH) {
        fputc('\n', stream);
        column = 0;
    }
    int blanks = column > margin ? 1 : margin - column;
    fprintf(stream, "%*s%.*s", blanks, "", n, word);
    return column + blanks + n;
}

/* Print the words of a text; a newline in it is kept. */
static int print_words(FILE *stream, const char *text, int margin, int column)
{
    while (*text) {
        if (*text == '\n') {
            fputc('\n', stream);
            column = 0;
            text++;
            continue;
        }
        int n = (int)strcspn(text, " \n");
        column = print_word(stream, text, n, margin, column);
        text += n + (text[n] == ' ');
    }
    return column;
}

/* "  -m, --model FILE", and its text beside it or, where there is no room, below. */
static void print_option(FILE *stream, const option *o)
{
    int column =
        o->letter ? fprintf(stream, "  -%c, ", o->letter) : fprintf(stream, "      ");
    column += fprintf(stream, "--%s", o->text.name);
    if (o->text.metavar)
        column += fprintf(stream, " %s", o->text.metavar);
    if (column + 2 > TEXT_COLUMN) {
        fputc('\n', stream);
        column = 0;
    }
    column = print_words(stream, o->text.help, TEXT_COLUMN, column);
    if (o->text.value[0]) {
        char note[96];
        int n = snprintf(note, sizeof note, "(default: %s)", o->text.value);
        print_word(stream, note, n, TEXT_COLUMN, column);
    }
    fputc('\n', stream);
}

static void print_examples(FILE *stream, const char *examples)
{
    fprintf(stream, "\nexamples:\n");
    while (*examples) {
        int n = (int)strcspn(examples, "\n");
        fprintf(stream, "  %.*s\n", n, examples);
        examples += n + (examples[n] == '\n');
    }
}

static void print_commands(FILE *stream)
{
    const command *cmd;
    const char *purpose = "";
    fputc('\n', stream);
    for (int i = 0; (cmd = command_at(i)); i++) {
        if (strcmp(purpose, cmd->purpose) != 0)
            fprintf(stream, "\n%s:\n", purpose = cmd->purpose);
        fprintf(stream, "  %-12s %s\n", cmd->name, cmd->summary);
    }
}

/* The options of one group; NULL: of none. */
static void print_group(FILE *stream, const option_list *l, const char *group)
{
    for (int i = 0; i < l->n; i++) {
        const char *its = vq_option_group(l->o[i].text.name);
        if (group && its ? strcmp(group, its) == 0 : group == its)
            print_option(stream, &l->o[i]);
    }
}

/* Those of a training are too many for one list. */
static void print_options(FILE *stream, const command *cmd)
{
    static const char *const groups[][2] = {{"first", "options that matter first"},
                                            {"data", "data"},
                                            {"model", "model"},
                                            {"codebook", "codebook"},
                                            {"optimizer", "optimizer"},
                                            {"output", "output"},
                                            {NULL, "other options"}};
    option_list l;
    options_of(cmd, &l);
    if (cmd->groups & (OPTIONS_TRAINING | OPTIONS_PRIOR)) {
        for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
            if (g > 0)
                fputc('\n', stream);
            fprintf(stream, "%s:\n", groups[g][1]);
            print_group(stream, &l, groups[g][0]);
        }
        return;
    }
    fprintf(stream, "options:\n");
    for (int i = 0; i < l.n; i++)
        print_option(stream, &l.o[i]);
}

void help_print(FILE *stream, const command *cmd)
{
    bool program = cmd == &cmd_program;
    fprintf(stream, "usage: vqvae %s%s[options]%s%s\n\n", cmd->name, program ? "" : " ",
            cmd->operands[0] ? " " : "", cmd->operands);
    print_words(stream, cmd->about, 0, 0);
    if (program)
        print_commands(stream);
    fputs(program ? "\n" : "\n\n", stream);
    print_options(stream, cmd);
    print_examples(stream, cmd->examples);
}

static vq_status run(const args *a, vq_error *err)
{
    const command *cmd = &cmd_program;
    vq_status status = VQ_OK;
    if (a->n_operands > 0)
        status = command_find(&cmd, a->operand[0], err);
    if (status == VQ_OK)
        help_print(stdout, cmd);
    return status;
}

const command cmd_help = {
    .name = "help",
    .purpose = "about the program",
    .summary = "explain the program or a command",
    .operands = "[COMMAND]",
    .most = 1,
    .about = "Explain the program, or one of its commands with all its options.",
    .examples = "vqvae help train",
    .run = run,
};
