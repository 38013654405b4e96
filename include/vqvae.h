/*
 * SPDX-License-Identifier: MIT
 *
 * vqvae: train a VQ-VAE, and use it to turn images into discrete tokens and back.
 *
 * The library's one public header. To build with it, once `make install` has run:
 *
 *     cc client.c $(pkg-config --cflags --libs vqvae)
 *     cc -static client.c $(pkg-config --static --cflags --libs vqvae)
 *
 * tests/examples/ has a client in C and, through ctypes, one in Python. Conventions:
 *   - every function that can fail returns a vq_status and, unless `err` is NULL, fills
 *     err->message with one lower-case line that names the file and the reason;
 *   - on failure no output argument is left holding memory: releasing it is legal, and
 * so is not releasing it;
 *   - the library never prints, never exits and keeps no mutable global state but the
 *     names that vq_remove_temporaries needs, the threads that its loops share, and its
 *     place among the ranks of a cluster;
 *   - pixels are 8-bit RGB, rows top to bottom; codes are int32 in [0, K).
 *
 * Source of the method: van den Oord et al. 2017, "Neural Discrete Representation
 * Learning", arXiv:1711.00937.
 */
#ifndef VQVAE_H
#define VQVAE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef __GNUC__ /* what is declared here, and nothing else, the shared library shows   \
                 */
#pragma GCC visibility push(default)
#endif

#define VQ_VERSION "0.2.0"
#define VQ_PATH_MAX 1024

/* VQ_VERSION and, where the library was built in a clone, the commit: "0.2.0
 * (7bf51f3)". */
const char *vq_version(void);

/* ---- status ------------------------------------------------------------------------
 */

/* X(name, exit code of the command line, text) */
#define VQ_STATUS_MAP(X)                                                               \
    X(VQ_OK, 0, "ok")                                                                  \
    X(VQ_EUSAGE, 2, "bad usage")                                                       \
    X(VQ_EINPUT, 3, "bad input")                                                       \
    X(VQ_EIO, 4, "input or output failed")                                             \
    X(VQ_EDIVERGED, 5, "training diverged")                                            \
    X(VQ_ESTOPPED, 1, "stopped by the caller")                                         \
    X(VQ_ENOMEM, 70, "out of memory")                                                  \
    X(VQ_EINTERNAL, 70, "internal error")

typedef enum vq_status {
#define X(name, code, text) name,
    VQ_STATUS_MAP(X)
#undef X
} vq_status;

typedef struct vq_error {
    char message[1536]; /* empty after success */
} vq_error;

int vq_exit_code(vq_status status);
const char *vq_status_text(vq_status status);

/*
 * Remove the unfinished files of writes that are under way. Safe in a signal handler
 * that then ends the process; the library's own ways out need no such call.
 */
void vq_remove_temporaries(void);

/* ---- ranks -------------------------------------------------------------------------
 */

/*
 * vqvae-mpi is linked with MPI: then mpirun may start it several times, each a rank of
 * one run. All ranks call vq_train, vq_prior_train or vq_encode_set alike; rank 0
 * writes the run folder, or the index of an array, and in a training alone has its
 * progress called. Elsewhere there is rank 0 of 1. The first call joins the others.
 */
void vq_ranks(int *rank, int *ranks);

/*
 * All ranks meet, at the end of what they do together: the status and the message of
 * the first rank that failed, for all. Later calls after a failure return at once.
 */
vq_status vq_ranks_agree(vq_status mine, vq_error *err);

/* ---- images ------------------------------------------------------------------------
 */

typedef struct vq_image {
    int width, height;
    unsigned char *rgb; /* [height, width, 3]; owned, release with vq_image_release */
    bool gray;          /* its file holds gray: red, green and blue are equal */
} vq_image;

/* Cap on width * height of any image: 2^28 pixels. */
#define VQ_MAX_PIXELS ((int64_t)1 << 28)

/*
 * Read a PNG or JPEG of any size and kind, told by its content, as 8-bit RGB: gray and
 * palette are expanded, 16-bit samples are rounded to 8, transparency is composed over
 * white, CMYK becomes RGB, and the picture is turned as its Exif data says. "-" is
 * standard input. VQ_EIO: cannot be opened or read; VQ_EINPUT: neither a PNG nor a
 * JPEG, damaged, or over VQ_MAX_PIXELS.
 */
vq_status vq_image_read(vq_image *image, const char *path, vq_error *err);

/*
 * Write a picture, atomically; "-" is standard output. A name that ends in .jpg or
 * .jpeg makes a JPEG of quality 95, any other a PNG, of RGB or of gray, but that of
 * another kind of file (.webp, .npy, .csv): VQ_EUSAGE.
 */
vq_status vq_image_write(const vq_image *image, const char *path, vq_error *err);

/* Can a picture be written there? To look before the work instead of after it.
 * VQ_EUSAGE, VQ_EIO. */
