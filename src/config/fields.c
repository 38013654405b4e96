/* SPDX-License-Identifier: MIT */
#include "config/fields.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "config/bytes.h"
#include "config/duration.h"
#include "config/presets.h"

#define AT(member) offsetof(vq_config, member)
#define ARCH CONFIG_ARCHITECTURE
#define RECIPE CONFIG_RECIPE
#define SCHED CONFIG_SCHEDULE
#define RUN CONFIG_RUN
#define PATH VQ_PATH_MAX

/* clang-format off: a table reads better with one row a line */
static const field fields[] = {
    {"data", TEXT, RECIPE, AT(data), 0, PATH, NULL, "cifar10|cifar100|shapes|PATH",
     "what to train on; PATH is a folder of PNG and JPEG files, with subfolders, a "
     "single one, a .txt file that lists them, a .npy file of uint8 pictures, or a "
     "CIFAR-style .bin file or a folder of them"},
    {"cache", BYTES, RUN, AT(cache), 0, 0, NULL, "SIZE",
     "memory that decoded pictures may take, like 2G or 512M; those beyond it are "
     "decoded each time they are drawn; the result is the same at any size"},
    {"skip-bad", SWITCH, RUN, AT(skip_bad), 0, 0, NULL, NULL,
     "read every picture once at the start, and go on without those that are damaged "
     "or "
     "smaller than --crop"},
    {"data-dir", TEXT, RUN, AT(data_dir), 0, PATH, NULL, "DIR",
     "folder that holds the CIFAR files"},
    {"preset", TEXT, RUN, AT(preset), 0, 32, PRESET_NAMES, NULL, NULL},
    {"run", INT64, RUN, AT(run), 0, 1e12, NULL, NULL, NULL},
    {"out", TEXT, RUN, AT(out), 0, PATH, NULL, "DIR",
     "run folder; by default a new one under runs/"},
    {"steps", INT64, SCHED, AT(steps), 0, 1e12, NULL, "N", "updates to train for"},
    {"epochs", REAL, SCHED, AT(epochs), 0, 1e9, NULL, "X",
     "passes over the data to train for, instead of --steps"},
    {"time-budget", DURATION, SCHED, AT(time_budget), 0, 0, NULL, "TIME",
     "time to train for, like 90s, 10m or 1h30m, instead of --steps; the result then "
     "depends on the speed of the machine"},
    {"batch-size", INT, RECIPE, AT(batch_size), 1, 65536, NULL, "N",
     "images in a batch"},
    {"crop", INT, RECIPE, AT(crop), 8, 1024, NULL, "N",
     "pixels per side of the random crops of larger pictures that are trained on; a "
     "multiple of --downsample"},
    {"lr", REAL, SCHED, AT(lr), 0, 1e6, NULL, "X", "learning rate of Adam"},
    {"schedule", CHOICE, SCHED, AT(schedule), 0, 0, "constant|cosine|step", NULL,
     "course of the learning rate over the training"},
    {"warmup", INT64, SCHED, AT(warmup), 0, 1e12, NULL, "N",
     "updates over which the learning rate grows to --lr"},
    {"lr-end", REAL, SCHED, AT(lr_end), 0, 1, NULL, "X",
     "cosine schedule: share of --lr that is left at the end"},
    {"lr-every", REAL, SCHED, AT(lr_every), 1e-6, 1, NULL, "X",
     "step schedule: share of the training between two drops"},
    {"lr-factor", REAL, SCHED, AT(lr_factor), 0, 1, NULL, "X",
     "step schedule: what each drop multiplies the learning rate by"},
    {"weight-decay", REAL, RECIPE, AT(weight_decay), 0, 1e6, NULL, "X",
     "decoupled decay of convolution weights, as AdamW has it"},
    {"clip", REAL, RECIPE, AT(clip), 0, 1e12, NULL, "X",
     "scale gradients of a larger norm down to this one; 0: never"},
    {"refine-share", REAL, RECIPE, AT(refine_share), 0, 1, NULL, "X",
     "last share of the training, in which encoder and codes rest and the decoder "
     "learns from refined codes, at a fifth of --lr"},
    {"weight-ema", REAL, RECIPE, AT(weight_ema), 0, 0.999999, NULL, "X",
     "decay of the moving average of all weights that becomes the model; 0: none"},
    {"flip", SWITCH, RECIPE, AT(flip), 0, 0, NULL, NULL,
     "mirror every other image of a batch, at random"},
    {"shift", INT, RECIPE, AT(shift), 0, 511, NULL, "N",
     "move every image by up to N pixels each way, at random; its edges are reflected"},
    {"hidden", INT, ARCH, AT(hidden), 2, 4096, NULL, "N",
     "channels of the encoder and the decoder; even"},
    {"res-hidden", INT, ARCH, AT(res_hidden), 1, 4096, NULL, "N",
     "channels inside a residual block"},
    {"res-layers", INT, ARCH, AT(res_layers), 0, 16, NULL, "N",
     "residual blocks in each stack"},
    {"downsample", INT, ARCH, AT(downsample), 2, 8, "2|4|8", NULL,
     "pixels per code and side: one, two or three stages of stride 2"},
    {"codes", INT, ARCH, AT(codes), 2, 65536, NULL, "K", "codebook size"},
    {"code-dim", INT, ARCH, AT(code_dim), 1, 4096, NULL, "D", "dimension of a code"},
    {"beta", REAL, RECIPE, AT(beta), 0, 1e6, NULL, "X",
     "weight of the commitment loss"},
    {"codebook", CHOICE, ARCH, AT(codebook), 0, 0, "ema|gradient|simvq|fsq", NULL,
     "how the codebook learns: moving averages, the codebook loss, that loss through "
     "one linear map of frozen codes, or not at all: rounding to --fsq-levels"},
    {"fsq-levels", TEXT, ARCH, AT(fsq_levels), 0, 64, NULL, "L,L,L",
     "levels of each value with --codebook fsq; they make --codes and --code-dim"},
    {"levels", INT, ARCH, AT(levels), 1, 16, NULL, "R",
     "residual quantization: R codebooks, each for what those before it left over"},
    {"heads", INT, ARCH, AT(heads), 1, 64, NULL, "H",
     "cut the code vector into H parts, each with its own codebook"},
    {"cosine", SWITCH, ARCH, AT(cosine), 0, 0, NULL, NULL,
     "codes and encoder outputs of unit length: the nearest is the most aligned"},
    {"rotation-trick", SWITCH, RECIPE, AT(rotation_trick), 0, 0, NULL, NULL,
     "turn the gradient through the quantizer as the quantizer turns its input"},
    {"init-codes", CHOICE, RECIPE, AT(init_codes), 0, 0, "uniform|kmeans", NULL,
     "first codes: drawn as --code-init says, or k-means of encoder outputs"},
    {"revive", INT64, RECIPE, AT(revive), 0, 1e12, NULL, "N",
     "every N steps replace unused codes by encoder outputs; 0: never"},
    {"ema-decay", REAL, RECIPE, AT(ema_decay), 0, 0.999999, NULL, "X",
     "decay of the moving averages"},
    {"optimizer", CHOICE, RECIPE, AT(optimizer), 0, 0, "adam|amsgrad|muon", NULL,
     "optimizer; muon makes the updates of hidden convolutions orthogonal and leaves "
     "the rest to adam"},
    {"residual-skip", CHOICE, ARCH, AT(residual_skip), 0, 0, "identity|relu", NULL,
     "what a residual block adds to: its input, or its input after ReLU"},
    {"tie-residual", SWITCH, ARCH, AT(tie_residual), 0, 0, NULL, NULL,
     "share one set of weights between the residual blocks of a stack"},
    {"beta-on", CHOICE, RECIPE, AT(beta_on), 0, 0, "commitment|codebook", NULL,
     "which loss beta multiplies"},
    {"init", TEXT, RECIPE, AT(init), 0, PATH, NULL, "MODEL",
     "start from the weights of this model, and with its sizes where none are given"},
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
    {"loss", CHOICE, RECIPE, AT(loss), 0, 0, "mse|l1", NULL,
     "reconstruction loss: squared error over the variance, or absolute error over its "
     "root"},
    {"batches", CHOICE, RECIPE, AT(batches), 0, 0, "epochs|fresh", NULL,
     "shuffled epochs, or a fresh shuffle for every step; crops are always fresh"},
    {"precision", CHOICE, RECIPE, AT(precision), 0, 0, "fp32|bf16", NULL,
     "what convolutions multiply while training: floats, or bfloat16, which is faster "
     "where the processor has AVX512-BF16; sums and weights are floats"},
    {"kernels", CHOICE, RECIPE, AT(kernels), 0, 0, "auto|reference", NULL,
     "convolution kernels: the fastest, or plain im2row and BLAS"},
};
/* clang-format on */

