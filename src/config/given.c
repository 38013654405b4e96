/*
 * SPDX-License-Identifier: MIT
 *
 * Options that do nothing beside others: what somebody said must not be without effect.
 * Implements vq_config_check_given.
 */
#include <string.h>

#include "config/checks.h"
#include "config/fields.h"

/* An option, of that value or of any, that counts only where another is one of some. */
static const struct rule {
    const char *option, *value; /* NULL: any */
    const char *other, *values; /* "a|b" */
} rules[] = {
    {"fsq-levels", NULL, "codebook", "fsq"},
    {"codes", NULL, "codebook", "ema|gradient|simvq"},
    {"code-dim", NULL, "codebook", "ema|gradient|simvq"},
    {"code-init", NULL, "codebook", "ema|gradient|simvq"},
    {"code-init", NULL, "init-codes", "uniform"},
    {"ema-decay", NULL, "codebook", "ema"},
    {"ema-rule", NULL, "codebook", "ema"},
    {"beta-on", "codebook", "codebook", "gradient|simvq"},
    {"beta", NULL, "codebook", "ema|gradient|simvq"},
    {"revive", NULL, "codebook", "ema|gradient"}, /* which vq_config_set turns off */
    {"lr-end", NULL, "schedule", "cosine"},
    {"lr-every", NULL, "schedule", "step"},
    {"lr-factor", NULL, "schedule", "step"},
};

static bool is_given(const char *option, const char *const *names, int n)
{
    const field *f = field_find(option);
    for (int i = 0; f && i < n; i++)
        if (field_is(f, names[i]))
            return true;
    return false;
}

/* Is the word one of "a|b"? */
static bool is_among(const char *word, const char *words)
{
    const size_t n = strlen(word);
    for (const char *at = words; at; at = strchr(at, '|')) {
        at += *at == '|';
        if (strncmp(at, word, n) == 0 && (at[n] == '|' || !at[n]))
            return true;
    }
    return false;
}

static vq_status refuse(const struct rule *r, const char *is, vq_error *err)
{
    const char *value = r->value ? r->value : "", *blank = r->value ? " " : "";
    if (strcmp(is, "fsq") == 0 && strncmp(r->option, "code", 4) == 0)
        return vq_fail(err, VQ_EUSAGE,
                       "--%s does not go with --codebook fsq, whose codes follow from "
                       "--fsq-levels",
                       r->option);
    return vq_fail(err, VQ_EUSAGE,
                   "--%s%s%s does nothing with --%s %s: it is for --%s %s", r->option,
                   blank, value, r->other, is, r->other, r->values);
}

vq_status vq_config_check_given(const vq_config *config, const char *const *names,
                                int n, vq_error *err)
{
    char text[CONFIG_TEXT_MAX];
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const struct rule *r = &rules[i];
        if (!is_given(r->option, names, n))
            continue;
        field_text(config, field_find(r->option), text);
        if (r->value && strcmp(text, r->value) != 0)
            continue;
        field_text(config, field_find(r->other), text);
        if (!is_among(text, r->values))
            return refuse(r, text, err);
    }
    return VQ_OK;
}