vq_status vq_image_check_target(const char *path, vq_error *err);

void vq_image_release(vq_image *image);

/*
 * Lay n images of one size out as a grid of `columns` columns with `gap` white pixels
 * between them; gray where all of them are.
 */
vq_status vq_image_grid(vq_image *grid, const vq_image *images, int n, int columns,
                        int gap, vq_error *err);

/* How far two pictures of one size are apart, as 8-bit RGB. */
typedef struct vq_comparison {
    double mse;             /* of samples 0 to 255 */
    double psnr;            /* dB; infinite when they are equal */
    double ssim, ssim_luma; /* the mean over R, G and B, and of luma */
    int largest;            /* difference of any sample */
} vq_comparison;

/* VQ_EINPUT: of different sizes. */
vq_status vq_compare(const vq_image *a, const vq_image *b, vq_comparison *result,
                     vq_error *err);

/*
 * A picture of b - a: middle gray where they are equal, brighter where b is, `gain`
 * times the difference. VQ_EINPUT: of different sizes.
 */
vq_status vq_difference(const vq_image *a, const vq_image *b, int gain,
                        vq_image *difference, vq_error *err);

/* ---- codes -------------------------------------------------------------------------
 */

typedef struct vq_codes {
    int n, h, w;       /* images, rows and columns of codes */
    int k;             /* codebook size; 0 when the file does not say (.npy) */
    int width, height; /* pixels of each image; 0 when the file does not say */
    uint64_t
        fingerprint; /* of the model that made them; 0 when the file does not say */
    int32_t *index;  /* [n, h, w, depth]; owned, release with vq_codes_release */
    int depth;       /* codes of a position, levels * heads of the model; 0 means 1 */
    int rank;        /* dimensions of the .npy they were read from; 0: another file */
    bool gray;       /* of gray pictures, as which they are decoded; .vqt alone tells */
} vq_codes;

typedef enum vq_codes_format {
    VQ_CODES_AUTO, /* by the file's ending */
    VQ_CODES_NPY,  /* NumPy '<i4' [n, h, w], or [n, h, w, depth] when that is not 1 */
    VQ_CODES_TXT,  /* one line a row of codes, a blank line between images; commas
                      between the codes of one position */
    VQ_CODES_VQT   /* packed ceil(log2 K) bits with size, fingerprint and CRC */
} vq_codes_format;

/*
 * Read .npy, .vqt or .txt codes, told apart by their content. A .npy holds integers of
 * any size and byte order, in C or Fortran order: [n, h, w, depth], [n, h, w], [h, w],
 * or [count], which reads as one row.
 */
vq_status vq_codes_read(vq_codes *codes, const char *path, vq_error *err);

/*
 * Take rows of codes for sequences, [n, h * w * depth] in raster order: now they are n
 * pictures of h x w positions. VQ_EINPUT: their number is not that of such pictures.
 */
vq_status vq_codes_reshape(vq_codes *codes, int h, int w, int depth, vq_error *err);

/* Write codes, atomically; "-" is standard output (VQ_CODES_AUTO then means .txt). */
vq_status vq_codes_write(const vq_codes *codes, const char *path,
                         vq_codes_format format, vq_error *err);

/*
 * Can codes be written there? To look before the work instead of after it. VQ_EUSAGE:
 * the ending names no format, or with a given one another kind of file; VQ_EIO.
 */
vq_status vq_codes_check_target(const char *path, vq_codes_format format,
                                vq_error *err);

void vq_codes_release(vq_codes *codes);

/* ---- configuration -----------------------------------------------------------------
 */

enum { VQ_SKIP_IDENTITY, VQ_SKIP_RELU };
enum { VQ_DECODER_CONV, VQ_DECODER_CONVT };
enum { VQ_CODEBOOK_EMA, VQ_CODEBOOK_GRADIENT, VQ_CODEBOOK_SIMVQ, VQ_CODEBOOK_FSQ };
enum { VQ_EMA_DEBIASED, VQ_EMA_SMOOTHED };
enum { VQ_BETA_COMMITMENT, VQ_BETA_CODEBOOK };
enum { VQ_INIT_FAN_D, VQ_INIT_FAN_K, VQ_INIT_NORMAL };
enum { VQ_CODES_UNIFORM, VQ_CODES_KMEANS };
enum { VQ_SCALE_HALF, VQ_SCALE_ONE };
enum { VQ_VARIANCE_INPUT, VQ_VARIANCE_UNIT };
enum { VQ_LOSS_MSE, VQ_LOSS_L1 };
enum { VQ_ADAM, VQ_AMSGRAD, VQ_MUON };
enum { VQ_SCHEDULE_CONSTANT, VQ_SCHEDULE_COSINE, VQ_SCHEDULE_STEP };
enum { VQ_BATCHES_EPOCHS, VQ_BATCHES_FRESH };
enum { VQ_KERNELS_AUTO, VQ_KERNELS_REFERENCE };
enum { VQ_FP32, VQ_BF16 };

