/*
 * SPDX-License-Identifier: MIT
 *
 * Bad input through the program: each has its message and its exit code, and loses
 * nothing that was there before.
 */
#include "program.h"

static void test_cmd_faults__files(void **state)
{
    (void)state;
    static const program_fault faults[] = {
        {"vqvae encode none.png", 4,
         "vqvae: cannot open 'none.png': No such file or directory\n"},
        {"vqvae encode none.bin", 4,
         "cannot open 'none.bin': No such file or directory"},
        {"vqvae reconstruct none.png o.png", 4, "cannot open 'none.png': No such file"},
        {"vqvae reconstruct in.png none/o.png", 4, "'none/o.png': No such file"},
        {"vqvae decode none.vqt o.png", 4, "cannot open 'none.vqt': No such file"},
        {"vqvae eval --data none.bin", 4, "cannot open 'none.bin': No such file"},
        {"vqvae inspect none", 4, "cannot open 'none': No such file"},
        {"vqvae inspect .", 4, "'.' is a folder that holds no model.safetensors"},
        {"vqvae encode in.png -o none/c.vqt", 4, "'none/c.vqt': No such file"},
        {"vqvae encode in.png -o codes.jpg", 2, "codes.jpg"},
        {"train --data none.bin", 4, "cannot open 'none.bin': No such file"},
        {"train --data cifar10", 4, "scripts/get-cifar10.sh"},
        {"train --init none.safetensors --data data.bin", 4, "'none.safetensors'"},
        {"train --order none.npy --data data.bin", 4, "cannot open 'none.npy'"},
        {"train --data data.bin --out run", 2, "'run' holds a run"},
    };
    EXPECT(faults);
}

static void test_cmd_faults__data(void **state)
{
    (void)state;
    static const program_fault faults[] = {
        {"head -c 4000 data.bin >odd.bin; train --data odd.bin", 3, "byte 3073"},
        {"vqvae eval --data odd.bin", 3, "byte 3073"},
        {"vqvae encode odd.bin", 3, "byte 3073"},
        {"{ head -c 3073 data.bin; printf '\\012'; tail -c 3072 data.bin; } >l.bin;"
         "train --data l.bin",
         3, "byte 3073"},
        {": >empty.bin; train --data empty.bin", 3, "'empty.bin' is empty"},
        {"mkdir d; train --data d", 4, "'d'"},
    };
    EXPECT(faults);
}

static void test_cmd_faults__pictures(void **state)
{
    (void)state;
    static const program_fault faults[] = {
        {"head -c 100 in.png >cut.png; vqvae encode cut.png", 3, "'cut.png'"},
        {"vqvae reconstruct cut.png o.png", 3, "'cut.png'"},
        {"vqvae reconstruct - o.png <cut.png", 3, "standard input"},
        {"{ head -c 60 in.png; printf xxxx; tail -c +65 in.png; } >bad.png;"
         "vqvae reconstruct bad.png o.png",
         3, "'bad.png'"},
        {"printf hello >text.png; vqvae encode text.png", 3,
         "'text.png' is neither a PNG nor a JPEG"},
        {"vqvae reconstruct text.png o.png", 3, "'text.png'"},
        /* a million by a million, with a correct checksum */
        {"printf "
         "'\\211PNG\\r\\n\\032\\n\\0\\0\\0\\rIHDR\\0\\17\\102\\100\\0\\17\\102\\100"
         "\\10\\2\\0\\0\\0\\323\\17\\257\\52' >big.png; vqvae reconstruct big.png "
         "o.png",
         3, "'big.png'"},
        {"test ! -e o.png", 0, ""},
    };
    EXPECT(faults);
}

static void test_cmd_faults__models(void **state)
{
    (void)state;
    static const program_fault faults[] = {
        {"head -c 1000 run/model.safetensors >cut; vqvae inspect cut", 3, "'cut'"},
        {"printf '' >none; vqvae encode -m none in.png", 3, "'none'"},
        {"{ cat run/model.safetensors; printf x; } >long; vqvae inspect long", 3,
         "'long'"},
        /* metadata of the same length that says something else */
        {"sed 's/\"codes\":\"16\"/\"codes\":\"17\"/' run/model.safetensors >wrong;"
         "cmp -s run/model.safetensors wrong && exit 9; vqvae encode -m wrong in.png",
         3, "'wrong'"},
        {"vqvae encode -m in.png in.png", 3, "'in.png'"},
    };
    EXPECT(faults);
}

