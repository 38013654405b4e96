/*
 * SPDX-License-Identifier: MIT
 *
 * vqvae, the program: find the command, parse its options, run it, report its failure.
 * Exit codes are those of VQ_STATUS_MAP, or 128 + the signal that stopped a training.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/cli.h"
#include "cli/signals.h"
#include "cli/text.h"

static bool is_limited(int resource)
{
    struct rlimit limit;
    return getrlimit(resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

/* OpenBLAS starts a thread a processor when it is loaded, of which we use none
 * (tensor/gemm.c). One that finds no memory tries for ever, and is waited for at the
 * end: where memory is limited, begin again without them. */
static void spare_openblas_threads(char **argv)
{
    static const char name[] = "OPENBLAS_NUM_THREADS";
    char self[4096];
    if (getenv(name) || !(is_limited(RLIMIT_AS) || is_limited(RLIMIT_DATA)))
        return;
    const ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n < 0 || setenv(name, "1", 1) != 0)
        return;
    self[n] = '\0';
    execv(self, argv);
}

/* A standard stream that is closed must not become the number of the next file that is
 * opened: /dev/null takes its place, opened the wrong way round so that using it fails.
 */
static void occupy_standard_streams(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1)
            (void)!fd_open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY, 0);
}

/* Print a failure on stderr; the exit code for it. */
static int report(vq_status status, const command *cmd, const vq_error *err)
{
    if (status == VQ_OK)
        return 0;
    bool usage = status == VQ_EUSAGE;
    const char *blank = cmd->name[0] ? " " : "";
    fprintf(stderr, "vqvae%s%s: ", usage ? blank : "", usage ? cmd->name : "");
    text_print(stderr, err->message[0] ? err->message : vq_status_text(status));
    fputc('\n', stderr);
    if (usage)
        fprintf(stderr, "try 'vqvae%s%s --help'\n", blank, cmd->name);
    if (status == VQ_ESTOPPED && signals_caught())
        return 128 + signals_caught();
    return vq_exit_code(status);
}

/* Rank 0 talks for all: vq_ranks_agree lets it know what another has to say. */
static void silence_other_ranks(void)
{
    int rank, ranks, nowhere;
    vq_ranks(&rank, &ranks);
    if (rank == 0 || (nowhere = fd_open("/dev/null", O_WRONLY, 0)) < 0)
        return;
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    fd_close(nowhere);
}

static vq_status run_given(const args *a, vq_error *err)
{
    if (a->help) {
        help_print(stdout, a->cmd);
        return VQ_OK;
    }
    vq_status status = cli_check_apart(a, err);
    return status == VQ_OK ? a->cmd->run(a, err) : status;
}

static int run_command(const command *cmd, int argc, char **argv)
{
    vq_error err = {""};
    args a;
    vq_status status = args_parse(&a, cmd, argc, argv, &err);
    if (status == VQ_OK)
        status = run_given(&a, &err);
    if (status == VQ_OK)
        status = cli_flush(&err);
    status = vq_ranks_agree(status, &err);
    args_release(&a);
    return report(status, cmd, &err);
}

int main(int argc, char **argv)
{
    spare_openblas_threads(argv);
    occupy_standard_streams();
    signal(SIGXFSZ, SIG_IGN); /* a file over the limit is a failed write, no crash */
    signals_clean_up();
    silence_other_ranks();
    if (argc < 2) {
        help_print(stderr, &cmd_program);
        return vq_exit_code(VQ_EUSAGE);
    }
    vq_error err = {""};
    const command *cmd;
    int at;
    if (command_find_among(&cmd, &at, argc - 1, argv + 1)) {
        /* the options before its name move behind it */
        memmove(argv + 2, argv + 1, (size_t)at * sizeof *argv);
        return run_command(cmd, argc - 2, argv + 2);
    }
    if (argv[1][0] == '-')
        return run_command(&cmd_program, 1, argv + 1);
    return report(command_find(&cmd, argv[1], &err), &cmd_program, &err);
}
