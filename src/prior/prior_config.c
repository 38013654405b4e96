/* SPDX-License-Identifier: MIT */
#include "prior/prior_config.h"

#include <stdio.h>
#include <string.h>

#include "config/checks.h"
#include "config/config_json.h"

#define AT(member) offsetof(vq_prior_config, member)

/* clang-format off: a table reads better with one row a line */
static const field own[] = {
    {"model", TEXT, CONFIG_RECIPE, AT(model), 0, VQ_PATH_MAX, NULL,
     "cifar10|photo|latest|RUN|FILE",
     "the VQ-VAE whose codes are learned; without it $VQVAE_MODEL, then photo for "
     "pictures with a side over 64 pixels, else cifar10"},
    {"width", INT, CONFIG_ARCHITECTURE, AT(width), 1, 1024, NULL, "N",
     "channels of both stacks"},
    {"depth", INT, CONFIG_ARCHITECTURE, AT(depth), 1, 24, NULL, "N", "gated layers"},
    {"first-kernel", INT, CONFIG_ARCHITECTURE, AT(first_kernel), 3, 15,
     "3|5|7|9|11|13|15", "N", "kernel size of the first layer, odd"},
    {"kernel", INT, CONFIG_ARCHITECTURE, AT(kernel), 3, 15, "3|5|7|9|11|13|15", "N",
     "kernel size of the other layers, odd"},
    {"head", INT, CONFIG_ARCHITECTURE, AT(head), 1, 16384, NULL, "N",
     "channels between the last layer and the logits"},
    {"unconditional", SWITCH, CONFIG_ARCHITECTURE, AT(unconditional), 0, 0, NULL, NULL,
     "learn nothing of the pictures' classes"},
    {"nameless", REAL, CONFIG_RECIPE, AT(nameless), 0, 1, NULL, "X",
     "share of pictures learned without their class, as one more class that stands for "
     "none; 0: there is no such class"},
    {"flip", SWITCH, CONFIG_RECIPE, AT(flip), 0, 0, NULL, NULL,
     "learn the pictures' mirror images too"},
    {"refine", INT, CONFIG_RECIPE, AT(refine), 0, VQ_REFINE_MAX, NULL, "N",
     "passes that the learned codes are refined by, as encode --refine; 0: the "
     "nearest"},
    {"dropout", REAL, CONFIG_RECIPE, AT(dropout), 0, 0.9, NULL, "X",
     "share of what a layer adds that is left out, at random"},
    {"validation", INT, CONFIG_RECIPE, AT(validation), 0, 1000000, NULL, "N",
     "pictures held out to choose the best weights by; 0: the last are kept"},
};

/* What any training has, and a prior's default where it is not vq_config's. */
static const struct {
    const char *name, *value;
} common[] = {
    {"data", "cifar10"},    {"data-dir", NULL},     {"run", NULL},
    {"out", NULL},          {"steps", NULL},        {"epochs", NULL},
    {"time-budget", NULL},  {"batch-size", "64"},   {"crop", "128"},
    {"lr", "1e-3"},         {"schedule", "cosine"}, {"warmup", "200"},
    {"lr-end", NULL},       {"lr-every", NULL},     {"lr-factor", NULL},
    {"weight-decay", NULL}, {"clip", "1"},          {"weight-ema", "0.999"},
    {"init", NULL},         {"cache", NULL},        {"skip-bad", NULL},
    {"order", NULL},        {"seed", NULL},         {"threads", NULL},
    {"log-every", NULL},    {"sample-every", NULL}, {"save-every", NULL},
    {"resume", NULL},       {"force", NULL},        {"precision", NULL},
};
/* clang-format on */

#define N_OWN ((int)(sizeof own / sizeof own[0]))
#define N_COMMON ((int)(sizeof common / sizeof common[0]))

