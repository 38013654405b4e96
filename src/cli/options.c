/* SPDX-License-Identifier: MIT */
#include "cli/options.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"
#include "cli/suggest.h"

/* A macro's value as text. */
#define TEXT(macro) TEXT_OF(macro)
#define TEXT_OF(value) #value

static const struct {
    unsigned group; /* 0: every command */
    option option;
} shared[] = {
    {OPTION_MODEL,
     {{"model", "cifar10|photo|latest|RUN|FILE",
       "the model to use; without it $VQVAE_MODEL, then a built-in one: photo for "
       "pictures with a side over 64 pixels, cifar10 for others, for codes the one "
       "that "
       "made them",
       ""},
      'm'}},
    {OPTION_PRIOR,
     {{"prior", "builtin|latest|RUN|FILE",
       "the prior to use; without it $VQVAE_PRIOR, then the one built into the program",
       ""},
      0}},
    {OPTION_REFINE,
     {{"refine", "N",
       "passes that look for codes which decode to something closer to the picture; 0: "
       "the nearest codes, at once",
       TEXT(VQ_REFINE)},
      0}},
    {OPTION_THREADS,
     {{"threads", "N", "number of threads; 0 is one per processor", "0"}, 0}},
    {OPTION_JSON, {{"json", NULL, "print results as JSON on standard output", ""}, 0}},
    {OPTION_QUIET, {{"quiet", NULL, "print no progress and no notes", ""}, 'q'}},
    {0, {{"help", NULL, "show this help and exit", ""}, 'h'}},
};

bool option_at(const command *cmd, int i, option *o)
{
    for (const option *own = cmd->options; own && own->text.name; own++)
        if (i-- == 0) {
            *o = *own;
            return true;
        }
    *o = (option){0};
    for (int t = 0; (cmd->groups & OPTIONS_TRAINING) && vq_option_at(t, &o->text); t++)
        if (i-- == 0)
            return true;
    for (int t = 0; (cmd->groups & OPTIONS_PRIOR) && vq_prior_option_at(t, &o->text);
         t++)
        if (i-- == 0)
            return true;
    for (size_t s = 0; s < sizeof shared / sizeof *shared; s++)
        if ((!shared[s].group || (cmd->groups & shared[s].group)) && i-- == 0) {
            *o = shared[s].option;
            return true;
        }
    return false;
}

bool option_choice(const char *metavar, int i, char word[64])
{
    for (; metavar && i > 0; i--) {
        metavar = strchr(metavar, '|');
        metavar = metavar ? metavar + 1 : NULL;
    }
    size_t n = metavar ? strcspn(metavar, "|") : 0;
    if (n == 0 || n >= 64)
        return false;
    memcpy(word, metavar, n);
    word[n] = '\0';
    return true;
}

bool option_choice_is_literal(const char *word)
{
    return islower((unsigned char)word[0]);
}

/* ---- parsing -----------------------------------------------------------------------
 */

static bool find_name(const command *cmd, const char *name, size_t n, option *o)
{
    for (int i = 0; option_at(cmd, i, o); i++)
        if (strlen(o->text.name) == n && memcmp(o->text.name, name, n) == 0)
            return true;
    return false;
}

static bool find_letter(const command *cmd, char letter, option *o)
{
    for (int i = 0; option_at(cmd, i, o); i++)
        if (o->letter == letter)
            return true;
    return false;
}

/* `word` is as it was typed, with its dashes; what follows an '=' is not the name. */
static vq_status unknown_option(const command *cmd, const char *word, vq_error *err)
{
    int n = (int)strcspn(word, "=");
    char name[SUGGEST_MAX];
    snprintf(name, sizeof name, "%.*s", n, word);
    suggestion s = {.typed = name + strspn(name, "-")};
    option o;
    for (int i = 0; option_at(cmd, i, &o); i++)
        suggest_consider(&s, o.text.name);
    return vq_fail(err, VQ_EUSAGE, "unknown option '%.*s', the nearest is '--%s'", n,
                   word, s.best);
}