/*
 * Everything that defines a model and its training. Fill it with vq_config_preset, then
 * change fields directly or by name with vq_config_set. The texts of all fields, with
 * their defaults and meaning, are what vq_option_at gives.
 */
typedef struct vq_config {
    /* architecture: with these a model file can be rebuilt */
    int hidden, res_hidden, res_layers;
    int downsample; /* pixels per code and side: 2, 4 or 8 */
    int codes, code_dim;
    int residual_skip; /* VQ_SKIP_ */
    bool tie_residual;
    int decoder_first;   /* VQ_DECODER_ */
    int input_scale;     /* VQ_SCALE_HALF: [-.5,.5]; VQ_SCALE_ONE: [-1,1] */
    int codebook;        /* VQ_CODEBOOK_ */
    char fsq_levels[64]; /* "8,8,8"; with VQ_CODEBOOK_FSQ they make codes, code_dim */
    int levels, heads;   /* codes of a position: levels * heads, each of its own book */
    bool cosine;         /* codes and encoder outputs have unit length */

    /* loss and codebook */
    double beta;
    int beta_on; /* VQ_BETA_ */
    double ema_decay;
    int ema_rule;   /* VQ_EMA_ */
    int code_init;  /* VQ_INIT_ */
    int init_codes; /* VQ_CODES_UNIFORM: as code_init says */
    bool rotation_trick;
    int64_t revive;     /* steps after which an unused code is replaced; 0: never */
    int recon_variance; /* VQ_VARIANCE_ */
    int loss;           /* VQ_LOSS_, of the reconstruction */

    /* optimizer and batches */
    int optimizer; /* VQ_ADAM, VQ_AMSGRAD or VQ_MUON */
    double lr;
    int schedule;        /* VQ_SCHEDULE_ */
    int64_t warmup;      /* updates over which the rate grows to lr */
    double lr_end;       /* cosine: share of lr that is left at the end */
    double lr_every;     /* step: share of the training between two drops */
    double lr_factor;    /* step: of each drop */
    double weight_decay; /* of convolution weights, decoupled */
    double clip;         /* largest norm of the gradient; 0: any */
    double refine_share; /* of the training, at its end, for refined codes; 0: none */
    double weight_ema;   /* decay of the average that is evaluated; 0: none */
    int precision; /* VQ_FP32 or VQ_BF16: what convolutions multiply, in training */
    int batch_size;
    int crop;      /* pixels per side of a training sample */
    int64_t steps; /* 0: use epochs */
    double epochs;
    int64_t time_budget; /* seconds to train for, instead of steps or epochs; 0: none */
    int batches;         /* VQ_BATCHES_ */
    bool flip;           /* half of the images, left to right */
    int shift;           /* most pixels that an image is moved by, each way */
    uint64_t seed;

    /* input and output; none of these changes the model that results, but data does */
    char preset[32];
    char data[VQ_PATH_MAX]; /* cifar10, cifar100, shapes, or a path: see --data */
    char data_dir[VQ_PATH_MAX];
    int64_t cache;          /* bytes of decoded pictures that may be kept in memory */
    bool skip_bad;          /* go on without pictures that cannot be used */
    char out[VQ_PATH_MAX];  /* run folder; empty: runs/<data>-<preset> */
    char init[VQ_PATH_MAX]; /* safetensors to start from; empty: none */
    char
        order[VQ_PATH_MAX]; /* .npy with the image index of every sample; empty: none */
    int threads;            /* 0: one per processor */
    int kernels;            /* VQ_KERNELS_ */
    int64_t log_every, sample_every, save_every;
    bool resume, force;
    int64_t run; /* number of the run in its folder; vq_train counts it */
} vq_config;

#define VQ_PRESET_DEFAULT "best"

/* Fill config with a preset: "best" (the default), "sonnet", "zalando", "mishalaskin",
 * "paper".
 */
vq_status vq_config_preset(vq_config *config, const char *preset, vq_error *err);

/*
 * Set one field by its option name ("batch-size" or "batch_size") from text. VQ_EUSAGE:
 * unknown name, or a value out of range, with the accepted values in the message.
 */
vq_status vq_config_set(vq_config *config, const char *name, const char *value,
                        vq_error *err);

/*
 * Has one of n options that somebody gave, by name, no effect with what config holds?
 * VQ_EUSAGE: "--lr-end does nothing with --schedule constant".
 */
vq_status vq_config_check_given(const vq_config *config, const char *const *names,
                                int n, vq_error *err);

/* Fill config with the config.json of a run folder. VQ_EIO, VQ_EINPUT. */
vq_status vq_config_load(vq_config *config, const char *folder, vq_error *err);

enum { VQ_NOTE_MAX = 256 };

