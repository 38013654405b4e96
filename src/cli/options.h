/*
 * SPDX-License-Identifier: MIT
 *
 * Options: one table per command drives the parser (args.c), --help, the manual page
 * and the shell completions. Tested in tests/cli/test_options.c.
 */
#ifndef VQ_CLI_OPTIONS_H
#define VQ_CLI_OPTIONS_H

#include "vqvae.h"

typedef struct option {
    vq_option text; /* name, metavar (NULL: a switch), help, default value */
    char letter;    /* short form; 0: none */
} option;

/* What names a prior. */
#define PRIOR_METAVAR "builtin|photo|latest|RUN|FILE"

/* Groups of options that several commands have, behind their own. */
enum {
    OPTIONS_TRAINING = 1, /* all of vq_option_at */
    OPTION_MODEL = 2,
    OPTION_THREADS = 4,
    OPTION_JSON = 8,
    OPTION_QUIET = 16,
    OPTIONS_PRIOR = 32, /* all of vq_prior_option_at */
    OPTION_PRIOR = 64,
    OPTION_REFINE = 128
};

typedef struct args args;

/* One thing the program does. Each cmd_*.c defines one or two. */
typedef struct command {
    const char *name;
    const char *purpose;   /* what one wants with it: a heading of the list of them */
    const char *summary;   /* a few words for the list of commands */
    const char *operands;  /* as in the usage line; "": none */
    const char *stray;     /* the option that an operand too many was meant for */
    int least, most;       /* number of operands */
    bool writes_last;      /* the last one is written, unless --each is given */
    const option *options; /* its own, up to an entry without a name */
    const char *const *writes; /* those that name a file to write, then NULL */
    unsigned groups;           /* OPTION*_ bits; every command has --help */
    const char *about;         /* paragraphs, an empty line between them */
    const char *examples;      /* one command a line */
    vq_status (*run)(const args *a, vq_error *err);
} command;

/* All options of a command, in the order to show them. */
enum { OPTIONS_MAX = 128 };
typedef struct option_list {
    option o[OPTIONS_MAX];
    int n;
    int library, library_end; /* o[library] to o[library_end - 1] are a training's */
} option_list;

void options_of(const command *cmd, option_list *l);

/*
 * The i-th alternative of a metavar ("cifar10|shapes|PATH"), copied into `word`; false
 * past the last one. Words in capitals stand for something, the others for themselves.
 */
bool option_choice(const char *metavar, int i, char word[64]);
bool option_choice_is_literal(const char *word);

/* What was given on a command line. */
struct args {
    const command *cmd;
    option_list options; /* of cmd */
    struct {
        const char *name, *value; /* value: "yes" or "no" of a switch */
        bool is_switch;
        bool is_library; /* an option of a training */
    } * given;           /* owned */
    int n_given;
    const char **operand; /* owned list of borrowed strings */
    int n_operands;
    bool help; /* --help was met; what follows it was not looked at */
};

/*
 * Parse what follows the command's name: --name value, --name=value, -o value, -ovalue,
 * and of switches -q, --name, --name=yes, --name=no and --no-name, with -- before
 * operands that begin with a dash; "-" is an operand. In names "_" is "-". The strings
 * of argv are borrowed. VQ_EUSAGE: unknown option (with one that is near), a value that
 * is missing or too much, too many operands (with the option that takes it) or too few.
 */
vq_status args_parse(args *a, const command *cmd, int argc, char **argv, vq_error *err);
void args_release(args *a);

/* The last value given for an option; NULL: not given. */
const char *args_value(const args *a, const char *name);

/* Was it given, and if it is a switch, as on? */
bool args_has(const args *a, const char *name);

/* Are n words options of the command, with their values, and nothing else? */
bool args_are_options(const command *cmd, int n, char **argv);

#endif
