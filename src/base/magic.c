/*
 * SPDX-License-Identifier: MIT
 *
 * One table. Its order matters where two rows fit: an archive of NumPy is a zip too.
 */
#include "base/magic.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

#define N_WANTS 3

static const char *const want_text[N_WANTS] = {
    [WANT_MODEL] = "a model", [WANT_DATA] = "a data file", [WANT_CODES] = "codes"};

static const char as_png[] = "convert it to PNG or JPEG";
static const char as_array[] = "save its pictures as uint8 with numpy.save";
static const char unpack[] = "unpack it first";

typedef struct row {
    magic_kind kind;
    int at; /* of the bytes in the file */
    const char *bytes;
    int n;
    const char *name;
    const char *way_out[N_WANTS]; /* by magic_want; NULL: none */
} row;

#define ROW(kind, at, bytes, name, ...)                                                \
    {                                                                                  \
        kind, at, bytes, sizeof(bytes) - 1, name,                                      \
        {                                                                              \
            __VA_ARGS__                                                                \
        }                                                                              \
    }
#define ANY(text) text, text, text

static const row rows[] = {
    /* before all others: its first 8 bytes are a number and can look like anything */
    ROW(MAGIC_SAFETENSORS, 8, "{", "a safetensors file", NULL, "a model is for --model",
        "a model is for --model"),
    ROW(MAGIC_LFS, 0, "version https://git-lfs", "a Git LFS pointer",
        ANY("fetch the file it stands for with 'git lfs pull'")),
    ROW(MAGIC_GZIP, 0, "\x1f\x8b", "a gzip file",
        ANY("unpack it first, with gunzip or 'tar xf'")),
    ROW(MAGIC_PACKED, 0,
        "\xfd"
        "7zXZ",
        "an xz file", ANY(unpack)),
    ROW(MAGIC_PACKED, 0, "BZh", "a bzip2 file", ANY(unpack)),
    ROW(MAGIC_PACKED, 0, "\x28\xb5\x2f\xfd", "a zstd file", ANY(unpack)),
    ROW(MAGIC_PACKED, 0, "7z\xbc\xaf", "a 7z archive", ANY(unpack)),
    ROW(MAGIC_TAR, 257, "ustar", "a tar archive",
        ANY("unpack it first, with 'tar xf'")),
    ROW(MAGIC_NPZ, 0, "PK\3\4", "an .npz archive of NumPy",
        "save the weights with safetensors.numpy.save_file",
        "save its array of uint8 pictures with numpy.save",
        "save the one array with numpy.save"),
    ROW(MAGIC_TORCH, 0, "PK\3\4", "a file of PyTorch", NULL, as_array,
        "save codes with numpy.save, a model is for --model"),
    ROW(MAGIC_ZIP, 0, "PK\3\4", "a zip archive", ANY(unpack)),
    ROW(MAGIC_TORCH_LEGACY, 0, "\x80\2\x8a\nl\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.",
        "a file of PyTorch", NULL, as_array,
        "save codes with numpy.save, a model is for --model"),
    ROW(MAGIC_PICKLE, 0, "\x80", "a Python pickle",
        "load it in Python and save its state_dict with torch.save",
        "of CIFAR the binary version is read: scripts/get-cifar10.sh, or "
        "cifar-10-binary.tar.gz unpacked",
        "save codes with numpy.save"),
    ROW(MAGIC_PNG, 0, "\x89PNG", "a PNG picture", NULL, NULL,
        "make codes of it with 'vqvae encode'"),
    ROW(MAGIC_JPEG, 0, "\xff\xd8\xff", "a JPEG picture", NULL, NULL,
        "make codes of it with 'vqvae encode'"),
    ROW(MAGIC_PICTURE, 8, "WEBP", "a WebP picture", NULL, as_png, as_png),
    ROW(MAGIC_PICTURE, 0, "GIF8", "a GIF picture", NULL, as_png, as_png),
    ROW(MAGIC_PICTURE, 6, "\0\0\0\0", "a BMP picture", NULL, as_png, as_png),
    ROW(MAGIC_PICTURE, 0, "II*\0", "a TIFF picture", NULL, as_png, as_png),
    ROW(MAGIC_PICTURE, 0, "MM\0*", "a TIFF picture", NULL, as_png, as_png),
    ROW(MAGIC_PICTURE, 4, "ftypavif", "an AVIF picture", NULL, as_png, as_png),
    ROW(MAGIC_PICTURE, 4, "ftyphei", "a HEIC picture", NULL, as_png, as_png),
    ROW(MAGIC_PDF, 0, "%PDF-", "a PDF document", NULL, as_png, NULL),
    ROW(MAGIC_HDF5, 0, "\x89HDF\r\n", "an HDF5 file",
        "save the weights with safetensors.numpy.save_file",
        "save its array of uint8 pictures with numpy.save",
        "save the one array with numpy.save"),
    ROW(MAGIC_GGUF, 0, "GGUF", "a GGUF file", NULL, NULL, NULL),
    ROW(MAGIC_NPY, 0, "\x93NUMPY", "a NumPy array", "codes are for 'vqvae decode'",
        NULL, NULL),
    ROW(MAGIC_VQT, 0, "VQT1", "a file of codes", "codes are for 'vqvae decode'",
        "codes are for 'vqvae decode'", NULL),
    ROW(MAGIC_WEB_PAGE, 0, "<!doctype html", "a web page",
        ANY("look at it in a browser for why the download failed")),
    ROW(MAGIC_WEB_PAGE, 0, "<html", "a web page",
        ANY("look at it in a browser for why the download failed")),
    ROW(MAGIC_WEB_PAGE, 0, "<?xml", "XML",
        ANY("look at it for why the download failed")),
    ROW(MAGIC_WEB_PAGE, 0, "<svg", "an SVG drawing", ANY("a browser shows it")),
    ROW(MAGIC_JSON, 0, "{", "JSON text", "the model of a run is its model.safetensors",
        NULL, NULL),
    ROW(MAGIC_UTF16, 0, "\xff\xfe", "text in UTF-16", NULL, "save it as UTF-8",
        "save it as UTF-8"),
};
#define N_ROWS ((int)(sizeof rows / sizeof *rows))