static void give(args *a, const option *o, const char *value)
{
    a->given[a->n_given].name = o->text.name;
    a->given[a->n_given].value = value;
    a->n_given++;
    if (strcmp(o->text.name, "help") == 0)
        a->help = true;
}

/* The words still to be parsed. */
typedef struct words {
    int n;
    char **word;
} words;

static const char *next_word(words *w)
{
    return w->n > 0 ? (w->n--, *w->word++) : NULL;
}

/* --name, --name=value or --name and the next word. */
static vq_status parse_long(args *a, const char *word, words *rest, vq_error *err)
{
    const char *name = word + 2, *equals = strchr(name, '=');
    option o;
    if (!find_name(a->cmd, name, strcspn(name, "="), &o))
        return unknown_option(a->cmd, word, err);
    if (!o.text.metavar && equals)
        return vq_fail(err, VQ_EUSAGE, "option '--%s' takes no value", o.text.name);
    const char *value = NULL;
    if (o.text.metavar && !(value = equals ? equals + 1 : next_word(rest)))
        return vq_fail(err, VQ_EUSAGE, "option '--%s' needs a value: %s", o.text.name,
                       o.text.metavar);
    give(a, &o, value);
    return VQ_OK;
}

/* -q, -ovalue, -o and the next word, or switches in a row and then one of these. */
static vq_status parse_short(args *a, const char *word, words *rest, vq_error *err)
{
    for (const char *letter = word + 1; *letter && !a->help; letter++) {
        option o;
        if (!find_letter(a->cmd, *letter, &o))
            return unknown_option(a->cmd, word, err);
        if (!o.text.metavar) {
            give(a, &o, NULL);
            continue;
        }
        const char *value = letter[1] ? letter + 1 : next_word(rest);
        if (!value)
            return vq_fail(err, VQ_EUSAGE, "option '-%c' needs a value: %s", *letter,
                           o.text.metavar);
        give(a, &o, value);
        break;
    }
    return VQ_OK;
}

static vq_status check_operands(const args *a, vq_error *err)
{
    const command *cmd = a->cmd;
    if (a->n_operands > cmd->most)
        return vq_fail(err, VQ_EUSAGE, "extra operand '%s'", a->operand[cmd->most]);
    if (a->n_operands < cmd->least)
        return vq_fail(err, VQ_EUSAGE, "missing operand, expected: %s", cmd->operands);
    return VQ_OK;
}

vq_status args_parse(args *a, const command *cmd, int argc, char **argv, vq_error *err)
{
    *a = (args){.cmd = cmd};
    /* A word can hold several switches, but not more than its letters. */
    size_t most = 1;
    for (int i = 0; i < argc; i++)
        most += strlen(argv[i]) + 1;
    a->given = calloc(most, sizeof *a->given);
    a->operand = calloc(most, sizeof *a->operand);
    if (!a->given || !a->operand)
        return vq_fail_memory(err, most * sizeof *a->given);

    vq_status status = VQ_OK;
    bool only_operands = false;
    words rest = {argc, argv};
    for (const char *word; !a->help && (word = next_word(&rest));) {
        if (only_operands || word[0] != '-' || !word[1])
            a->operand[a->n_operands++] = word;
        else if (strcmp(word, "--") == 0)
            only_operands = true;
        else if (word[1] == '-')
            TRY(parse_long(a, word, &rest, err));
        else
            TRY(parse_short(a, word, &rest, err));
    }
    if (!a->help)
        status = check_operands(a, err);
out:
    return status;
}

void args_release(args *a)
{
    free(a->given);
    free(a->operand);
    *a = (args){0};
}

const char *args_value(const args *a, const char *name)
{
    const char *value = NULL;
    for (int i = 0; i < a->n_given; i++)
        if (strcmp(a->given[i].name, name) == 0)
            value = a->given[i].value;
    return value;
}

bool args_has(const args *a, const char *name)
{
    for (int i = 0; i < a->n_given; i++)
        if (strcmp(a->given[i].name, name) == 0)
            return true;
    return false;
}
