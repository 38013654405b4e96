/*
 * SPDX-License-Identifier: MIT
 *
 * A training that is interrupted. Parent and child keep step by what the child prints,
 * never by a clock: a training has made a step when its first JSON line is here, and
 * can make no second one while nobody reads its full pipe.
 */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "program.h"

/* A training that would go on for hours, in its own folder. */
typedef struct child {
    pid_t pid;
    char folder[256];
    int out, err; /* to read from */
} child;

enum { ACTIONS_DEFAULT = 0, ACTIONS_IGNORE = 1, PIPE_FULL = 2, NO_QUIET = 4 };

#define WORDS                                                                          \
    "vqvae", "train", "--data", "data.bin", "--out", "run", "--hidden", "8",           \
        "--res-hidden", "4", "--codes", "16", "--code-dim", "8", "--batch-size", "8",  \
        "--threads", "1", "--steps", "100000000", "--log-every", "1"

/* In the forked child: no return. */
static void become_training(const child *c, int out, int err, int how)
{
    static const char *const loud[] = {WORDS, "--json", NULL};
    static const char *const quiet[] = {WORDS, "--json", "--quiet", NULL};
    char program[PATH_MAX];
    void (*action)(int) = how & ACTIONS_IGNORE ? SIG_IGN : SIG_DFL;
    signal(SIGINT, action);
    signal(SIGHUP, action);
    signal(SIGPIPE, SIG_DFL);
    alarm(120); /* should the test itself hang */
    if (realpath(VQVAE_BIN, program) && chdir(c->folder) == 0 &&
        dup2(out, STDOUT_FILENO) >= 0 && dup2(err, STDERR_FILENO) >= 0)
        execv(program, (char *const *)(how & NO_QUIET ? loud : quiet));
    _exit(99);
}

static void start(child *c, int how)
{
    int out[2], err[2];
    char data[300], block[4096] = {0};
    support_folder_make(c->folder);
    snprintf(data, sizeof data, "%s/data.bin", c->folder);
    program_data(data, (size_t)16 * CIFAR_RECORD);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(pipe2(err, O_CLOEXEC), 0);
    if (how & PIPE_FULL) {
        assert_int_equal(fcntl(out[1], F_SETFL, O_NONBLOCK), 0);
        while (write(out[1], block, sizeof block) > 0)
            ;
        assert_int_equal(fcntl(out[1], F_SETFL, 0), 0);
    }
    c->out = out[0];
    c->err = err[0];
    c->pid = fork();
    assert_true(c->pid >= 0);
    if (c->pid == 0)
        become_training(c, out[1], err[1], how);
    close(out[1]);
    close(err[1]);
}

/* Read up to the end of a line, or of the file. */
static void read_line(int fd, char line[512])
{
    size_t n = 0;
    while (n < 511 && read(fd, line + n, 1) == 1 && line[n++] != '\n')
        ;
    line[n] = '\0';
}

/* Read what is left of stdout, then stderr into `errors`; returns the exit code. */
static int finish(child *c, char errors[4096])
{
    char sink[4096];
    size_t n = 0;
    ssize_t got;
    int status = 0;
    while (read(c->out, sink, sizeof sink) > 0)
        ;
    while (n < 4095 && (got = read(c->err, errors + n, 4095 - n)) > 0)
        n += (size_t)got;
    errors[n] = '\0';
    close(c->out);
    close(c->err);
    assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
    if (WIFSIGNALED(status))
        fail_msg("killed by signal %d", WTERMSIG(status));
    return WEXITSTATUS(status);
}

/* Stop a training after its first step with a signal; it must save and can go on. */
static void stop_with(int number, int signals)
{
    child c;
    char line[512], errors[4096];
    start(&c, signals);
    read_line(c.out, line);
    assert_contains(line, "{\"step\": 1, ");
    assert_int_equal(kill(c.pid, number), 0);
    assert_int_equal(finish(&c, errors), 128 + number);
    assert_contains(errors, "vqvae: stopped at step ");
    assert_contains(errors, "; --resume continues\n");
    assert_ran(
        program_run("cd '%s'; vqvae inspect run/model.safetensors &&"
                    "at=$(tail -n 1 run/log.jsonl | sed 's/[^0-9]*//;s/,.*//') &&"
                    "vqvae train --resume --out run --steps $((at + 2))",
                    c.folder),
        0, "", "");
    support_folder_remove(c.folder);
}

static void test_cmd_signals__int_saves(void **state)
{
    (void)state;
    stop_with(SIGINT, ACTIONS_DEFAULT);
}

static void test_cmd_signals__term_saves(void **state)
{
    (void)state;
    stop_with(SIGTERM, ACTIONS_DEFAULT);
}

static void test_cmd_signals__hup_saves(void **state)
{
    (void)state;
    stop_with(SIGHUP, ACTIONS_DEFAULT);
}

/* A script starts `vqvae train &` with SIGINT ignored; it can be stopped all the same.
 */
static void test_cmd_signals__int_saves_in_the_background(void **state)
{
    (void)state;
    stop_with(SIGINT, ACTIONS_IGNORE);
}

