/* SPDX-License-Identifier: MIT */
#include "model/config.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/file.h"

typedef enum field_type { INT, INT64, UINT64, REAL, SWITCH, CHOICE, TEXT } field_type;

typedef struct field {
    const char *name; /* as on the command line */
    field_type type;
    config_part part;
    size_t offset;
    double min, max;     /* of numbers; max of TEXT: bytes it can hold */
    const char *choices; /* of CHOICE: "ema|gradient" is 0, 1 */
    const char *metavar; /* NULL: the choices */
    const char *help;    /* NULL: not an option by itself */
} field;

#define AT(member) offsetof(vq_config, member)
#define ARCH CONFIG_ARCHITECTURE
#define RECIPE CONFIG_RECIPE
#define SCHED CONFIG_SCHEDULE
#define RUN CONFIG_RUN
#define PATH VQ_PATH_MAX

/* clang-format off: a table reads better with one row a line */
static const field fields[] = {
    {"data", TEXT, RECIPE, AT(data), 0, PATH, NULL, "cifar10|cifar100|shapes|PATH",
     "what to train on; PATH is a CIFAR-style .bin file or a folder of them"},
    {"data-dir", TEXT, RUN, AT(data_dir), 0, PATH, NULL, "DIR",
     "folder that holds the CIFAR files"},
    {"preset", TEXT, RUN, AT(preset), 0, 32, NULL, NULL, NULL},
    {"out", TEXT, RUN, AT(out), 0, PATH, NULL, "DIR",
     "run folder; by default a new one under runs/"},
    {"steps", INT64, SCHED, AT(steps), 0, 1e12, NULL, "N", "updates to train for"},
    {"epochs", REAL, SCHED, AT(epochs), 0, 1e9, NULL, "X",
     "passes over the data to train for, instead of --steps"},
    {"batch-size", INT, RECIPE, AT(batch_size), 1, 65536, NULL, "N",
     "images in a batch"},
    {"lr", REAL, SCHED, AT(lr), 0, 1e6, NULL, "X", "learning rate of Adam"},
    {"hidden", INT, ARCH, AT(hidden), 2, 4096, NULL, "N",
     "channels of the encoder and the decoder; even"},
    {"res-hidden", INT, ARCH, AT(res_hidden), 1, 4096, NULL, "N",
     "channels inside a residual block"},
    {"res-layers", INT, ARCH, AT(res_layers), 0, 16, NULL, "N",
     "residual blocks in each stack"},
    {"codes", INT, ARCH, AT(codes), 2, 65536, NULL, "K", "codebook size"},
    {"code-dim", INT, ARCH, AT(code_dim), 1, 4096, NULL, "D", "dimension of a code"},
    {"beta", REAL, RECIPE, AT(beta), 0, 1e6, NULL, "X",
     "weight of the commitment loss"},
    {"codebook", CHOICE, ARCH, AT(codebook), 0, 0, "ema|gradient", NULL,
     "how the codebook learns: by moving averages or by the codebook loss"},
    {"ema-decay", REAL, RECIPE, AT(ema_decay), 0, 0.999999, NULL, "X",
     "decay of the moving averages"},
    {"optimizer", CHOICE, RECIPE, AT(optimizer), 0, 0, "adam|amsgrad", NULL,
     "optimizer"},
    {"residual-skip", CHOICE, ARCH, AT(residual_skip), 0, 0, "identity|relu", NULL,
     "what a residual block adds to: its input, or its input after ReLU"},
    {"tie-residual", SWITCH, ARCH, AT(tie_residual), 0, 0, NULL, NULL,
     "share one set of weights between the residual blocks of a stack"},
    {"beta-on", CHOICE, RECIPE, AT(beta_on), 0, 0, "commitment|codebook", NULL,
     "which loss beta multiplies"},
    {"init", TEXT, RECIPE, AT(init), 0, PATH, NULL, "FILE.safetensors",
     "start from these weights"},
    {"order", TEXT, RECIPE, AT(order), 0, PATH, NULL, "FILE.npy",
     "image index of every sample, in order, instead of shuffling"},
    {"seed", UINT64, RECIPE, AT(seed), 0, 0, NULL, "N",
     "seed of the weights and of the shuffling"},
    {"threads", INT, RUN, AT(threads), 0, 1024, NULL, "N",
     "workers, 0 for one per processor; the result is the same at any number"},
    {"log-every", INT64, RUN, AT(log_every), 1, 1e12, NULL, "N",
     "steps between log lines"},
    {"sample-every", INT64, RUN, AT(sample_every), 0, 1e12, NULL, "N",
     "steps between sample pictures; 0: only at the end"},
    {"save-every", INT64, RUN, AT(save_every), 0, 1e12, NULL, "N",
     "steps between checkpoints; 0: only at the end"},
    {"resume", SWITCH, RUN, AT(resume), 0, 0, NULL, NULL,
     "continue the run in --out, or the latest one, as if never stopped"},
    {"force", SWITCH, RUN, AT(force), 0, 0, NULL, NULL,
     "overwrite the run that --out holds"},
    {"decoder-first", CHOICE, ARCH, AT(decoder_first), 0, 0, "conv|convt", NULL,
     "first decoder layer: convolution or transposed convolution"},
    {"input-scale", CHOICE, ARCH, AT(input_scale), 0, 0, "half|one", NULL,
     "pixels scaled to [-.5,.5] or to [-1,1]"},
    {"ema-rule", CHOICE, RECIPE, AT(ema_rule), 0, 0, "debiased|smoothed", NULL,
     "moving averages as sonnet computes them, or as zalando does"},
    {"code-init", CHOICE, RECIPE, AT(code_init), 0, 0, "fan-d|fan-k|normal", NULL,
     "first codes: uniform +-sqrt(3/D), uniform +-1/K, or normal"},
    {"recon-variance", CHOICE, RECIPE, AT(recon_variance), 0, 0, "input|unit", NULL,
     "variance that divides the loss: of the scaled input, or of x/255"},
    {"batches", CHOICE, RECIPE, AT(batches), 0, 0, "epochs|fresh", NULL,
     "shuffled epochs, or a fresh shuffle for every step"},
    {"kernels", CHOICE, RECIPE, AT(kernels), 0, 0, "auto|reference", NULL,
     "convolution kernels: the fastest, or plain im2row and BLAS"},
};
/* clang-format on */

