/*
 * SPDX-License-Identifier: MIT
 *
 * libFuzzer entry: any bytes as a model file, and as the metadata of one whose tensors
 * are those of the network that it describes, "key value" a line. Such a one opens; and
 * a fourth of what opens is saved, and opens as the same model: that takes four times
 * as long as all the rest.
 */
#include "fuzz.h"

#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "io/model_file.h"
#include "network/weights.h"

enum { ENTRIES = 64, FLOATS_MAX = 1 << 15 };

/* What metadata holds, but for the path of the data, of which it has the last part. */
static void require_same_config(const vq_config *a, const vq_config *b)
{
    char key[CONFIG_KEY_MAX], text[CONFIG_TEXT_MAX], other[CONFIG_TEXT_MAX];
    config_part part;
    for (int i = 0; config_field_at(a, i, key, &part, text); i++) {
        require(config_field_at(b, i, key, &part, other));
        if (weights_in_metadata(key, part) && strcmp(key, "data") != 0)
            require(strcmp(text, other) == 0);
    }
}

static vq_status open(network *net, train_facts *facts, const st_file *f)
{
    vq_error err = {""};
    vq_status status = weights_load(net, facts, f, "fuzz", &err);
    require(status == VQ_OK || (status == VQ_EINPUT && err.message[0]));
    return status;
}

static void check_round_trip(const network *net, const train_facts *facts)
{
    static network again;
    train_facts same;
    st_file f;
    vq_error err = {""};
    const char *path = fuzz_path("model");
    const weights_identity own = {0};
    require(weights_export(net, facts, &own, false, path, &err) == VQ_OK);
    require(model_file_read(&f, path, &err) == VQ_OK);
    require(open(&again, &same, &f) == VQ_OK);
    require_same_config(&net->config, &again.config);
    require(weights_fingerprint(net, false) == weights_fingerprint(&again, false));
    require(same.step == facts->step && same.variance == facts->variance);
    require(same.nmse == facts->nmse && same.perplexity == facts->perplexity);
    network_release(&again);
    st_release(&f);
}

static void try_model(const st_file *f, bool must_open, bool save)
{
    static network net;
    train_facts facts;
    vq_config c;
    vq_error err = {""};
    const vq_status status = open(&net, &facts, f);
    require(status == VQ_OK || !must_open);
    if (status == VQ_OK && save)
        check_round_trip(&net, &facts);
    network_release(&net);
    require(vq_config_preset(&c, VQ_PRESET_DEFAULT, &err) == VQ_OK);
    require(weights_take_architecture(&c, f, "fuzz", &err) == VQ_OK || err.message[0]);
}

/* ---- tensors to given metadata ------------------------------------------------------
 */

/* The tensors of the network, or fewer than there are: none, where it is large. */
static void make_tensors(st_file *f, const network *net)
{
    static float values[FLOATS_MAX];
    if (net->p.size > FLOATS_MAX)
        return;
    for (size_t k = 0; k < net->p.size; k++)
        values[k] = (float)((int)(k * 37 % 19) - 9) / 9;
    f->tensor = calloc((size_t)net->n_tensors + 1, sizeof *f->tensor);
    require(f->tensor);
    for (; f->n < net->n_tensors; f->n++) {
        const param *p = &net->p.table[net->tensor[f->n].param];
        st_tensor *t = &f->tensor[f->n];
        *t = (st_tensor){.name = strdup(net->tensor[f->n].name),
                         .rank = p->rank,
                         .count = (int64_t)p->count,
                         .data = (unsigned char *)(values + p->offset),
                         .size = p->count * sizeof *values};
        require(t->name && st_set_dtype(t, "F32"));
        for (int r = 0; r < p->rank; r++)
            t->dims[r] = p->dims[r];
    }
}

/* Two of one key are no file's. */
static bool is_there(const st_file *f, const char *key)
{
    return st_metadata(f, key) != NULL;
}

static void read_entries(st_file *f, const uint8_t *data, size_t size)
{
    fuzz_words w = {data, data + size};
    f->key = calloc(ENTRIES, sizeof *f->key);
    f->value = calloc(ENTRIES, sizeof *f->value);
    require(f->key && f->value);
    for (char *line; f->n_metadata < ENTRIES && (line = fuzz_word(&w, '\n'));) {
        char *blank = strchr(line, ' ');
        if (blank)
            *blank = '\0';
        if (blank && !is_there(f, line)) {
            f->key[f->n_metadata] = strdup(line);
            f->value[f->n_metadata] = strdup(blank + 1);
            require(f->key[f->n_metadata] && f->value[f->n_metadata]);
            f->n_metadata++;
        }
        free(line);
    }
}

static void try_metadata(const uint8_t *data, size_t size, bool save)
{
    static network net;
    st_file f = {.n = 0};
    vq_config c;
    vq_error err = {""};
    read_entries(&f, data, size);
    const vq_status status = weights_read_config(&c, &f, "fuzz", &err);
    if (status == VQ_OK) {
        network_layout(&net, &c);
        make_tensors(&f, &net);
    } else
        require(status == VQ_EINPUT && err.message[0]);
    try_model(&f, f.n > 0, save);
    st_release(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    st_file f;
    vq_error err = {""};
    const bool save = size && (size ^ data[size - 1]) % 8 == 0;
    if (size && data[0] >= 'a' && data[0] <= 'z' && (size < 8 || data[7])) {
        try_metadata(data, size, save);
    } else if (model_file_parse(&f, "fuzz", data, size, &err) == VQ_OK) {
        try_model(&f, false, save);
        st_release(&f);
    }
    return 0;
}
