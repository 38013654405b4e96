/*
 * SPDX-License-Identifier: MIT
 *
 * Python's pickle read as data. A pickle is a program for a machine with a stack; here
 * its opcodes build a tree of values and nothing is ever called: what Python would call
 * becomes a value that names the callee and its arguments. Protocols 2 to 5, without
 * what only other pickles of theirs have (out-of-band buffers, extension registries,
 * old-style classes). Tested in tests/io/test_pickle.c, fuzzed by
 * tests/fuzz/fuzz_torch.c.
 */
#ifndef VQ_IO_PICKLE_H
#define VQ_IO_PICKLE_H

#include "io/pickle_tree.h"

/*
 * Read the pickle that the bytes begin with; they stay valid for the life of p. names:
 * the list of "module.name" that are known, up to a NULL; others are values without an
 * index, and the first of them is noted in p->refused. VQ_EINPUT: an opcode that is not
 * known or does not fit the stack, no end, more than PICKLE_VALUES_MAX; VQ_ENOMEM.
 */
vq_status pickle_parse(pickle *p, const unsigned char *bytes, size_t size,
                       const char *const *names, pickle_place place, vq_error *err);

#endif