static void test_cmd_faults__codes(void **state)
{
    (void)state;
    static const program_fault faults[] = {
        {"printf '3 99\\n' >far.txt; vqvae decode far.txt o.png", 3, "99"},
        {"vqvae encode in.png -o a.vqt; train --data data.bin --seed 7 --out other &&"
         "vqvae decode -m other/model.safetensors a.vqt o.png",
         3, "another model"},
        {"{ head -c 50 a.vqt; printf x; tail -c +52 a.vqt; } >crc.vqt;"
         "vqvae decode crc.vqt o.png",
         3, "'crc.vqt'"},
        {"head -c 30 a.vqt >cut.vqt; vqvae decode cut.vqt o.png", 3, "'cut.vqt'"},
        {"vqvae decode in.png o.png", 3, "'in.png'"},
        {"test ! -e o.png", 0, ""},
    };
    EXPECT(faults);
}

/* An address space of 1 GB; AddressSanitizer takes terabytes for itself. */
#ifdef __SANITIZE_ADDRESS__
#define LIMITED ""
#define TINY_LIMIT ""
#else
#define LIMITED "ulimit -v 1000000; "
#define TINY_LIMIT "ulimit -v 100000; "
#endif

/* A large file that is none of ours is refused by its first bytes: in an address space
 * that could not hold it. */
static void test_cmd_faults__hostile_sizes(void **state)
{
    (void)state;
    static const program_fault faults[] = {
        {LIMITED "truncate -s 4294967000 zeros; vqvae inspect zeros", 3, "'zeros'"},
        {LIMITED "cp run/model.safetensors tail; truncate -s 4G tail;"
                 "vqvae encode -m tail in.png",
         3, "'tail' has 4294967296 bytes"},
        {LIMITED "truncate -s 4294967000 tail; vqvae encode -m tail in.png", 3,
         "bytes after the last tensor"},
        {LIMITED "truncate -s 1000000000 zeros; vqvae decode zeros o.png", 3,
         "'zeros' does not hold codes: byte 0"},
        {"vqvae encode --refine 0 in.png -o a.npy -q; vqvae encode --refine 0 in.png "
         "-o a.vqt -q; truncate -s 1000000000 a.npy a.vqt; " LIMITED
         "vqvae decode a.npy o.png",
         3, "bytes of data for"},
        {LIMITED "vqvae decode a.vqt o.png", 3, "bytes of data for"},
        {"{ printf '\\377\\377\\377\\0\\0\\0\\0\\0{'; head -c 16777215 "
         "/dev/zero; } >header; vqvae inspect header",
         3, "a header of 16777215 bytes, more than 2097152"},
        {"truncate -s 20G zeros.bin; train --data zeros.bin", 3,
         "no whole number of CIFAR-10 records"},
        {"head -c 99999999 /dev/zero | vqvae inspect -", 3, "'standard input'"},
        {"test ! -e o.png", 0, ""},
        /* it ends, whether that is enough for it or not */
        {TINY_LIMIT "timeout 60 \"$program\" inspect >o; test $? = 0 -o $? = 70", 0,
         ""},
    };
    EXPECT(faults);
}