/*
 * Give config the architecture of a model, as vq_model_open finds it, to train further
 * from its weights. A file without our metadata has no more than its tensors' names and
 * shapes to tell, and is read by config's own levels and heads; note says how, or is
 * empty. VQ_EIO, VQ_EINPUT.
 */
vq_status vq_config_take_architecture(vq_config *config, const char *model,
                                      char note[VQ_NOTE_MAX], vq_error *err);

typedef struct vq_option {
    const char *name;    /* as on the command line, without dashes: "batch-size" */
    const char *metavar; /* "N", "X", "adam|amsgrad"; NULL for a switch */
    const char *help;    /* one sentence; the default comes from value */
    char value[64];      /* the default preset's value, as text; empty: none */
} vq_option;

/* The i-th training option, in the order to show them; false past the last one. */
bool vq_option_at(int i, vq_option *option);

/* What an option of a training, or of a prior's, is about: "first" (those that matter
 * first), "data", "model", "codebook", "optimizer", "output"; NULL: it is none. */
const char *vq_option_group(const char *option);

/* ---- models ------------------------------------------------------------------------
 */

typedef struct vq_model vq_model;

/*
 * Open a model: `path`, or where it is NULL what $VQVAE_MODEL names, else "cifar10". It
 * is a safetensors file, a file of PyTorch's torch.save with a state_dict in it, of
 * which nothing is run, a run folder, "latest" for runs/latest, or the name of a model
 * built into the library. Names come before files: ./photo is a file. Close it with
 * vq_model_close. VQ_EINPUT: another kind of file, which is named, another model, or
 * tensors that do not fit the metadata.
 */
vq_status vq_model_open(vq_model **model, const char *path, vq_error *err);
void vq_model_close(vq_model *model); /* NULL is legal */

/* The i-th name of a built-in model, "cifar10" and "photo"; NULL past the last one. */
const char *vq_model_name_at(int i);

/*
 * The name of the model to use where nobody says one: "photo" for pictures with a side
 * of more than so many pixels, else "cifar10"; for a data set by the first picture that
 * can be used.
 */
#define VQ_SMALL_SIDE 64
const char *vq_model_for_size(int width, int height);
vq_status vq_model_for_data(const char **name, const char *data, const char *data_dir,
                            vq_error *err);

/* The name, "latest" included, of the model with that fingerprint; NULL: none.
 * VQ_ENOMEM. */
vq_status vq_model_for_fingerprint(const char **name, uint64_t fingerprint,
                                   vq_error *err);

/* The name of the model that made these codes; where they do not say, of the built-in
 * one that makes such. VQ_EINPUT: none of those that have a name. */
vq_status vq_model_for_codes(const char **name, const vq_codes *codes, vq_error *err);

/* Which file it came from, or "cifar10 (built in)". Borrowed until close. */
const char *vq_model_source(const vq_model *model);
const vq_config *vq_model_config(const vq_model *model);
/* One line on how a file of others was read; NULL: nothing to tell. Borrowed. */
const char *vq_model_note(const vq_model *model);

/* Of its values, or of those that it was exported from; computed once. */
uint64_t vq_model_fingerprint(vq_model *model);
int vq_model_downsampling(const vq_model *model); /* pixels per code, side */

/* Workers for the calls below: 0, the default, is one per processor. */
void vq_model_set_threads(vq_model *model, int threads);

/*
 * Passes in which encoding looks for codes that decode to something closer to the
 * picture than the nearest codes do, each of which takes about as long as two
 * decodings: VQ_REFINE unless set; 0 or less: none, the nearest codes. Decoding needs
 * to know nothing of it, and the picture's squared error never grows.
 */
#define VQ_REFINE 20
#define VQ_REFINE_MAX 1000 /* that a command takes */
void vq_model_set_refine(vq_model *model, int passes);

/*
 * How much of a call's work is done, from 0 to 1. It is called by one worker at a time,
 * not always the same, and often: anything but 0 makes the call return VQ_ESTOPPED.
 */
typedef int (*vq_work_fn)(double done, void *user);

/* Whom to tell during vq_encode, vq_encode_file, vq_decode, vq_decode_many,
 * vq_reconstruct and vq_evaluate; NULL, as made: nobody. */
void vq_model_set_work(vq_model *model, vq_work_fn work, void *user);

typedef struct vq_tensor_info {
    const char *name; /* borrowed until close */
    const char *dtype;
    int rank;
    int64_t dims[8];
} vq_tensor_info;

/* The i-th tensor of the file, in file order; false past the last one. */
bool vq_model_tensor(const vq_model *model, int i, vq_tensor_info *info);

/* The i-th metadata entry; false past the last one. Strings borrowed until close. */
bool vq_model_metadata(const vq_model *model, int i, const char **key,
                       const char **value);

int64_t vq_model_parameters(const vq_model *model);

/*
 * Write the model again, atomically; half as 16-bit floats, at half the size. Its
 * fingerprint stays. VQ_EIO.
 */
