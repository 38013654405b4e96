/*
 * SPDX-License-Identifier: MIT
 *
 * Signals while training. Tested in tests/cli/test_cmd_signals.c.
 */
#ifndef VQ_CLI_SIGNALS_H
#define VQ_CLI_SIGNALS_H

/*
 * From now on SIGINT and SIGTERM (and SIGHUP, unless nohup has it ignored) are
 * remembered, so that a step can be finished and saved; a second one ends the process
 * at once with 128 + its number. SIGPIPE is ignored: a reader that went away is a
 * failed write, and no reason to lose a training.
 */
void signals_catch(void);

/* The signal that came: its number, or 0. */
int signals_caught(void);

#endif
