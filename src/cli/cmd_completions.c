/*
 * SPDX-License-Identifier: MIT
 *
 * Completions for bash, zsh and fish, made of the same tables as --help. A word of a
 * metavar in small letters completes to itself; any other in capitals but N and X is a
 * file.
 */
#include <string.h>

#include "base/status.h"
#include "cli/cli.h"

/* The literal words of a metavar; returns how many. */
static int print_literals(const char *metavar)
{
    char word[64];
    int n = 0;
    for (int i = 0; option_choice(metavar, i, word); i++)
        if (option_choice_is_literal(word))
            printf("%s%s", n++ ? " " : "", word);
    return n;
}

/* True if a metavar has a word that stands for the name of a file. */
static bool wants_file(const char *metavar)
{
    char word[64];
    for (int i = 0; option_choice(metavar, i, word); i++)
        if (!option_choice_is_literal(word) && strlen(word) > 1)
            return true;
    return false;
}

static void print_command_names(void)
{
    const command *cmd;
    for (int i = 0; (cmd = command_at(i)); i++)
        printf("%s%s", i ? " " : "", cmd->name);
}

/* What an operand of cmd completes to, besides files. */
static void print_operand_words(const command *cmd)
{
    if (cmd == &cmd_help)
        print_command_names();
    else
        print_literals(cmd->operands);
}

/* ---- bash --------------------------------------------------------------------------
 */

static void bash_command(const command *cmd)
{
    option_list l;
    options_of(cmd, &l);
    printf("    %s)\n        options='", cmd->name);
    for (int i = 0; i < l.n; i++)
        printf("%s--%s", i ? " " : "", l.o[i].text.name);
    printf("'\n        words='");
    print_operand_words(cmd);
    printf("'\n        case $previous in\n");
    for (int i = 0; i < l.n; i++) {
        const option *o = &l.o[i];
        if (!o->text.metavar)
            continue;
        printf("        --%s", o->text.name);
        if (o->letter)
            printf("|-%c", o->letter);
        printf(") options='' words='");
        print_literals(o->text.metavar);
        printf("' ;;\n");
    }
    printf("        esac\n        ;;\n");
}

static void bash(void)
{
    const command *cmd;
    printf("# bash completion for vqvae, made by 'vqvae completions bash'\n"
           "_vqvae()\n{\n"
           "    local current=${COMP_WORDS[COMP_CWORD]} options='' words=''\n"
           "    local previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
           "    if [[ $current == '=' ]]; then\n"
           "        current=\n"
           "    elif [[ $previous == '=' ]]; then\n"
           "        previous=${COMP_WORDS[COMP_CWORD - 2]}\n"
           "    fi\n"
           "    if ((COMP_CWORD == 1)); then\n"
           "        options='--help --version' words='");
    print_command_names();
    printf("'\n    else\n    case ${COMP_WORDS[1]} in\n");
    for (int i = 0; (cmd = command_at(i)); i++)
        bash_command(cmd);
    printf("    esac\n    fi\n"
           "    [[ $current == -* ]] && words=$options\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
           "}\n"
           "complete -o bashdefault -o default -F _vqvae vqvae\n");
}

/* ---- zsh ---------------------------------------------------------------------------
 */

/* Text inside '...[here]...' of an _arguments specification. */
static void zsh_text(const char *text)
{
    for (; *text; text++)
        if (*text == '\'')
            fputs("'\\''", stdout);
        else if (strchr("[]:\\", *text))
            printf("\\%c", *text);
        else
            fputc(*text, stdout);
}

static void zsh_option(const option *o)
{
    const char *metavar = o->text.metavar, *equals = metavar ? "=" : "";
    if (o->letter)
        printf("            '(-%c --%s)'{-%c%s,--%s%s}'[", o->letter, o->text.name,
               o->letter, metavar ? "+" : "", o->text.name, equals);
    else
        printf("            '--%s%s[", o->text.name, equals);
    zsh_text(o->text.help);
    printf("]");
    if (metavar) {
        printf(":%s:{compadd -- ", o->text.name);
        print_literals(metavar);
        printf("%s}", wants_file(metavar) ? "; _files" : "");
    }
    printf("' \\\n");
}