vq_status vq_model_save(const vq_model *model, const char *path, bool half,
                        vq_error *err);

/*
 * Encode one image of any size, n images of one size, or a file or folder of data whose
 * images have one size. Images whose sides are not multiples of the downsampling are
 * padded by their edge pixels.
 */
vq_status vq_encode(vq_model *model, const vq_image *images, int n, vq_codes *codes,
                    vq_error *err);
vq_status vq_encode_file(vq_model *model, const char *data_path, vq_codes *codes,
                         vq_error *err);

/*
 * Decode image i of codes, cropped to its true size where the codes know it; of gray
 * codes to the mean of red, green and blue. VQ_EINPUT:
 * a code outside [0, K), another model's fingerprint, or codes of a flat array that may
 * as well be sequences of the pictures that the model was trained on: reshape them.
 */
vq_status vq_decode(vq_model *model, const vq_codes *codes, int i, vq_image *image,
                    vq_error *err);

/*
 * Decode the images [first, first + n), n > 0, to images [n]: the same pixels as one by
 * one, sooner where they are small. On failure none is left.
 */
vq_status vq_decode_many(vq_model *model, const vq_codes *codes, int first, int n,
                         vq_image *images, vq_error *err);

typedef struct vq_quality {
    double psnr;      /* dB over all 8-bit samples; infinite for equal images */
    double ssim;      /* Wang et al. 2004: 11x11 Gaussian window, mean over R, G, B */
    double ssim_luma; /* the same of luma, .299 R + .587 G + .114 B */
    double bpp;       /* bits per pixel of the codes: ceil(log2 K) a code of every
                         book */
} vq_quality;

/*
 * Reconstruct a picture into a file: byte for byte what encoding and decoding gives,
 * written row by row so that memory stays near one copy of the picture. side_by_side
 * puts the original to the left of the reconstruction, with VQ_SIDE_GAP white pixels
 * between them. quality may be NULL.
 */
#define VQ_SIDE_GAP 8
vq_status vq_reconstruct(vq_model *model, const vq_image *image, const char *out,
                         bool side_by_side, vq_quality *quality, vq_error *err);

/* The same of a PNG or JPEG file. */
vq_status vq_reconstruct_file(vq_model *model, const char *in, const char *out,
                              bool side_by_side, vq_quality *quality, vq_error *err);

/* ---- evaluation --------------------------------------------------------------------
 */

typedef struct vq_scores {
    int64_t images;
    double mse;          /* float reconstructions, pixels in [0, 1] */
    double nmse;         /* mse / variance of the training pixels */
    double psnr;         /* dB, of the mean MSE of clamped and rounded 8-bit pixels */
    double psnr_mean;    /* dB, mean of the per-image PSNRs */
    double ssim;         /* mean of the per-image SSIMs, each the mean of R, G, B */
    double ssim_luma;    /* mean of the per-image SSIMs of luma */
    double perplexity;   /* of the code histogram over the whole split; with several
                            books the mean of theirs */
    int codes_used;      /* codes with a count above zero, of all books together */
    double bpp;          /* bits per pixel */
    double images_per_s; /* encode and decode, without the metrics */
} vq_scores;

/*
 * Evaluate over a whole split. data as in vq_config.data; split is "train", "test" or
 * "all"; a single file is the whole of each. Pictures are taken whole, whatever their
 * size.
 */
vq_status vq_evaluate(vq_model *model, const char *data, const char *data_dir,
                      const char *split, vq_scores *scores, vq_error *err);

/* How one image of a split came out. */
typedef struct vq_image_scores {
    int64_t image;          /* its number in the split */
    const char *name;       /* a path, or a path and a number; strings are borrowed
                               for the call */
    int label;              /* -1: none */
    const char *class_name; /* NULL: none */
    int height, width;
    double mse;  /* float reconstruction, pixels in [0, 1] */
    double psnr; /* dB of clamped and rounded 8-bit pixels; may be
                    infinite */
    double ssim, ssim_luma;
} vq_image_scores;

/* Called from the evaluating thread, in the images' order. Anything but 0 makes the
 * evaluation return VQ_ESTOPPED. */
typedef int (*vq_image_scores_fn)(const vq_image_scores *scores, void *user);

/* PNG files to write, whom to tell of each image, and what else to give; NULL: not that
 * one. */
typedef struct vq_eval_pictures {
    const char *worst, *best; /* the 16 images of the lowest, or of the highest PSNR,
                                 that one first, each above its reconstruction, its
                                 name and its PSNR; of pictures larger than 256 pixels
                                 the centre */
    const char *atlas;        /* what each code decodes to, with its number and its use
                                 over the split, by that */
    const char *const *outputs; /* what else is written of the scores, ended by NULL: it
                                   must be none of the images either */
    vq_image_scores_fn each;
    void *user;
    double *count; /* [levels * heads, codes], filled: how often each code
                      is used; of the caller */
    int64_t most;  /* images that are measured, evenly spread over the split;
                      0: all */
} vq_eval_pictures;

