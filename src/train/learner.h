/*
 * SPDX-License-Identifier: MIT
 *
 * What a training loop asks of the thing that it trains. The loop (train/loop.h) knows
 * when to stop, log, save and resume; a learner knows its data, its weights and its
 * figures. Everything here is called from one thread, in the order: open, load (filled
 * from a checkpoint) or begin, then for every step gradient and update, now and then
 * figures, restart, save_model, draw and sample, at last close.
 * Tested with a toy in tests/train/test_loop.c.
 */
#ifndef VQ_TRAIN_LEARNER_H
#define VQ_TRAIN_LEARNER_H

#include "base/status.h"
#include "image/plot.h"

/* ---- what a checkpoint holds of a learner ---- */

enum {
    LEARNER_BUFFERS_MAX = 8,
    LEARNER_NUMBERS_MAX = 12,
    LEARNER_KEY_MAX = 48,
    LEARNER_TEXT_MAX = VQ_PATH_MAX + 8
};

typedef struct learner_buffer {
    const char *name; /* of the tensor */
    float *v;         /* [n], borrowed: written to the file and filled from it */
    size_t n;
} learner_buffer;

typedef enum learner_number_kind {
    LEARNER_REAL,  /* at least 0 */
    LEARNER_COUNT, /* whole */
    LEARNER_DATA   /* tells the data apart: a resume on other data is told */
} learner_number_kind;

typedef struct learner_number {
    const char *key; /* metadata "checkpoint_<key>" */
    learner_number_kind kind;
    double value;
} learner_number;

typedef struct learner_state {
    learner_buffer buffer[LEARNER_BUFFERS_MAX];
    int n_buffers;
    learner_number number[LEARNER_NUMBERS_MAX];
    int n_numbers;
} learner_state;

typedef enum learner_setting_kind {
    LEARNER_PLAIN,
    LEARNER_FILE,   /* a path, whose last part counts */
    LEARNER_SOURCE, /* a path to the data: may change while the data is the same */
    LEARNER_FREE    /* may change when a run is resumed, but ranks must agree on it */
} learner_setting_kind;

/* A setting that a resumed run must have as it was, unless it is LEARNER_FREE. */
typedef struct learner_setting {
    char key[LEARNER_KEY_MAX], text[LEARNER_TEXT_MAX];
    char unsaid[LEARNER_TEXT_MAX]; /* what it was in a file that does not name it */
    learner_setting_kind kind;
} learner_setting;

/* ---- what a learner does ---- */

/* Says what kept a batch from being learned; NULL: nothing. */
typedef const char *learner_fault;

/* A loss beyond this, in units where that of a guess is about 1, is lost, though it may
 * be finite for long: a rate of 100 ended at 1e32, and that was called a success. */
#define LEARNER_LOSS_MOST 1e8

/*
 * Tell how far the looking through data is, `all` being 0 when it is not known; true:
 * the caller wants to stop, and open returns VQ_ESTOPPED.
 */
typedef bool (*learner_watch)(void *user, int64_t done, int64_t all);

typedef struct learner {
    void *self; /* handed to every function */

    /* Open the data, lay out the weights. *epoch: steps that see as much as there is.
     */
    vq_status (*open)(void *self, learner_watch watch, void *user, double *epoch,
                      vq_error *err);

    /* The i-th thing that open has to tell the user, which may be empty; NULL past the
     * last one. NULL: it never has any. */
    const char *(*note)(void *self, int i);

    /* The configuration as JSON, carrying the run's number; free(). */
    vq_status (*describe)(void *self, int64_t run, char **json, vq_error *err);

    /* What tells the opened data apart from another rank's. NULL: the numbers of kind
     * LEARNER_DATA do. */
    vq_status (*fingerprint)(void *self, uint64_t *fingerprint, vq_error *err);

    /* First weights of a new run. */
    vq_status (*begin)(void *self, vq_error *err);

    /* Everything that steps need beyond what open made; last before the first step. */
    vq_status (*ready)(void *self, vq_error *err);

    /* How many ranks a step can be shared by, once it is ready. NULL: any number. */
    int (*shares)(void *self);

    /* The i-th setting that resuming checks; false past the last one. */
    bool (*setting)(void *self, int i, learner_setting *setting);

    /* What a checkpoint is written from, and filled into. */
    void (*give)(void *self, learner_state *state);
    void (*take)(void *self, const learner_state *state); /* its numbers, as read */

    /*
     * The gradient of the batch that follows `step` updates; progress as below. *fault
     * says what in it is not finite, or a loss beyond LEARNER_LOSS_MOST; the loop then
     * ends the training and update is not called.
     */
    vq_status (*gradient)(void *self, int64_t step, double progress,
                          learner_fault *fault, vq_error *err);

    /* Move the weights by it; progress is the share of the training done, in [0,1]. */
    vq_status (*update)(void *self, double progress, vq_error *err);

    /* Means over the `steps` since restart, into figure[VQ_FIGURES_MAX]; how many. */
    int (*figures)(void *self, int64_t steps, vq_figure *figure);
    void (*restart)(void *self);

    /* Before the figures of a log line: what is too dear for every step. Rank 0 alone
     * is asked, which must change nothing that is trained. NULL: there is nothing. */
    vq_status (*measure)(void *self, int64_t step, bool last, vq_error *err);

    /*
     * Something to tell about an interval of log lines that began after `first` steps;
     * called before restart. False: nothing.
     */
    bool (*remark)(void *self, int64_t first, int64_t steps, char text[320]);

    /* Write the model of `step` updates to a safetensors file. */
    vq_status (*save_model)(void *self, int64_t step, const char *path, vq_error *err);

    /* What curves.svg shows of its figures. */
    int (*panels)(void *self, plot_panel panel[PLOT_PANELS_MAX]);

    /* Draw the learner's own pictures into the run folder, where it has some (else
     * NULL), and one sample. */
    vq_status (*draw)(void *self, const char *folder, vq_error *err);
    vq_status (*sample)(void *self, const char *png_path, vq_error *err);

    void (*close)(void *self); /* legal after a failed or missing open */
} learner;

#endif