#define N_FIELDS ((int)(sizeof fields / sizeof fields[0]))

const field *field_at(int i)
{
    return i >= 0 && i < N_FIELDS ? &fields[i] : NULL;
}

void field_key(const field *f, char key[CONFIG_KEY_MAX])
{
    snprintf(key, CONFIG_KEY_MAX, "%s", f->name);
    for (char *c = key; *c; c++)
        *c = *c == '-' ? '_' : *c;
}

bool field_is(const field *f, const char *name)
{
    const char *a = f->name, *b = name;
    while (*a && (*a == *b || (*a == '-' && *b == '_')))
        a++, b++;
    return *a == *b;
}

const field *field_find(const char *name)
{
    for (int i = 0; i < N_FIELDS; i++)
        if (field_is(&fields[i], name))
            return &fields[i];
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

void field_text(const void *config, const field *f, char text[CONFIG_TEXT_MAX])
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
        decimal_text(*(const double *)at, text);
        break;
    case DURATION:
        duration_text(*(const int64_t *)at, text);
        break;
    case BYTES:
        bytes_text(*(const int64_t *)at, text);
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

static vq_status set_seed(uint64_t *at, const field *f, const char *value,
                          vq_error *err)
{
    if (!decimal_read_unsigned(value, at))
        return vq_fail(err, VQ_EUSAGE,
                       "%s is a whole number from 0 to %" PRIu64 ", not '%s'", f->name,
                       UINT64_MAX, value);
    return VQ_OK;
}

static vq_status set_number(void *at, const field *f, const char *value, vq_error *err)
{
    char low[32], high[32];
    double x;
    bool whole = f->type != REAL;
    if (!decimal_read(value, &x) || !(x >= f->min && x <= f->max) ||
        (whole && x != floor(x))) {
        decimal_text(f->min, low);
        decimal_text(f->max, high);
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

static vq_status set_duration(int64_t *at, const field *f, const char *value,
                              vq_error *err)
{
    if (!duration_read(value, at))
        return vq_fail(err, VQ_EUSAGE, "%s is a time like 90s, 10m or 1h30m, not '%s'",
                       f->name, value);
    return VQ_OK;
}

static vq_status set_bytes(int64_t *at, const field *f, const char *value,
                           vq_error *err)
{
    if (!bytes_read(value, at))
        return vq_fail(err, VQ_EUSAGE,
                       "%s is a whole number of bytes up to 8388607T, like 2G, 512M or "
                       "1500000, not '%s'",
                       f->name, value);
    return VQ_OK;
}

/* *i: which of the choices it is. */
static vq_status find_choice(const field *f, const char *value, int *i, vq_error *err)
{
    char choice[CONFIG_KEY_MAX];
    for (*i = 0; choice_at(f->choices, *i, choice, sizeof choice); ++*i)
        if (strcmp(choice, value) == 0)
            return VQ_OK;
    return vq_fail(err, VQ_EUSAGE, "%s is one of %s, not '%s'", f->name, f->choices,
                   value);
}

static vq_status set_choice(int *at, const field *f, const char *value, vq_error *err)
{
    int i;
    vq_status status = find_choice(f, value, &i, err);
    if (status == VQ_OK)
        *at = f->type == INT ? atoi(value) : i;
    return status;
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
    const size_t length = strlen(value);
    int i;
    vq_status status = f->choices ? find_choice(f, value, &i, err) : VQ_OK;
    if (status != VQ_OK)
        return status;
    if (length >= (size_t)f->max)
        return vq_fail(err, VQ_EUSAGE, "%s is longer than %d bytes", f->name,
                       (int)f->max - 1);
    memcpy(at, value, length + 1);
    return VQ_OK;
}

vq_status field_set(void *config, const field *f, const char *value, vq_error *err)
{
    void *at = (char *)config + f->offset;
    switch (f->type) {
    case INT:
        return f->choices ? set_choice(at, f, value, err)
                          : set_number(at, f, value, err);
    case INT64:
    case REAL:
        return set_number(at, f, value, err);
    case UINT64:
        return set_seed(at, f, value, err);
    case DURATION:
        return set_duration(at, f, value, err);
    case BYTES:
        return set_bytes(at, f, value, err);
    case SWITCH:
        return set_switch(at, f, value, err);
    case CHOICE:
        return set_choice(at, f, value, err);
    case TEXT:
        return set_text(at, f, value, err);
    }
    return vq_fail(err, VQ_EINTERNAL, "field '%s' has no type", f->name);
}