#define N_FIELDS ((int)(sizeof fields / sizeof fields[0]))

/* The default preset; the others say where they differ. */
static const vq_config sonnet = {
    .hidden = 128,
    .res_hidden = 32,
    .res_layers = 2,
    .codes = 512,
    .code_dim = 64,
    .beta = 0.25,
    .ema_decay = 0.99,
    .lr = 3e-4,
    .batch_size = 32,
    .steps = 10000,
    .seed = 1,
    .preset = "sonnet",
    .data = "shapes",
    .data_dir = "data",
    .log_every = 100,
    .sample_every = 1000,
    .save_every = 1000,
};

static const struct preset {
    const char *name;
    const char *settings[24]; /* name, value, name, value ... NULL */
} presets[] = {
    {"sonnet", {NULL}},
    {"zalando",
     {"batch-size", "256", "steps", "15000", "lr", "1e-3", "residual-skip", "relu",
      "recon-variance", "unit", "ema-rule", "smoothed", "code-init", "normal",
      "batches", "fresh", NULL}},
    {"mishalaskin",
     {"steps",
      "5000",
      "optimizer",
      "amsgrad",
      "input-scale",
      "one",
      "recon-variance",
      "unit",
      "residual-skip",
      "relu",
      "tie-residual",
      "yes",
      "beta-on",
      "codebook",
      "codebook",
      "gradient",
      "code-init",
      "fan-k",
      "decoder-first",
      "convt",
      "batches",
      "fresh",
      NULL}},
    {"paper",
     {"batch-size", "128", "steps", "250000", "lr", "2e-4", "hidden", "256",
      "res-hidden", "256", "codebook", "gradient", "code-init", "fan-k", NULL}},
};

void config_double_text(double x, char text[32])
{
    if (x == floor(x) && fabs(x) < 1e15) {
        snprintf(text, 32, "%.0f", x);
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, 32, "%.*g", digits, x);
        if (strtod(text, NULL) == x)
            return;
    }
}

/* The field of that name, where "-" and "_" are the same letter; NULL: none. */
static const field *find_field(const char *name)
{
    for (int i = 0; i < N_FIELDS; i++) {
        const char *a = fields[i].name, *b = name;
        while (*a && (*a == *b || (*a == '-' && *b == '_')))
            a++, b++;
        if (*a == *b)
            return &fields[i];
    }
    return NULL;
}

