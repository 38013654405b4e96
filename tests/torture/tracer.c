/*
 * SPDX-License-Identifier: MIT
 *
 * Run a program and spoil its n-th system call, of those that a kernel may fail or cut
 * short, between the marks of preload.c. Follows threads.
 *
 *   tracer HOW N COUNT PROGRAM [ARGUMENT...]
 *
 * HOW is an errno (EIO, ENOSPC, ENOMEM): the call is not made and fails with that;
 * EINTR: likewise, of calls that a signal can interrupt, but those on the standard
 * streams, which are the C library's; short: read and write get
 * half of what they ask for; kill: the program is killed before the call. N is 0 to
 * spoil nothing. The number of such calls and the name of the one that was spoilt go
 * into the file COUNT; the exit code is the program's, or 128 + the signal that ended
 * it.
 *
 * Linux on x86-64, where the registers are known.
 */
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "marks.h"

#ifndef __x86_64__
#error "tracer.c knows the registers of x86-64 alone"
#endif

/* What can happen to a call. */
enum { CAN_FAIL = 1, CAN_INTERRUPT = 2, CAN_SHORTEN = 4 };

static const struct {
    long number;
    const char *name;
    int can;
} calls[] = {
#define CALL(name, can)                                                                \
    {                                                                                  \
        SYS_##name, #name, can                                                         \
    }
    CALL(open, CAN_FAIL | CAN_INTERRUPT),
    CALL(openat, CAN_FAIL | CAN_INTERRUPT),
    CALL(read, CAN_FAIL | CAN_INTERRUPT | CAN_SHORTEN),
    CALL(pread64, CAN_FAIL | CAN_INTERRUPT | CAN_SHORTEN),
    CALL(write, CAN_FAIL | CAN_INTERRUPT | CAN_SHORTEN),
    CALL(pwrite64, CAN_FAIL | CAN_INTERRUPT | CAN_SHORTEN),
    CALL(fsync, CAN_FAIL | CAN_INTERRUPT),
    CALL(fdatasync, CAN_FAIL | CAN_INTERRUPT),
    CALL(ftruncate, CAN_FAIL | CAN_INTERRUPT),
    CALL(fallocate, CAN_FAIL | CAN_INTERRUPT),
    CALL(flock, CAN_FAIL | CAN_INTERRUPT),
    CALL(close, CAN_FAIL | CAN_INTERRUPT),
    CALL(rename, CAN_FAIL),
    CALL(unlink, CAN_FAIL),
    CALL(link, CAN_FAIL),
    CALL(symlink, CAN_FAIL),
    CALL(readlink, CAN_FAIL),
    CALL(mkdir, CAN_FAIL),
    CALL(stat, CAN_FAIL),
    CALL(lstat, CAN_FAIL),
    CALL(fstat, CAN_FAIL),
    CALL(newfstatat, CAN_FAIL),
    CALL(access, CAN_FAIL),
    CALL(lseek, CAN_FAIL),
    CALL(fchmod, CAN_FAIL),
    CALL(getdents64, CAN_FAIL),
    CALL(getrandom, CAN_FAIL),
    CALL(mmap, CAN_FAIL),
    CALL(mprotect, CAN_FAIL),
    CALL(clone, CAN_FAIL),
    CALL(clone3, CAN_FAIL),
};
#define N_CALLS ((int)(sizeof calls / sizeof *calls))

static const struct {
    const char *name;
    int number;
} reasons[] = {{"EIO", EIO}, {"ENOSPC", ENOSPC}, {"ENOMEM", ENOMEM}, {"EINTR", EINTR}};

typedef struct tracer {
    int need;   /* what a call must be able to do to be counted */
    int reason; /* errno to fail with; 0: shorten or kill */
    bool kill;
    long at, count;
    const char *spoilt;
    bool counting;
} tracer;

enum { THREADS_MAX = 64 };
typedef struct thread {
    pid_t id;
    bool inside;   /* a call: the next stop is its end */
    bool spoiling; /* its result becomes -reason */
} thread;

static thread threads[THREADS_MAX];

static void give_up(const char *what)
{
    fprintf(stderr, "tracer: %s: %s\n", what, strerror(errno));
    exit(99);
}

static thread *find_thread(pid_t id)
{
    for (int i = 0; i < THREADS_MAX; i++) {
        if (threads[i].id == 0)
            threads[i].id = id;
        if (threads[i].id == id)
            return &threads[i];
    }
    errno = EAGAIN;
    give_up("threads");
    return NULL;
}