/* Under nohup a hangup is nothing; the training can still be stopped. */
static void test_cmd_signals__nohup_is_respected(void **state)
{
    (void)state;
    child c;
    char line[512], errors[4096];
    start(&c, ACTIONS_IGNORE);
    read_line(c.out, line);
    assert_int_equal(kill(c.pid, SIGHUP), 0);
    for (int i = 0; i < 3; i++)
        read_line(c.out, line);
    assert_contains(line, "{\"step\": ");
    assert_int_equal(kill(c.pid, SIGTERM), 0);
    assert_int_equal(finish(&c, errors), 128 + SIGTERM);
    support_folder_remove(c.folder);
}

/*
 * With its pipe full the training waits in a write for ever, so the first signal cannot
 * end it: whichever of the two comes second does, and nothing is saved.
 */
static void test_cmd_signals__second_exits_at_once(void **state)
{
    (void)state;
    child c;
    char line[512];
    int status = 0;
    start(&c, PIPE_FULL | NO_QUIET);
    read_line(c.err, line);
    assert_contains(line, "16 pictures to train on");
    read_line(c.err, line);
    assert_string_equal(line, "run folder: run\n");
    assert_int_equal(kill(c.pid, SIGINT), 0);
    assert_int_equal(kill(c.pid, SIGTERM), 0);
    assert_int_equal(waitpid(c.pid, &status, 0), c.pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) != 128 + SIGINT)
        assert_int_equal(WEXITSTATUS(status), 128 + SIGTERM);
    assert_ran(program_run("cd '%s/run'; ls", c.folder), 0, "config.json\n", "");
    assert_ran(program_run("cd '%s/run'; ls model.safetensors", c.folder), 2, "", "");
    close(c.out);
    close(c.err);
    support_folder_remove(c.folder);
}

/* A reader that goes away ends the training, too, but loses nothing. */
static void test_cmd_signals__reader_goes_away(void **state)
{
    (void)state;
    child c;
    char line[512], errors[4096];
    start(&c, ACTIONS_DEFAULT);
    read_line(c.out, line);
    assert_true(dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), c.out) >= 0);
    assert_int_equal(finish(&c, errors), 4);
    assert_contains(errors, "vqvae: cannot write standard output: Broken pipe\n");
    assert_ran(program_run("vqvae inspect '%s/run/model.safetensors'", c.folder), 0, "",
               "");
    support_folder_remove(c.folder);
}

/* ---- on a terminal -----------------------------------------------------------------
 */

/* In the forked child: take the terminal and train on it. No return. */
static void become_training_on(const char *terminal, const char *folder)
{
    static const char *const words[] = {WORDS, NULL};
    char program[PATH_MAX];
    setsid();
    int fd = open(terminal, O_RDWR); /* becomes the controlling terminal */
    signal(SIGINT, SIG_DFL);
    alarm(120);
    if (fd >= 0 && realpath(VQVAE_BIN, program) && chdir(folder) == 0 &&
        setenv("TERM", "xterm", 1) == 0 && dup2(fd, STDIN_FILENO) >= 0 &&
        dup2(fd, STDOUT_FILENO) >= 0 && dup2(fd, STDERR_FILENO) >= 0)
        execv(program, (char *const *)words);
    _exit(99);
}

/* Read until `part` has been seen, or until the terminal is closed when it is NULL. */
static void read_until(int fd, char *text, size_t size, const char *part)
{
    size_t n = strlen(text);
    while (n < size - 1 && !(part && strstr(text, part)) && read(fd, text + n, 1) == 1)
        text[++n] = '\0';
}

/* The live line fits the terminal and ^C stops the training. */
static void test_cmd_signals__on_a_terminal(void **state)
{
    (void)state;
    enum { COLUMNS = 40 };
    const struct winsize size = {.ws_row = 10, .ws_col = COLUMNS};
    char folder[256], data[300];
    static char text[1 << 20];
    int status = 0, master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0)
        skip();
    ioctl(master, TIOCSWINSZ, &size);
    support_folder_make(folder);
    snprintf(data, sizeof data, "%s/data.bin", folder);
    program_data(data, (size_t)16 * CIFAR_RECORD);
    const char *terminal = ptsname(master);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        become_training_on(terminal, folder);

    text[0] = '\0';
    read_until(master, text, sizeof text, "\033[K1/100000000  ");
    assert_int_equal(write(master, "\003", 1), 1); /* ^C */
    read_until(master, text, sizeof text, NULL);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 128 + SIGINT);
    assert_contains(text, "run folder: run\r\n\r\033[K1/100000000  ");
    assert_contains(text, "\r\033[Kstopping after this step");
    assert_contains(text, "\r\nvqvae: stopped at step ");
    for (const char *line = text; (line = strstr(line, "\033[K"));) {
        line += 3;
        if (line[0] != 's' && strcspn(line, "\r^") >= COLUMNS)
            fail_msg("too wide: %.60s", line);
    }
    close(master);
    support_folder_remove(folder);
}

const struct CMUnitTest test_cmd_signals_suite[] = {
    cmocka_unit_test(test_cmd_signals__int_saves),
    cmocka_unit_test(test_cmd_signals__term_saves),
    cmocka_unit_test(test_cmd_signals__hup_saves),
    cmocka_unit_test(test_cmd_signals__int_saves_in_the_background),
    cmocka_unit_test(test_cmd_signals__nohup_is_respected),
    cmocka_unit_test(test_cmd_signals__second_exits_at_once),
    cmocka_unit_test(test_cmd_signals__reader_goes_away),
    cmocka_unit_test(test_cmd_signals__on_a_terminal),
    {0},
};
