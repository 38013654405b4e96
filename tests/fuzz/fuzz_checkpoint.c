/*
 * SPDX-License-Identifier: MIT
 *
 * libFuzzer entry: any bytes as a checkpoint, and as the metadata of one whose tensors
 * are right, "key value" a line. What is accepted is saved, and loads the same.
 */
#include "fuzz.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "io/safetensors.h"
#include "train/checkpoint.h"

enum { WEIGHTS = 3, ENTRIES = 64 };

/* A learner that has something of every kind. */
typedef struct pupil {
    float weights[WEIGHTS], moment;
    double rate, count, images;
} pupil;

static void give(void *self, learner_state *state)
{
    pupil *p = self;
    state->n_buffers = 2;
    state->buffer[0] = (learner_buffer){"weights", p->weights, WEIGHTS};
    state->buffer[1] = (learner_buffer){"moment", &p->moment, 1};
    state->n_numbers = 3;
    state->number[0] = (learner_number){"rate", LEARNER_REAL, p->rate};
    state->number[1] = (learner_number){"count", LEARNER_COUNT, p->count};
    state->number[2] = (learner_number){"images", LEARNER_DATA, p->images};
}

static void take(void *self, const learner_state *state)
{
    pupil *p = self;
    p->rate = state->number[0].value;
    p->count = state->number[1].value;
}

static bool setting(void *self, int i, learner_setting *s)
{
    static const learner_setting all[] = {
        {"hidden", "32", "32", LEARNER_PLAIN},
        {"init", "a/b", "", LEARNER_FILE},
        {"data", "shapes", "shapes", LEARNER_SOURCE},
        {"threads", "2", "", LEARNER_FREE},
    };
    (void)self;
    if (i < (int)(sizeof all / sizeof *all))
        *s = all[i];
    return i < (int)(sizeof all / sizeof *all);
}

static learner learner_of(pupil *p)
{
    *p = (pupil){.images = 7};
    return (learner){.self = p, .give = give, .take = take, .setting = setting};
}

static void try_file(const char *path)
{
    pupil p, q;
    learner l = learner_of(&p), m = learner_of(&q);
    checkpoint_facts facts = {.run = 1}, same = {.run = 1};
    vq_error err = {""};
    char note[320];
    vq_status status = checkpoint_load(&l, &facts, path, note, &err);
    require(status == VQ_OK || (status == VQ_EINPUT && err.message[0]));
    if (status != VQ_OK)
        return;
    require(facts.run == 1 && facts.step >= 0 && facts.seconds >= 0);
    require(p.rate >= 0 && p.count >= 0 && p.count == floor(p.count) && p.images == 7);
    path = fuzz_path("again");
    require(checkpoint_save(&l, &facts, path, &err) == VQ_OK);
    require(checkpoint_load(&m, &same, path, note, &err) == VQ_OK && !note[0]);
    require(same.step == facts.step && same.seconds == facts.seconds);
    require(q.rate == p.rate && q.count == p.count);
    require(memcmp(p.weights, q.weights, sizeof p.weights) == 0);
}

/* A file with those lines as its metadata; false: two have one key, or some such. */
static bool make_file(const char *path, const uint8_t *data, size_t size)
{
    static float values[WEIGHTS] = {1, -2, 3};
    fuzz_words w = {data, data + size};
    char *key[ENTRIES], *value[ENTRIES];
    int n = 0;
    for (char *line; n < ENTRIES && (line = fuzz_word(&w, '\n'));) {
        char *blank = strchr(line, ' ');
        key[n] = line;
        value[n++] = blank ? blank + 1 : line + strlen(line);
        if (blank)
            *blank = '\0';
    }
    const st_tensor t[] = {{.name = (char *)(uintptr_t) "weights",
                            .dtype = ST_F32,
                            .rank = 1,
                            .dims = {WEIGHTS},
                            .data = (unsigned char *)values},
                           {.name = (char *)(uintptr_t) "moment",
                            .dtype = ST_F32,
                            .rank = 1,
                            .dims = {1},
                            .data = (unsigned char *)values}};
    vq_status status = st_write(path, t, 2, (const char *const *)key,
                                (const char *const *)value, n, NULL);
    for (int i = 0; i < n; i++)
        free(key[i]);
    return status == VQ_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const bool lines = size && data[0] >= ' ' && data[0] < 127;
    if (!lines)
        try_file(fuzz_file("checkpoint", data, size));
    else if (make_file(fuzz_path("checkpoint"), data, size))
        try_file(fuzz_path("checkpoint"));
    return 0;
}