static int find_call(long number)
{
    for (int i = 0; i < N_CALLS; i++)
        if (calls[i].number == number)
            return i;
    return -1;
}

/* A thread is about to make a call. */
static void enter(tracer *t, thread *who, struct user_regs_struct *regs)
{
    const long number = (long)regs->orig_rax;
    if (number == SYS_getpgid && regs->rdi == MARK_BEGIN)
        t->counting = true;
    if (number == SYS_getpgid && regs->rdi == MARK_END)
        t->counting = false;
    const int call = find_call(number);
    if (!t->counting || call < 0 || !(calls[call].can & t->need) ||
        (t->reason == EINTR && regs->rdi <= STDERR_FILENO) || ++t->count != t->at)
        return;
    t->spoilt = calls[call].name;
    if (t->kill) {
        kill(who->id, SIGKILL);
    } else if (!t->reason) {
        regs->rdx = regs->rdx > 1 ? regs->rdx / 2 : regs->rdx;
        ptrace(PTRACE_SETREGS, who->id, NULL, regs);
    } else {
        who->spoiling = true;
        if (number == SYS_close) /* closes even so */
            return;
        regs->orig_rax = (unsigned long long)-1;
        ptrace(PTRACE_SETREGS, who->id, NULL, regs);
    }
}

static void leave(const tracer *t, thread *who, struct user_regs_struct *regs)
{
    if (!who->spoiling)
        return;
    who->spoiling = false;
    regs->rax = (unsigned long long)-t->reason;
    ptrace(PTRACE_SETREGS, who->id, NULL, regs);
}

/* One stop of one thread; returns the signal to go on with. */
static int stop(tracer *t, pid_t id, int state)
{
    struct user_regs_struct regs;
    const int signal = WSTOPSIG(state);
    thread *who = find_thread(id);
    if (state >> 16)
        return 0; /* an event: a new thread, an exec */
    if (signal != (SIGTRAP | 0x80))
        return signal == SIGSTOP ? 0 : signal;
    if (ptrace(PTRACE_GETREGS, id, NULL, &regs) == 0) {
        if (who->inside)
            leave(t, who, &regs);
        else
            enter(t, who, &regs);
        who->inside = !who->inside;
    }
    return 0;
}

static int follow(tracer *t, pid_t program)
{
    const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE |
                         PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC |
                         PTRACE_O_EXITKILL;
    int state, code = 99;
    if (waitpid(program, &state, 0) < 0 ||
        ptrace(PTRACE_SETOPTIONS, program, NULL, options) != 0)
        give_up("ptrace");
    ptrace(PTRACE_SYSCALL, program, NULL, NULL);
    for (pid_t id; (id = waitpid(-1, &state, __WALL)) > 0;) {
        if (WIFSTOPPED(state))
            ptrace(PTRACE_SYSCALL, id, NULL, (long)stop(t, id, state));
        else if (id == program)
            code = WIFSIGNALED(state) ? 128 + WTERMSIG(state) : WEXITSTATUS(state);
    }
    return code;
}

static bool choose(tracer *t, const char *how)
{
    *t = (tracer){.need = CAN_FAIL};
    t->kill = strcmp(how, "kill") == 0;
    if (strcmp(how, "short") == 0)
        t->need = CAN_SHORTEN;
    if (t->kill || t->need == CAN_SHORTEN)
        return true;
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (strcmp(how, reasons[i].name) == 0)
            t->reason = reasons[i].number;
    if (t->reason == EINTR)
        t->need = CAN_INTERRUPT;
    return t->reason != 0;
}

int main(int argc, char **argv)
{
    tracer t;
    if (argc < 5 || !choose(&t, argv[1])) {
        fprintf(stderr,
                "usage: tracer ERRNO|short|kill N COUNT PROGRAM [ARGUMENT...]\n");
        return 99;
    }
    t.at = strtol(argv[2], NULL, 10);
    const pid_t program = fork();
    if (program == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        execv(argv[4], argv + 4);
        give_up(argv[4]);
    }
    const int code = follow(&t, program);
    FILE *out = fopen(argv[3], "w");
    if (!out)
        give_up(argv[3]);
    fprintf(out, "%ld %s\n", t.count, t.spoilt ? t.spoilt : "-");
    fclose(out);
    return code;
}