static void zsh_command(const command *cmd)
{
    option_list l;
    options_of(cmd, &l);
    printf("        %s)\n        _arguments \\\n", cmd->name);
    for (int i = 0; i < l.n; i++)
        zsh_option(&l.o[i]);
    printf("            '*:operand:{compadd -- ");
    print_operand_words(cmd);
    printf("%s}'\n        ;;\n", wants_file(cmd->operands) ? "; _files" : "");
}

static void zsh(void)
{
    const command *cmd;
    printf("#compdef vqvae\n"
           "# zsh completion for vqvae, made by 'vqvae completions zsh'\n"
           "_vqvae() {\n"
           "    local context state state_descr line\n"
           "    typeset -A opt_args\n"
           "    local -a commands=(\n");
    for (int i = 0; (cmd = command_at(i)); i++) {
        printf("        '%s:", cmd->name);
        zsh_text(cmd->summary);
        printf("'\n");
    }
    printf("    )\n"
           "    _arguments -C '(-h --help)'{-h,--help}'[show help]' "
           "'--version[show the version]' \\\n"
           "        '1:command:->command' '*::argument:->argument'\n"
           "    case $state in\n"
           "    command) _describe command commands ;;\n"
           "    argument)\n"
           "        case $words[1] in\n");
    for (int i = 0; (cmd = command_at(i)); i++)
        zsh_command(cmd);
    printf("        esac\n        ;;\n    esac\n}\n_vqvae \"$@\"\n");
}

/* ---- fish --------------------------------------------------------------------------
 */

/* Text in the quotes of fish. */
static void fish_text(const char *text)
{
    fputc('\'', stdout);
    for (; *text; text++)
        printf(strchr("'\\", *text) ? "\\%c" : "%c", *text);
    fputc('\'', stdout);
}

static void fish_line(const command *cmd)
{
    printf("complete -c vqvae -n '__fish_seen_subcommand_from %s'", cmd->name);
}

/* -x: a value that is no file; -r: one that may be. */
static void fish_option(const command *cmd, const option *o)
{
    fish_line(cmd);
    printf(" -l %s", o->text.name);
    if (o->letter)
        printf(" -s %c", o->letter);
    if (o->text.metavar) {
        printf(" -%c -a '", wants_file(o->text.metavar) ? 'r' : 'x');
        print_literals(o->text.metavar);
        printf("'");
    }
    printf(" -d ");
    fish_text(o->text.help);
    printf("\n");
}

static void fish(void)
{
    const command *cmd;
    option_list l;
    printf("# fish completion for vqvae, made by 'vqvae completions fish'\n"
           "complete -c vqvae -f -n __fish_use_subcommand\n"
           "complete -c vqvae -n __fish_use_subcommand -l version -s V\n"
           "complete -c vqvae -n __fish_use_subcommand -l help -s h\n");
    for (int i = 0; (cmd = command_at(i)); i++) {
        printf("complete -c vqvae -n __fish_use_subcommand -a %s -d ", cmd->name);
        fish_text(cmd->summary);
        printf("\n");
        fish_line(cmd);
        printf("%s -a '", wants_file(cmd->operands) ? "" : " -f");
        print_operand_words(cmd);
        printf("'\n");
        options_of(cmd, &l);
        for (int k = 0; k < l.n; k++)
            fish_option(cmd, &l.o[k]);
    }
}

static vq_status run(const args *a, vq_error *err)
{
    const char *shell = a->operand[0];
    if (strcmp(shell, "bash") == 0)
        bash();
    else if (strcmp(shell, "zsh") == 0)
        zsh();
    else if (strcmp(shell, "fish") == 0)
        fish();
    else
        return vq_fail(err, VQ_EUSAGE,
                       "no completions for '%s', only bash, zsh and fish", shell);
    return VQ_OK;
}

const command cmd_completions = {
    .name = "completions",
    .purpose = "about the program",
    .summary = "print completions for a shell",
    .operands = "bash|zsh|fish",
    .least = 1,
    .most = 1,
    .about = "Print a script that teaches bash, zsh or fish to complete the commands, "
             "options and values of vqvae.",
    .examples = "source <(vqvae completions bash)\n"
                "vqvae completions zsh >~/.zfunc/_vqvae\n"
                "vqvae completions fish >~/.config/fish/completions/vqvae.fish",
    .run = run,
};