/* vq_evaluate that also writes pictures and tells of each image, perhaps of a part of
 * the split. VQ_EUSAGE, too: a picture would be written over one that is measured. */
vq_status vq_evaluate_pictures(vq_model *model, const char *data, const char *data_dir,
                               const char *split, const vq_eval_pictures *pictures,
                               vq_scores *scores, vq_error *err);

/* ---- training ----------------------------------------------------------------------
 */

typedef enum vq_event {
    VQ_EVENT_LOAD, /* the data is looked through: `step` pictures of `steps`, which is 0
                      while it is not known; stopping now writes nothing */
    VQ_EVENT_START, /* the run folder is ready; text: its path */
    VQ_EVENT_STEP,  /* every step */
    VQ_EVENT_LOG,   /* every log_every steps: the means since the last one */
    VQ_EVENT_SAVE,  /* model and checkpoint are on disk; text: the model's path */
    VQ_EVENT_NOTE   /* something to tell the user; text: one line */
} vq_event;

/* A figure of what is trained, mean over the interval since the last log line. */
typedef struct vq_figure {
    const char *name; /* a constant, and the key in log.jsonl */
    double value;
} vq_figure;

#define VQ_FIGURES_MAX 16

/*
 * Figures of a VQ-VAE: loss, recon (--loss, in units of the variance), codebook,
 * commitment, nmse (mse / variance of the training pixels), perplexity, lr (of the last
 * update), grad_norm (before clipping; with --clip only), revived (codes replaced, all
 * of the interval), held_out_psnr (dB, of the mean MSE of a few fixed crops of the test
 * split, nearest codes; where there is such a split, and perhaps not at every log
 * line).
 */
typedef struct vq_progress {
    vq_event event;
    int64_t step, steps; /* steps: 0 with a time budget */
    double epoch;
    vq_figure figure[VQ_FIGURES_MAX];
    int n_figures;
    double images_per_s, seconds_left;
    const char *text; /* NULL unless the event says otherwise; borrowed for the call */
} vq_progress;

/* The figure of that name; NaN where there is none. */
double vq_progress_figure(const vq_progress *progress, const char *name);

/*
 * Called from the training thread. Return 0 to go on; anything else makes vq_train save
 * after this step and return VQ_ESTOPPED.
 */
typedef int (*vq_progress_fn)(const vq_progress *progress, void *user);

/*
 * Train as config says, into a run folder: config.json, log.jsonl, model.safetensors,
 * checkpoint.safetensors, samples/STEP.png, curves.svg, usage.svg.
 * VQ_EDIVERGED: a loss or weight became NaN or infinite; the last good checkpoint
 * stays. VQ_ESTOPPED: the callback asked for it; state is saved and `resume` continues
 * it. Same build, machine, config and data give the same model file at any thread
 * count.
 */
vq_status vq_train(const vq_config *config, vq_progress_fn progress, void *user,
                   vq_error *err);

/* ---- watching a training -----------------------------------------------------------
 *
 * The log of vq_train or vq_prior_train as it grows, from another process.
 */

typedef struct vq_watch vq_watch;

/* Watch a run folder, or "latest"; close it with vq_watch_close. VQ_EIO: it is not
 * there; VQ_EINPUT: it has no log, and nobody trains in it. */
vq_status vq_watch_open(vq_watch **watch, const char *run, vq_error *err);
void vq_watch_close(vq_watch *watch); /* NULL is legal */

/* Does the training go on? Asked before the lines are taken: when it has ended they are
 * all that there will be. */
bool vq_watch_goes_on(const vq_watch *watch);

/*
 * Take the next line of the log: a VQ_EVENT_LOG, or a VQ_EVENT_NOTE. VQ_EVENT_START
 * comes before the first, and again when the log begins anew, as when a training is
 * resumed. Not *more: there is none yet. Names and texts are borrowed until close, a
 * note until the next call. VQ_EIO, VQ_ENOMEM.
 */
vq_status vq_watch_next(vq_watch *watch, vq_progress *now, bool *more, vq_error *err);

/* ---- whole data sets ---------------------------------------------------------------
 *
 * Any number of pictures to codes, of which only a few are in memory at a time.
 */

typedef enum vq_tokens_type {
    VQ_TOKENS_AUTO, /* uint16 where K allows, else int32 */
    VQ_TOKENS_UINT16,
    VQ_TOKENS_INT32
} vq_tokens_type;

/* What went into a data set's codes, and what came of it. */
typedef struct vq_token_sums {
    int64_t pictures, pixels;
    int64_t bytes; /* of the pictures' files, or where larger files hold them, of their
                      pixels */
    bool of_pixels;
    int64_t written; /* bytes of the array or of the folder's files, without the index;
                        0: codes in memory */
} vq_token_sums;