/* The i-th field and the struct that it lies in; NULL past the last one. */
static const field *row_at(const void *c, int i, const void **base)
{
    const vq_prior_config *config = c;
    if (i < N_OWN) {
        *base = config;
        return &own[i];
    }
    *base = &config->training;
    return i < N_OWN + N_COMMON ? field_find(common[i - N_OWN].name) : NULL;
}

void vq_prior_config_default(vq_prior_config *config)
{
    *config = (vq_prior_config){.width = 64,
                                .depth = 15,
                                .first_kernel = 7,
                                .kernel = 3,
                                .head = 512,
                                .nameless = 0.1,
                                .flip = true,
                                .validation = 2000};
    vq_config_preset(&config->training, "sonnet", NULL);
    for (int i = 0; i < N_COMMON; i++)
        if (common[i].value)
            vq_config_set(&config->training, common[i].name, common[i].value, NULL);
}

vq_status vq_prior_config_set(vq_prior_config *config, const char *name,
                              const char *value, vq_error *err)
{
    const void *base;
    const field *f;
    if (strcmp(name, "no_flip") == 0) { /* the name that runs once wrote down */
        name = "flip";
        value = strcmp(value, "yes") == 0 ? "no" : "yes";
    }
    for (int i = 0; (f = row_at(config, i, &base)); i++) {
        if (!field_is(f, name))
            continue;
        return i < N_OWN ? field_set(config, f, value, err)
                         : vq_config_set(&config->training, name, value, err);
    }
    return vq_fail(err, VQ_EUSAGE, "no option of a prior is named '%s'", name);
}

bool prior_config_field_at(const vq_prior_config *config, int i,
                           char key[CONFIG_KEY_MAX], config_part *part,
                           char text[CONFIG_TEXT_MAX])
{
    const void *base;
    const field *f = row_at(config, i, &base);
    if (!f)
        return false;
    field_key(f, key);
    *part = f->part;
    field_text(base, f, text);
    return true;
}

/* A prior starts from a file alone, and its sizes are those of the options. */
static const char *help_of(const field *f)
{
    return strcmp(f->name, "init") == 0
               ? "start from the weights of this prior's file, which has the same sizes"
               : f->help;
}

bool vq_prior_option_at(int i, vq_option *option)
{
    vq_prior_config usual;
    const void *base;
    const field *f;
    for (int row = 0; (f = row_at(&usual, row, &base)); row++) {
        if (!f->help || i-- > 0)
            continue;
        vq_prior_config_default(&usual);
        char text[CONFIG_TEXT_MAX] = "";
        if ((f->type != SWITCH || *(const bool *)((const char *)base + f->offset)) &&
            f->type != DURATION && f->offset != offsetof(vq_config, epochs))
            field_text(base, f, text);
        *option = (vq_option){.name = f->name,
                              .metavar = f->metavar ? f->metavar : f->choices,
                              .help = help_of(f)};
        snprintf(option->value, sizeof option->value, "%.60s", text);
        return true;
    }
    return false;
}

vq_status prior_config_check(const vq_prior_config *c, vq_error *err)
{
    vq_status status = config_check_length(&c->training, err);
    const void *base;
    const field *f;
    for (int i = 0; (f = row_at(c, i, &base)) && status == VQ_OK; i++)
        status = config_check_text(base, f, err);
    return status;
}

vq_status prior_config_to_json(const vq_prior_config *config, char **json,
                               vq_error *err)
{
    return config_json_write(config, row_at, json, err);
}

/* A config_set_fn. */
static vq_status set_field(void *config, const char *key, const char *value,
                           vq_error *err)
{
    return vq_prior_config_set(config, key, value, err);
}

vq_status vq_prior_config_load(vq_prior_config *config, const char *folder,
                               vq_error *err)
{
    vq_prior_config read;
    vq_prior_config_default(&read);
    vq_status status = config_json_read(&read, folder, set_field, err);
    if (status != VQ_OK)
        return status;
    *config = read;
    snprintf(config->training.out, sizeof config->training.out, "%s", folder);
    config->training.resume = config->training.force = false;
    return VQ_OK;
}