/* A pipe in the place of a file of a run folder is told, not waited for. */
static void test_cmd_faults__pipes(void **state)
{
    (void)state;
#define PIPE(name)                                                                     \
    "rm -rf p; cp -r run p; rm -f p/" name "; mkfifo p/" name                          \
    "; timeout 20 \"$program\" "
    static const program_fault faults[] = {
        {PIPE("log.jsonl") "watch p", 3, "'p/log.jsonl' is not a regular file"},
        {PIPE("log.jsonl") "report p", 3, "'p/log.jsonl' is not a regular file"},
        {PIPE("log.jsonl") "train -q --resume --steps 9 --out p", 3,
         "'p/log.jsonl' is not a regular file"},
        {PIPE("log.jsonl") "inspect p", 0, ""},
        {PIPE("config.json") "watch p", 0, ""},
        {PIPE("config.json") "report p", 3, "'p/config.json' is not a regular file"},
        {PIPE("config.json") "inspect p", 3, "'p/config.json' is not a regular file"},
        {PIPE("config.json") "train -q --resume --out p", 3,
         "'p/config.json' is not a regular file"},
        {PIPE("config.json") "train -q --force --out p", 3,
         "'p/config.json' is not a regular file"},
        {PIPE(".lock") "watch p", 0, ""},
        {PIPE("report.html") "report --images 0 p", 3,
         "'p/report.html' is not a regular file"},
        {PIPE("samples/000001.png") "report --images 0 p", 0, ""},
        {PIPE("model.safetensors") "encode -m p in.png", 3,
         "'p/model.safetensors' is not a regular file"},
        {PIPE("model.safetensors") "sample --prior p", 3,
         "'p/model.safetensors' is not a regular file"},
        {PIPE("checkpoint.safetensors") "train -q --resume --steps 9 --out p", 3,
         "'p/checkpoint.safetensors' is not a regular file"},
        /* elsewhere it is waited for, until a signal comes */
        {"mkfifo pipe; timeout --preserve-status -k 30 -s TERM 1 \"$program\" train -q "
         "--data in.png --crop 8 --steps 1 --order pipe --out p2",
         143, ""},
    };
#undef PIPE
    EXPECT(faults);
}

/* A file that may not grow is a full disk: what was there stays, nothing else is left.
 */
static void test_cmd_faults__full_disk(void **state)
{
    (void)state;
    static const program_fault faults[] = {
        {"cp -r run before; ulimit -f 4; train --resume --out run --steps 9 -q", 4,
         "File too large"},
        {"cmp before/checkpoint.safetensors run/checkpoint.safetensors &&"
         "cmp before/model.safetensors run/model.safetensors &&"
         "test \"$(ls -A before)\" = \"$(ls -A run)\"",
         0, ""},
        {"unset VQVAE_MODEL; box() { vqvae reconstruct --refine 0 in.png o.png; };"
         "box; cp o.png p.png; ulimit -f 2; box",
         4, "File too large"},
        {"cmp o.png p.png && test \"$(ls -A | grep -c o.png)\" = 1", 0, ""},
        {"vqvae encode in.png -o - >/dev/full", 4, "No space left on device"},
        {"vqvae reconstruct in.png - >/dev/full", 4, "No space left on device"},
        {"vqvae encode in.png -o /proc/c.vqt", 4, "'/proc/c.vqt'"},
        {"train --data data.bin --out /proc/run", 4, "'/proc/run"},
    };
    EXPECT(faults);
}

static void test_cmd_faults__divergence(void **state)
{
    (void)state;
    static const program_fault faults[] = {
        {"vqvae train --data data.bin" TINY
         "--steps 2000 --lr 1e6 --save-every 1 --out d --codebook gradient -q",
         5, "training diverged at step "},
        {"vqvae inspect d/model.safetensors && vqvae encode -m d/model.safetensors "
         "in.png",
         0, ""},
        /* a loss that is finite, and beyond all hope */
        {"vqvae train --data data.bin" TINY "--steps 60 --lr 100 --warmup 0 --out e -q",
         5,
         "loss is not finite or above 1e+08; nothing was saved yet; try a lower --lr "
         "than 100"},
    };
    EXPECT(faults);
}

const struct CMUnitTest test_cmd_faults_suite[] = {
    cmocka_unit_test(test_cmd_faults__files),
    cmocka_unit_test(test_cmd_faults__data),
    cmocka_unit_test(test_cmd_faults__pictures),
    cmocka_unit_test(test_cmd_faults__models),
    cmocka_unit_test(test_cmd_faults__codes),
    cmocka_unit_test(test_cmd_faults__hostile_sizes),
    cmocka_unit_test(test_cmd_faults__pipes),
    cmocka_unit_test(test_cmd_faults__full_disk),
    cmocka_unit_test(test_cmd_faults__divergence),
    {0},
};