/* The name of a zip's first entry ends like that. */
static bool zip_begins_with(const unsigned char *bytes, size_t size, const char *ending)
{
    if (size < 30)
        return false;
    size_t n = bytes[26] | (size_t)bytes[27] << 8, m = strlen(ending);
    return n >= m && 30 + n <= size && memcmp(bytes + 30 + n - m, ending, m) == 0;
}

/* Text as a server sends it: blanks before it, and letters of either case. */
static bool text_begins_with(const unsigned char *bytes, size_t size, const char *word)
{
    size_t i = size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    while (i < size && isspace(bytes[i]))
        i++;
    for (; *word; word++, i++)
        if (i >= size || tolower(bytes[i]) != *word)
            return false;
    return true;
}

/* An object, not any brace: a quote or its end follows. */
static bool is_json(const unsigned char *bytes, size_t size)
{
    size_t i = 1;
    while (i < size && isspace(bytes[i]))
        i++;
    return i < size && (bytes[i] == '"' || bytes[i] == '}');
}

/* What the bytes of a row do not say of the file that begins with them. */
static bool fits_further(const row *r, const unsigned char *bytes, size_t size)
{
    uint64_t length;
    switch (r->kind) {
    case MAGIC_NPZ:
        return zip_begins_with(bytes, size, ".npy");
    case MAGIC_TORCH:
        return zip_begins_with(bytes, size, "/data.pkl");
    case MAGIC_PICKLE: /* protocols 2 to 5, each beginning with few opcodes */
        return size > 2 && bytes[1] >= 2 && bytes[1] <= 5 && bytes[2] &&
               strchr("}](cXK\x8a\x95", bytes[2]);
    case MAGIC_PICTURE:
        return (r->at != 8 || memcmp(bytes, "RIFF", 4) == 0) &&
               (r->at != 6 || memcmp(bytes, "BM", 2) == 0);
    case MAGIC_SAFETENSORS:
        memcpy(&length, bytes, sizeof length);
        return length < 100000000 && is_json(bytes + 8, size - 8);
    case MAGIC_JSON:
        return is_json(bytes, size);
    case MAGIC_UNKNOWN:
    case MAGIC_LFS:
    case MAGIC_WEB_PAGE:
    case MAGIC_GZIP:
    case MAGIC_PACKED:
    case MAGIC_TAR:
    case MAGIC_ZIP:
    case MAGIC_TORCH_LEGACY:
    case MAGIC_PNG:
    case MAGIC_JPEG:
    case MAGIC_PDF:
    case MAGIC_HDF5:
    case MAGIC_GGUF:
    case MAGIC_NPY:
    case MAGIC_VQT:
    case MAGIC_UTF16:
        break;
    }
    return true;
}

static bool fits(const row *r, const unsigned char *bytes, size_t size)
{
    if (r->kind == MAGIC_WEB_PAGE)
        return text_begins_with(bytes, size, r->bytes);
    return size >= (size_t)(r->at + r->n) &&
           memcmp(bytes + r->at, r->bytes, (size_t)r->n) == 0 &&
           fits_further(r, bytes, size);
}

static const row *find(const unsigned char *bytes, size_t size)
{
    for (int i = 0; i < N_ROWS; i++)
        if (fits(&rows[i], bytes, size))
            return &rows[i];
    return NULL;
}

magic_kind magic_of(const unsigned char *bytes, size_t size)
{
    const row *r = find(bytes, size);
    return r ? r->kind : MAGIC_UNKNOWN;
}

const char *magic_name(const unsigned char *bytes, size_t size)
{
    const row *r = find(bytes, size);
    return r ? r->name : NULL;
}

vq_status magic_refuse(const char *name, const unsigned char *bytes, size_t size,
                       magic_want want, vq_error *err)
{
    const row *r = find(bytes, size);
    if (!r)
        return VQ_OK;
    const char *way_out = r->way_out[want];
    return vq_fail(err, VQ_EINPUT, "'%s' is %s, not %s%s%s", name, r->name,
                   want_text[want], way_out ? ": " : "", way_out ? way_out : "");
}

/* The first bytes of a regular file; 0: there are none to be read. */
static size_t read_first(const char *path, unsigned char bytes[MAGIC_BYTES])
{
    struct stat info;
    /* without O_NONBLOCK opening a pipe would wait for its writer */
    int fd = fd_open(path, O_RDONLY | O_NONBLOCK, 0);
    if (fd < 0)
        return 0;
    bool regular = fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
    ssize_t n = regular ? fd_read_at(fd, bytes, MAGIC_BYTES, 0) : 0;
    fd_close(fd);
    return n > 0 ? (size_t)n : 0;
}

magic_kind magic_of_file(const char *path)
{
    unsigned char bytes[MAGIC_BYTES];
    return magic_of(bytes, read_first(path, bytes));
}

vq_status magic_refuse_file(const char *path, magic_want want, vq_error *err)
{
    unsigned char bytes[MAGIC_BYTES];
    return magic_refuse(path, bytes, read_first(path, bytes), want, err);
}
