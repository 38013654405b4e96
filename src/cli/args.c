/*
 * SPDX-License-Identifier: MIT
 *
 * The words of a command line, read by the table of a command's options.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ending.h"
#include "base/status.h"
#include "cli/options.h"
#include "cli/suggest.h"

/* ---- finding options ---------------------------------------------------------------
 */

static bool is_named(const option *o, const char *name, size_t n)
{
    if (strlen(o->text.name) != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (o->text.name[i] != (name[i] == '_' ? '-' : name[i]))
            return false;
    return true;
}

/* NULL: none is named so. */
static const option *find_name(const option_list *l, const char *name, size_t n)
{
    for (int i = 0; i < l->n; i++)
        if (is_named(&l->o[i], name, n))
            return &l->o[i];
    return NULL;
}

/* "no-" before the name of a switch. */
static const option *find_negated(const option_list *l, const char *name, size_t n)
{
    const option *o = n > 3 && is_named(&(option){.text = {.name = "no-"}}, name, 3)
                          ? find_name(l, name + 3, n - 3)
                          : NULL;
    return o && !o->text.metavar ? o : NULL;
}

static const option *find_letter(const option_list *l, char letter)
{
    for (int i = 0; i < l->n; i++)
        if (l->o[i].letter == letter)
            return &l->o[i];
    return NULL;
}

/* ---- parsing ------------------------------------------------------------------------
 */

/* `word` is as it was typed, with its dashes; what follows an '=' is not the name. */
static vq_status unknown_option(const option_list *l, const char *word, vq_error *err)
{
    int n = (int)strcspn(word, "=");
    char name[SUGGEST_MAX];
    snprintf(name, sizeof name, "%.*s", n, word);
    suggestion s = {.typed = name + strspn(name, "-")};
    for (int i = 0; i < l->n; i++)
        suggest_consider(&s, l->o[i].text.name);
    if (!suggest_is_near(&s))
        return vq_fail(err, VQ_EUSAGE, "unknown option '%.*s'", n, word);
    return vq_fail(err, VQ_EUSAGE, "unknown option '%.*s', did you mean '--%s'?", n,
                   word, s.best);
}

static void give(args *a, const option *o, const char *value)
{
    const bool is_switch = !o->text.metavar;
    const option_list *l = &a->options;
    a->given[a->n_given].name = o->text.name;
    a->given[a->n_given].value = value;
    a->given[a->n_given].is_switch = is_switch;
    a->given[a->n_given].is_library =
        o >= l->o + l->library && o < l->o + l->library_end;
    a->n_given++;
    if (is_switch && strcmp(o->text.name, "help") == 0)
        a->help = strcmp(value, "yes") == 0;
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

/* --name, --name=yes or --name=no. */
static vq_status parse_switch(args *a, const option *o, const char *value,
                              vq_error *err)
{
    if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
        return vq_fail(err, VQ_EUSAGE, "option '--%s' is yes or no, not '%s'",
                       o->text.name, value);
    give(a, o, value);
    return VQ_OK;
}

/* A switch, --no-name, --name=value, or --name and the next word. */
static vq_status parse_long(args *a, const char *word, words *rest, vq_error *err)
{
    const char *name = word + 2, *equals = strchr(name, '=');
    const size_t n = strcspn(name, "=");
    const option *o = find_name(&a->options, name, n);
    if (!o) {
        o = find_negated(&a->options, name, n);
        if (!o)
            return unknown_option(&a->options, word, err);
        if (equals)
            return vq_fail(err, VQ_EUSAGE, "option '--no-%s' takes no value",
                           o->text.name);
        return parse_switch(a, o, "no", err);
    }
    if (!o->text.metavar)
        return parse_switch(a, o, equals ? equals + 1 : "yes", err);
    const char *value = equals ? equals + 1 : next_word(rest);
    if (!value)
        return vq_fail(err, VQ_EUSAGE, "option '--%s' needs a value: %s", o->text.name,
                       o->text.metavar);
    give(a, o, value);
    return VQ_OK;
}

/* -q, -ovalue, -o and the next word, or switches in a row and then one of these. */
static vq_status parse_short(args *a, const char *word, words *rest, vq_error *err)
{
    for (const char *letter = word + 1; *letter && !a->help; letter++) {
        const option *o = find_letter(&a->options, *letter);
        if (!o)
            return unknown_option(&a->options, word, err);
        if (!o->text.metavar) {
            give(a, o, "yes");
            continue;
        }
        const char *value = letter[1] ? letter + 1 : next_word(rest);
        if (!value)
            return vq_fail(err, VQ_EUSAGE, "option '-%c' needs a value: %s", *letter,
                           o->text.metavar);
        give(a, o, value);
        break;
    }
    return VQ_OK;
}

/* The option that an operand was meant for: --model for what is named like one, else
 * what the command says; NULL: none. */
static const char *option_for(const args *a, const char *operand)
{
    static const char *const endings[] = {".safetensors", ".pth", ".pt", ".ckpt", NULL};
    if (ending_among(operand, endings) && find_name(&a->options, "model", 5))
        return "model";
    return a->cmd->stray;
}

static vq_status check_operands(const args *a, vq_error *err)
{
    const command *cmd = a->cmd;
    if (a->n_operands > cmd->most) {
        const char *extra = a->operand[cmd->most], *meant = option_for(a, extra);
        if (!meant)
            return vq_fail(err, VQ_EUSAGE, "extra operand '%s'", extra);
        return vq_fail(err, VQ_EUSAGE, "extra operand '%s', did you mean '--%s %s'?",
                       extra, meant, extra);
    }
    if (a->n_operands < cmd->least)
        return vq_fail(err, VQ_EUSAGE, "missing operand, expected: %s", cmd->operands);
    return VQ_OK;
}

vq_status args_parse(args *a, const command *cmd, int argc, char **argv, vq_error *err)
{
    *a = (args){.cmd = cmd};
    options_of(cmd, &a->options);
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

/* ---- what was given -----------------------------------------------------------------
 */

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
    for (int i = a->n_given - 1; i >= 0; i--)
        if (strcmp(a->given[i].name, name) == 0)
            return !a->given[i].is_switch || strcmp(a->given[i].value, "yes") == 0;
    return false;
}

/* Words that an option and its value are: 1 or 2; 0: it is no option of the command. */
static int words_of(const option_list *l, const char *word)
{
    if (word[0] != '-' || !word[1] || strcmp(word, "--") == 0)
        return 0;
    if (word[1] == '-') {
        const size_t n = strcspn(word + 2, "=");
        const option *o = find_name(l, word + 2, n);
        if (!o)
            return find_negated(l, word + 2, n) ? 1 : 0;
        return o->text.metavar && word[2 + n] != '=' ? 2 : 1;
    }
    for (const char *letter = word + 1; *letter; letter++) {
        const option *o = find_letter(l, *letter);
        if (!o)
            return 0;
        if (o->text.metavar)
            return letter[1] ? 1 : 2;
    }
    return 1;
}

bool args_are_options(const command *cmd, int n, char **argv)
{
    option_list l;
    int i = 0;
    if (n == 0) /* as a rule, and the list takes a while */
        return true;
    options_of(cmd, &l);
    while (i < n) {
        const int taken = words_of(&l, argv[i]);
        if (taken == 0)
            return false;
        i += taken;
    }
    return i == n;
}