typedef struct vq_token_set {
    const char *const *data; /* [n_data] one: as vq_config.data; several: pictures */
    int n_data;
    const char *data_dir; /* where cifar10 and cifar100 are looked for; NULL: nowhere */
    const char *split;    /* "train", "test" or "all"; NULL: all */
    bool skip_bad;        /* go on without pictures that cannot be used */
    bool resume;          /* go on with what an earlier call left unfinished */
    const char *array;    /* the .npy to write, */
    vq_tokens_type type;  /* of this type; */
    const char *folder;   /* or the folder for a file a picture, */
    vq_codes_format format; /* AUTO: .vqt; */
    vq_codes *codes;        /* or all codes in memory, for the caller to release */
    vq_token_sums *sums;    /* filled in at the end, unless it is NULL */
} vq_token_set;

/*
 * Encode a data set. Into array: a .npy [N, h, w], or [N, h, w, depth], of pictures of
 * one size, and beside it, .tsv in place of .npy, an index with a line for each row:
 * path, label (a number from 0 on, or -1), class, height and width of the picture,
 * parted by tabs, after a line that says so; backslash, tab and newline in a path are
 * \\, \t and \n. Into folder: 00000.vqt and so on, of pictures of any sizes, and
 * index.tsv, whose first column names them.
 *
 * Until it is whole the array is called array.part, and a folder has encode.part in it:
 * stopped or killed, a call with `resume` goes on to the same bytes. Progress comes as
 * VQ_EVENT_LOAD, NOTE and STEP, steps being pictures, with images_per_s and
 * seconds_left; `progress` may be NULL.
 *
 * Ranks write one array together, and nothing else; its folder is on a file system that
 * all of their machines share.
 *
 * VQ_EUSAGE: unfinished work is there, and `resume` is false; VQ_EINPUT: pictures
 * differ in size (the odd ones are named), cannot be used, or what is there was begun
 * with another model, data or options; VQ_EIO; VQ_ESTOPPED; VQ_ENOMEM.
 */
vq_status vq_encode_set(vq_model *model, const vq_token_set *set,
                        vq_progress_fn progress, void *user, vq_error *err);

/* ---- priors ------------------------------------------------------------------------
 *
 * A prior knows which codes of a model go together: a gated PixelCNN (van den Oord et
 * al. 2016, arXiv:1606.05328) over the grid of codes, perhaps told the picture's class.
 * New pictures are drawn from it, and codes take fewer bytes with it.
 */

/* Everything that defines a prior and its training. */
typedef struct vq_prior_config {
    vq_config training;      /* what any training has; the rest of it is not read */
    char model[VQ_PATH_MAX]; /* as vq_model_open's path; empty: $VQVAE_MODEL, else what
                                vq_model_for_data says */
    int width, depth, first_kernel, kernel, head;
    bool unconditional;
    bool flip;       /* mirror images too */
    int refine;      /* passes, as vq_model_set_refine's, of the codes learned */
    double nameless; /* share of pictures learned without their class */
    double dropout;
    int validation; /* pictures held out */
} vq_prior_config;

void vq_prior_config_default(vq_prior_config *config);

/* As vq_config_set, vq_config_load and vq_option_at. */
vq_status vq_prior_config_set(vq_prior_config *config, const char *name,
                              const char *value, vq_error *err);
vq_status vq_prior_config_load(vq_prior_config *config, const char *folder,
                               vq_error *err);
bool vq_prior_option_at(int i, vq_option *option);

/*
 * Train a prior as vq_train trains a model; the prior is model.safetensors of the run
 * folder, and runs/latest-prior leads to the folder. Figures: nats (a code, of the
 * batches), bits, hits (share of codes that the largest logit tells), validation (nats
 * a code of the pictures held out, of the average weights, once an epoch), lr,
 * grad_norm. The weights of the best validation are kept.
 */
vq_status vq_prior_train(const vq_prior_config *config, vq_progress_fn progress,
                         void *user, vq_error *err);

typedef struct vq_prior vq_prior;

/*
 * Open a prior: a file, a run folder, "latest" for runs/latest-prior, or one built into
 * the library, "builtin" of the model cifar10 and "photo" of the model photo; NULL:
 * $VQVAE_PRIOR, else "builtin". Close it with vq_prior_close. VQ_EINPUT: not a prior.
 */
vq_status vq_prior_open(vq_prior **prior, const char *path, vq_error *err);
void vq_prior_close(vq_prior *prior); /* NULL is legal */

typedef struct vq_prior_info {
    const char *source; /* where it came from; strings are borrowed until close */
    uint64_t fingerprint, model; /* its own, and of its VQ-VAE; 0: unknown */
    int h, w;                    /* the grid it was trained on; 0: unknown */
    int codes, depth;            /* K, and codes of a position */
    int classes;                 /* that have a name or a number; 0: none */
    bool nameless;               /* can it do without a class? */
    int64_t parameters, step;
    double nats; /* a code of its validation; 0: unknown */
} vq_prior_info;

