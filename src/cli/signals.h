/*
 * SPDX-License-Identifier: MIT
 *
 * Signals: no command leaves an unfinished file behind, and a training finishes its
 * step. Tested in tests/cli/test_cmd_signals.c.
 */
#ifndef VQ_CLI_SIGNALS_H
#define VQ_CLI_SIGNALS_H

/*
 * From now on SIGINT, SIGTERM and SIGHUP, those that were not ignored, remove the files
 * being written before they end the process as they always do.
 */
void signals_clean_up(void);

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