/* Copy the i-th of "a|b|c" to text; false past the last one. */
static bool choice_at(const char *choices, int i, char *text, size_t size)
{
    for (; i > 0; i--) {
        choices = strchr(choices, '|');
        if (!choices)
            return false;
        choices++;
    }
    snprintf(text, size, "%.*s", (int)strcspn(choices, "|"), choices);
    return true;
}

static void field_text(const vq_config *config, const field *f,
                       char text[CONFIG_TEXT_MAX])
{
    const void *at = (const char *)config + f->offset;
    switch (f->type) {
    case INT:
        snprintf(text, CONFIG_TEXT_MAX, "%d", *(const int *)at);
        break;
    case INT64:
        snprintf(text, CONFIG_TEXT_MAX, "%" PRId64, *(const int64_t *)at);
        break;
    case UINT64:
        snprintf(text, CONFIG_TEXT_MAX, "%" PRIu64, *(const uint64_t *)at);
        break;
    case REAL:
        config_double_text(*(const double *)at, text);
        break;
    case SWITCH:
        snprintf(text, CONFIG_TEXT_MAX, "%s", *(const bool *)at ? "yes" : "no");
        break;
    case CHOICE:
        choice_at(f->choices, *(const int *)at, text, CONFIG_TEXT_MAX);
        break;
    case TEXT:
        snprintf(text, CONFIG_TEXT_MAX, "%s", (const char *)at);
        break;
    }
}

bool config_field_at(const vq_config *config, int i, char key[CONFIG_KEY_MAX],
                     config_part *part, char text[CONFIG_TEXT_MAX])
{
    if (i < 0 || i >= N_FIELDS)
        return false;
    snprintf(key, CONFIG_KEY_MAX, "%s", fields[i].name);
    for (char *c = key; *c; c++)
        if (*c == '-')
            *c = '_';
    *part = fields[i].part;
    field_text(config, &fields[i], text);
    return true;
}

static vq_status set_seed(uint64_t *at, const field *f, const char *value,
                          vq_error *err)
{
    char *end = NULL;
    errno = 0;
    uint64_t x = strtoull(value, &end, 10);
    if (!isdigit((unsigned char)value[0]) || *end || errno)
        return vq_fail(err, VQ_EUSAGE,
                       "%s is a whole number from 0 to %" PRIu64 ", not '%s'", f->name,
                       UINT64_MAX, value);
    *at = x;
    return VQ_OK;
}

static vq_status set_number(void *at, const field *f, const char *value, vq_error *err)
{
    char *end = NULL, low[32], high[32];
    double x = strtod(value, &end);
    bool whole = f->type != REAL;
    if (end == value || *end || !(x >= f->min && x <= f->max) ||
        (whole && x != floor(x))) {
        config_double_text(f->min, low);
        config_double_text(f->max, high);
        return vq_fail(err, VQ_EUSAGE, "%s is a %snumber from %s to %s, not '%s'",
                       f->name, whole ? "whole " : "", low, high, value);
    }
    if (f->type == INT)
        *(int *)at = (int)x;
    else if (f->type == INT64)
        *(int64_t *)at = (int64_t)x;
    else
        *(double *)at = x;
    return VQ_OK;
}

static vq_status set_choice(int *at, const field *f, const char *value, vq_error *err)
{
    char choice[CONFIG_KEY_MAX];
    for (int i = 0; choice_at(f->choices, i, choice, sizeof choice); i++)
        if (strcmp(choice, value) == 0) {
            *at = i;
            return VQ_OK;
        }
    return vq_fail(err, VQ_EUSAGE, "%s is one of %s, not '%s'", f->name, f->choices,
                   value);
}

static vq_status set_switch(bool *at, const field *f, const char *value, vq_error *err)
{
    if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
        return vq_fail(err, VQ_EUSAGE, "%s is yes or no, not '%s'", f->name, value);
    *at = strcmp(value, "yes") == 0;
    return VQ_OK;
}

static vq_status set_text(char *at, const field *f, const char *value, vq_error *err)
{
    size_t length = strlen(value);
    if (length >= (size_t)f->max)
        return vq_fail(err, VQ_EUSAGE, "%s is longer than %d bytes", f->name,
                       (int)f->max - 1);
    memcpy(at, value, length + 1);
    return VQ_OK;
}