void vq_prior_describe(vq_prior *prior, vq_prior_info *info);
void vq_prior_set_threads(vq_prior *prior, int threads);

/* Write the prior again, atomically; half as 16-bit floats: another prior then. */
vq_status vq_prior_save(const vq_prior *prior, const char *path, bool half,
                        vq_error *err);

/* VQ_EINPUT: the prior is of another model's codes. */
vq_status vq_prior_fits(vq_prior *prior, vq_model *model, vq_error *err);

/* The class of that name or number. VQ_EUSAGE: none, with those that there are. */
vq_status vq_prior_class(const vq_prior *prior, const char *name, int *label,
                         vq_error *err);

/* How to draw. Cuts come in this order; ties go to the lower code. */
typedef struct vq_sampling {
    int n, h, w;        /* grids, and their size in codes; 0 x 0: the prior's own */
    const int *label;   /* [n], -1: without a class; NULL: all without */
    double temperature; /* 1: as learned; 0: the likeliest code, always */
    int top_k;          /* of the K likeliest codes alone; 0: of all */
    double top_p;       /* of the fewest codes that make up this chance; 1: of all */
    uint64_t seed;      /* the same codes on every machine, at any number of threads */
    const vq_codes *given;     /* [1 or n grids]: codes that stay; NULL: none */
    const unsigned char *keep; /* [h,w]: not 0 where they stay */
} vq_sampling;

/* VQ_EUSAGE: settings out of range, a class that is needed or is not known. VQ_EINPUT,
 * as of all that a prior computes: it is not finite, for its weights are too large. */
vq_status vq_prior_sample(vq_prior *prior, const vq_sampling *how, vq_codes *codes,
                          vq_error *err);

typedef struct vq_prior_scores {
    int64_t images;
    double nats, bits;   /* a code */
    double uniform_bits; /* of a code when all are alike: log2(K) */
    double order0_bits;  /* with one table of frequencies for each book */
    double hits;         /* share of codes that the largest logit tells */
    double bytes;        /* a picture, without a file's header */
} vq_prior_scores;

/* Score the codes that the model, refining or not, gives a data split; arguments as
 * vq_evaluate. */
vq_status vq_prior_evaluate(vq_prior *prior, vq_model *model, const char *data,
                            const char *data_dir, const char *split,
                            vq_prior_scores *scores, vq_error *err);

/*
 * Write codes as .vqt version 3, coded by the prior; where plain bits are shorter, as
 * those. Lossless, and read by any machine. VQ_EINPUT: codes of another model.
 */
vq_status vq_prior_write(vq_prior *prior, const vq_codes *codes, const char *path,
                         vq_error *err);

/*
 * As vq_codes_read, of files that a prior coded too. prior NULL: the one that
 * vq_prior_open(NULL) finds, one built in or "latest", opened where the file needs it.
 * VQ_EINPUT: another prior coded it, or it is damaged.
 */
vq_status vq_prior_read(vq_prior *prior, vq_codes *codes, const char *path,
                        vq_error *err);

/* ---- reports -----------------------------------------------------------------------
 */

/* What a report is of, and what may be measured for it. */
#define VQ_REPORT_RUNS_MAX 8
#define VQ_REPORT_IMAGES 1000
typedef struct vq_report_request {
    const char *const *runs; /* [n_runs] folders of vq_train or vq_prior_train, or
                                "latest"; 1 to VQ_REPORT_RUNS_MAX */
    int n_runs;
    const char *out;      /* the page; NULL: report.html in the first folder */
    const char *data_dir; /* where cifar10 and cifar100 are looked for; NULL: where the
                             run found them */
    int images;           /* of the test split that are measured at most, evenly spread;
                             0: none, and a prior draws nothing */
    int threads;          /* 0: one per processor */
    vq_work_fn work;      /* whom to tell; NULL: nobody */
    void *user;
} vq_report_request;

/*
 * Write one page of HTML on what trainings did, which holds its pictures and needs
 * neither a network nor a script: the options that differ from the defaults, curves of
 * all runs over one another, scores, samples, the worst and the best reconstructions,
 * the atlas of codes and their use, and of a prior what it draws of each class. What a
 * run does not have, or what data that is not there would tell, is left out, which the
 * page says. It has at most 3,000,000 bytes: pictures get smaller until it does. path,
 * unless it is NULL, gets its name.
 *
 * VQ_EIO: no such folder, or the page cannot be written; VQ_EINPUT: no run, or one
 * without a log; VQ_EUSAGE: report.html is there and no report, `out` is a file
 * of a run or named like another kind of file, or too many runs; VQ_ESTOPPED;
 * VQ_ENOMEM.
 */
vq_status vq_report(const vq_report_request *request, char path[VQ_PATH_MAX],
                    vq_error *err);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif
