/*
 * SPDX-License-Identifier: MIT
 *
 * scripts/get-cifar10.sh without a network: a small archive of six files in place of
 * the official one, and stand-ins for curl and wget in a PATH that holds nothing else.
 */
#include "support.h"

#include <stdio.h>
#include <string.h>

#include "data/dataset.h"
#include "data/files.h"

#define SCRIPT "scripts/get-cifar10.sh"
#define OFFICIAL_MD5 "c32a1d4ab5d03f1284b67883e8d87530"

/* $D is the scratch folder; $A the archive; $DATA where it is to go. */
static const char prelude[] =
    "D='%s' A=$D/fake.tar.gz DATA=$D/data\n"
    "bytes() { wc -c <\"$1\" | tr -d ' '; }\n"
    "md5() { md5sum <\"$1\" | cut -d ' ' -f 1; }\n"
    "offer() { CIFAR10_BYTES=$(bytes \"$1\") CIFAR10_MD5=$(md5 \"$1\") && "
    "export CIFAR10_BYTES CIFAR10_MD5; }\n"
    /* a PATH with what the script needs; the stand-ins are added */
    "tools() { mkdir $D/bin; for t in sh cat chmod cp cut gzip mkdir md5sum mv rm "
    "rmdir sed "
    "tar tr wc; do ln -s \"$(command -v $t)\" $D/bin/$t; done; PATH=$D/bin; }\n"
    "stand_in() { cat >$D/bin/$1; chmod +x $D/bin/$1; }\n";

static const char make_archive[] =
    "mkdir $D/cifar-10-batches-bin && cd $D && for i in 1 2 3 4 5 6; do "
    "f=data_batch_$i.bin; [ $i != 6 ] || f=test_batch.bin; "
    "head -c $((i * 3073)) /dev/zero >cifar-10-batches-bin/$f; done && "
    "tar -czf fake.tar.gz cifar-10-batches-bin && rm -r cifar-10-batches-bin && "
    "cd \"$OLDPWD\" || exit 99\n";

typedef struct run {
    char folder[256], out[2048], errors[4096];
    int code;
} run;

static void run_in(run *r, const char *commands)
{
    char text[6000];
    int length = snprintf(text, sizeof text, prelude, r->folder);
    snprintf(text + length, sizeof text - (size_t)length, "%s", commands);
    r->code = support_run(text, r->out, sizeof r->out, r->errors, sizeof r->errors);
}

/* A fresh folder with the archive in it. */
static void run_begin(run *r)
{
    support_folder_make(r->folder);
    run_in(r, make_archive);
    assert_int_equal(r->code, 0);
}

/* The commands must end with `code` and say `part` (on either stream). */
static void check_run(run *r, const char *commands, int code, const char *part)
{
    run_in(r, commands);
    if (r->code != code || (!strstr(r->out, part) && !strstr(r->errors, part)))
        fail_msg("%s: exit %d with '%s' and '%s', want %d with '%s'", commands, r->code,
                 r->out, r->errors, code, part);
}

/* What is in the data folder, hidden files included, or "none" where it is not. */
static void check_data(run *r, const char *want)
{
    run_in(r, "{ ls -A $DATA 2>/dev/null || echo none; } | tr '\\n' ' '");
    assert_string_equal(r->out, want);
}

static void test_get_cifar10__unpack(void **state)
{
    (void)state;
    run r;
    run_begin(&r);
    check_run(&r, "offer $A; CIFAR10_ARCHIVE=$A " SCRIPT " $DATA", 0,
              "train with --data cifar10 --data-dir '");
    check_data(&r, "cifar-10-batches-bin ");
    check_run(&r, "test -f $A", 0, "");

    char path[300];
    vq_error err;
    dataset ds;
    snprintf(path, sizeof path, "%s/data", r.folder);
    assert_ok(files_open(&ds, "cifar10", path, "train", &err), &err);
    assert_int_equal(ds.n, 1 + 2 + 3 + 4 + 5);
    dataset_close(&ds);

    /* once more: nothing to do, and no archive is looked for */
    check_run(&r, "CIFAR10_ARCHIVE=/no/such " SCRIPT " $DATA", 0, "' already");
    support_folder_remove(r.folder);
}

/* Without the overrides nothing but the official archive will do. */
static void test_get_cifar10__refuse_another_archive(void **state)
{
    (void)state;
    run r;
    run_begin(&r);
    check_run(&r, "CIFAR10_ARCHIVE=$A " SCRIPT " $DATA", 3,
              " bytes, want 170052171: not the archive, or cut short");
    check_data(&r, "none ");
    check_run(&r, "CIFAR10_ARCHIVE=$A CIFAR10_BYTES=$(bytes $A) " SCRIPT " $DATA", 3,
              ", want " OFFICIAL_MD5 ": refused");
    check_data(&r, "none ");
    /* one flipped byte */
    check_run(&r,
              "offer $A; printf X | dd of=$A bs=1 seek=40 conv=notrunc 2>/dev/null; "
              "CIFAR10_ARCHIVE=$A " SCRIPT " $DATA",
              3, "' has the MD5 ");
    check_data(&r, "none ");
    support_folder_remove(r.folder);
}

static void test_get_cifar10__archive_in_the_folder(void **state)
{
    (void)state;
    run r;
    run_begin(&r);
    check_run(&r,
              "mkdir $DATA; mv $A $DATA/cifar-10-binary.tar.gz; "
              "offer $DATA/cifar-10-binary.tar.gz; CIFAR10_URL=none: " SCRIPT " $DATA",
              0, "CIFAR-10 is in '");
    check_data(&r, "cifar-10-batches-bin cifar-10-binary.tar.gz ");
    support_folder_remove(r.folder);
}

/* What passes the checksum but is no good is refused as well, and leaves nothing. */
static void test_get_cifar10__bad_contents(void **state)
{
    (void)state;
    run r;
    run_begin(&r);
    check_run(&r,
              "cd $D; tar -xzf $A; rm cifar-10-batches-bin/test_batch.bin; "
              "tar -czf $A cifar-10-batches-bin; cd \"$OLDPWD\"; "
              "offer $A; CIFAR10_ARCHIVE=$A " SCRIPT " $DATA",
              3, "' holds no cifar-10-batches-bin/test_batch.bin");
    check_data(&r, "none ");
    check_run(
        &r, "mkdir $DATA; echo junk >$A; offer $A; CIFAR10_ARCHIVE=$A " SCRIPT " $DATA",
        4, "cannot unpack '");
    check_data(&r, ""); /* a folder that was there stays */
    check_run(&r, "CIFAR10_ARCHIVE=$D/absent " SCRIPT " $DATA", 4,
              "cannot find the archive '");
    support_folder_remove(r.folder);
}

static void test_get_cifar10__folder_in_the_way(void **state)
{
    (void)state;
    run r;
    run_begin(&r);
    check_run(
        &r,
        "mkdir -p $DATA/cifar-10-batches-bin; offer $A; CIFAR10_ARCHIVE=$A " SCRIPT
        " $DATA",
        4, "' is there, but has no data_batch_1.bin: move it out of the way");
    check_data(&r, "cifar-10-batches-bin ");
    check_run(&r, "echo >$D/file; CIFAR10_ARCHIVE=$A " SCRIPT " $D/file", 4,
              "cannot make the folder '");
    support_folder_remove(r.folder);
}

/* curl -fL -sS --retry 3 -o FILE URL and wget -nv -O FILE URL */
static void test_get_cifar10__download(void **state)
{
    (void)state;
    static const char *const stand_ins[] = {
        "stand_in curl <<E\n#!$D/bin/sh\ncp \"\\${7#x:}\" \"\\$6\"\nE\n",
        "stand_in wget <<E\n#!$D/bin/sh\ncp \"\\${4#x:}\" \"\\$3\"\nE\n"};
    for (int i = 0; i < 2; i++) {
        run r;
        char commands[600];
        run_begin(&r);
        snprintf(commands, sizeof commands,
                 "tools; %soffer $A; CIFAR10_URL=x:$A " SCRIPT " $DATA", stand_ins[i]);
        check_run(&r, commands, 0, "fetching x:");
        check_data(&r, "cifar-10-batches-bin "); /* the archive is not kept */
        support_folder_remove(r.folder);
    }
}

static void test_get_cifar10__download_fails(void **state)
{
    (void)state;
    run r;
    run_begin(&r);
    check_run(&r, "tools; " SCRIPT " $DATA", 4,
              "neither curl nor wget is installed; with either, run this again, or "
              "fetch https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz");
    check_data(&r, "none ");
    check_run(&r,
              "PATH=$D/bin; stand_in curl <<E\n#!$D/bin/sh\necho part >\"\\$6\"\n"
              "exit 22\nE\n" SCRIPT " $DATA",
              4, "cannot fetch https://www.cs.toronto.edu/");
    check_data(&r, "none ");
    /* the download ends early, and curl did not notice */
    check_run(
        &r,
        "PATH=$D/bin; stand_in curl <<E\n#!$D/bin/sh\necho part >\"\\$6\"\nE\n" SCRIPT
        " $DATA",
        3, "' is 5 bytes, want 170052171");
    check_data(&r, "none ");
    support_folder_remove(r.folder);
}

/* Stopped in the middle of the download, as by Ctrl-C: the part is removed. */
static void test_get_cifar10__stopped(void **state)
{
    (void)state;
    run r;
    run_begin(&r);
    check_run(&r,
              "tools; stand_in curl <<E\n#!$D/bin/sh\necho part >\"\\$6\"\n"
              "kill -TERM \\$PPID\nE\n" SCRIPT " $DATA",
              143, "");
    check_data(&r, "none ");
    support_folder_remove(r.folder);
}

static void test_get_cifar10__usage(void **state)
{
    (void)state;
    run r;
    support_folder_make(r.folder);
    check_run(&r, SCRIPT " --help", 0, "usage: get-cifar10.sh [DIR]");
    check_run(&r, SCRIPT " --force", 2, "no option '--force'");
    check_run(&r, SCRIPT " $DATA $DATA", 2, "one folder at most, not 2");
    check_data(&r, "none ");
    support_folder_remove(r.folder);
}

const struct CMUnitTest test_get_cifar10_suite[] = {
    cmocka_unit_test(test_get_cifar10__unpack),
    cmocka_unit_test(test_get_cifar10__refuse_another_archive),
    cmocka_unit_test(test_get_cifar10__archive_in_the_folder),
    cmocka_unit_test(test_get_cifar10__bad_contents),
    cmocka_unit_test(test_get_cifar10__folder_in_the_way),
    cmocka_unit_test(test_get_cifar10__download),
    cmocka_unit_test(test_get_cifar10__download_fails),
    cmocka_unit_test(test_get_cifar10__stopped),
    cmocka_unit_test(test_get_cifar10__usage),
    {0},
};
