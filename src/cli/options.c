/* SPDX-License-Identifier: MIT */
#include "cli/options.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

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
     {{"prior", PRIOR_METAVAR,
       "the prior to use, of those built in builtin for the codes of cifar10, photo "
       "for those of photo; without it $VQVAE_PRIOR, then builtin",
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

static void add(option_list *l, const option *o)
{
    assert(l->n < OPTIONS_MAX);
    l->o[l->n++] = *o;
}

/* Those of the library have no letters. */
static void add_library(option_list *l, bool (*at)(int, vq_option *))
{
    option o = {.letter = 0};
    for (int i = 0; at(i, &o.text); i++)
        add(l, &o);
}

void options_of(const command *cmd, option_list *l)
{
    l->n = 0;
    for (const option *own = cmd->options; own && own->text.name; own++)
        add(l, own);
    l->library = l->n;
    if (cmd->groups & OPTIONS_TRAINING)
        add_library(l, vq_option_at);
    if (cmd->groups & OPTIONS_PRIOR)
        add_library(l, vq_prior_option_at);
    l->library_end = l->n;
    for (size_t s = 0; s < sizeof shared / sizeof *shared; s++)
        if (!shared[s].group || (cmd->groups & shared[s].group))
            add(l, &shared[s].option);
}

bool option_choice(const char *metavar, int i, char word[64])
{
    for (; metavar && i > 0; i--) {
        metavar = strchr(metavar, '|');
        metavar = metavar ? metavar + 1 : NULL;
    }
    if (metavar && *metavar == '[') /* of an operand that may be left out */
        metavar++;
    size_t n = metavar ? strcspn(metavar, "|]") : 0;
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