static vq_status set_field(vq_config *config, const field *f, const char *value,
                           vq_error *err)
{
    void *at = (char *)config + f->offset;
    switch (f->type) {
    case INT:
    case INT64:
    case REAL:
        return set_number(at, f, value, err);
    case UINT64:
        return set_seed(at, f, value, err);
    case SWITCH:
        return set_switch(at, f, value, err);
    case CHOICE:
        return set_choice(at, f, value, err);
    case TEXT:
        return set_text(at, f, value, err);
    }
    return vq_fail(err, VQ_EINTERNAL, "field '%s' has no type", f->name);
}

vq_status vq_config_set(vq_config *config, const char *name, const char *value,
                        vq_error *err)
{
    const field *f = find_field(name);
    if (!f)
        return vq_fail(err, VQ_EUSAGE, "no option is named '%s'", name);
    vq_config changed = *config;
    vq_status status = set_field(&changed, f, value, err);
    if (status != VQ_OK)
        return status;
    /* the two ways to say how long exclude each other: the last one said counts */
    if (f->offset == AT(steps) && changed.steps > 0)
        changed.epochs = 0;
    if (f->offset == AT(epochs) && changed.epochs > 0)
        changed.steps = 0;
    if (changed.hidden % 2)
        return vq_fail(err, VQ_EUSAGE, "hidden is an even number, not '%s'", value);
    *config = changed;
    return VQ_OK;
}

vq_status vq_config_preset(vq_config *config, const char *preset, vq_error *err)
{
    for (size_t i = 0; i < sizeof presets / sizeof presets[0]; i++) {
        if (strcmp(presets[i].name, preset) != 0)
            continue;
        vq_status status = VQ_OK;
        *config = sonnet;
        snprintf(config->preset, sizeof config->preset, "%s", preset);
        const char *const *s = presets[i].settings;
        for (; s[0] && status == VQ_OK; s += 2)
            status = vq_config_set(config, s[0], s[1], err);
        return status;
    }
    return vq_fail(err, VQ_EUSAGE,
                   "preset is one of sonnet|zalando|mishalaskin|paper, not '%s'",
                   preset);
}

bool vq_option_at(int i, vq_option *option)
{
    for (int row = 0; row < N_FIELDS; row++) {
        const field *f = &fields[row];
        if (!f->help || i-- > 0)
            continue;
        *option = (vq_option){.name = f->name,
                              .metavar = f->metavar ? f->metavar : f->choices,
                              .help = f->help};
        char text[CONFIG_TEXT_MAX];
        field_text(&sonnet, f, text);
        if (f->type != SWITCH && f->offset != AT(epochs))
            snprintf(option->value, sizeof option->value, "%.60s", text);
        return true;
    }
    return false;
}

vq_status config_to_json(const vq_config *config, char **json, vq_error *err)
{
    char key[CONFIG_KEY_MAX], text[CONFIG_TEXT_MAX];
    config_part part;
    json_t *object = json_object();
    for (int i = 0; config_field_at(config, i, key, &part, text); i++)
        json_object_set_new(object, key, json_string(text));
    *json = json_dumps(object, JSON_INDENT(2));
    json_decref(object);
    return *json ? VQ_OK : vq_fail(err, VQ_EINPUT, "configuration is not valid UTF-8");
}

vq_status vq_config_load(vq_config *config, const char *folder, vq_error *err)
{
    char path[VQ_PATH_MAX + 16];
    unsigned char *bytes = NULL;
    size_t size = 0;
    json_t *object = NULL;
    vq_status status;
    snprintf(path, sizeof path, "%s/config.json", folder);
    TRY(file_read(path, (size_t)1 << 20, &bytes, &size, err));

    json_error_t fault;
    object = json_loadb((char *)bytes, size, JSON_REJECT_DUPLICATES, &fault);
    if (!json_is_object(object)) {
        status = vq_fail(err, VQ_EINPUT, "'%s' is not a run's configuration: %s", path,
                         object ? "not an object" : fault.text);
        goto out;
    }
    *config = sonnet;
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        vq_error why = {""};
        if (!json_is_string(value) ||
            vq_config_set(config, key, json_string_value(value), &why) != VQ_OK) {
            status = vq_fail(err, VQ_EINPUT, "'%s': %s: %.1000s", path, key,
                             json_is_string(value) ? why.message : "not a string");
            goto out;
        }
    }
out:
    json_decref(object);
    free(bytes);
    return status;
}
