# SPDX-License-Identifier: MIT
# vqvae. `make help` lists the targets.

PREFIX ?= /usr/local
MODE ?= release
CFLAGS ?= -O3 -g
PKGS := libpng zlib openblas jansson

B := build/$(MODE)
V ?= 0
Q := $(if $(filter 0,$(V)),@,)
say = $(if $(filter 0,$(V)),@printf '  %-6s %s\n' $(1) $(2),@:)

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion \
	-Wdouble-promotion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
	-Wswitch-enum -Wundef $(WERROR)
BASE_CFLAGS := -std=c11 -D_GNU_SOURCE -Iinclude -Isrc -fopenmp -MMD -MP $(WARN) \
	$(shell pkg-config --cflags $(PKGS) 2>/dev/null)
BASE_LDLIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lm

ifeq ($(MODE),asan)
CFLAGS := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS += -fsanitize=address,undefined
endif

LIB_SRC := $(filter-out src/cli/%,$(wildcard src/*/*.c))
CLI_SRC := $(wildcard src/cli/*.c)
TEST_SRC := $(filter-out tests/fuzz/%,$(wildcard tests/*.c tests/*/*.c))
LIB_OBJ := $(LIB_SRC:%.c=$B/%.o)
CLI_OBJ := $(CLI_SRC:%.c=$B/%.o)
TEST_OBJ := $(TEST_SRC:%.c=$B/%.o)
BIN := $(if $(filter release,$(MODE)),build/vqvae,$B/vqvae)
LIB := $B/libvqvae.a
TESTS := $B/vqvae-tests

all: $(BIN) ## build the program (build/vqvae) and the static library

$(BIN): $(CLI_OBJ) $(LIB)
	$(call say,LINK,$@)
	$Q$(CC) -fopenmp $(LDFLAGS) -o $@ $^ $(BASE_LDLIBS) $(LDLIBS)

$(LIB): $(LIB_OBJ)
	$(call say,AR,$@)
	$Q$(RM) $@ && $(AR) rcs $@ $^

$B/%.o: %.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$Q$(CC) $(BASE_CFLAGS) $(EXTRA_CFLAGS) $(CFLAGS) -c -o $@ $<

# Each tests/<room>/test_x.c defines `const struct CMUnitTest test_x_suite[]`, ended by an
# empty entry; the runner's list of them is made from the file names.
$B/tests/suites.inc: $(TEST_SRC)
	@mkdir -p $(@D)
	@for f in $(notdir $(basename $(sort $(wildcard tests/*/test_*.c)))); do \
		echo "SUITE($$f)"; done > $@.new
	@cmp -s $@.new $@ && $(RM) $@.new || mv $@.new $@

$B/tests/main.o: $B/tests/suites.inc
$(TEST_OBJ): EXTRA_CFLAGS = -I$B/tests -Itests -DVQVAE_BIN='"$(BIN)"' \
	-Wno-missing-prototypes

# The allocator is wrapped so that tests can count allocations and make the n-th one fail.
$(TESTS): $(TEST_OBJ) $(filter-out %/cli/main.o,$(CLI_OBJ)) $(LIB)
	$(call say,LINK,$@)
	$Q$(CC) -fopenmp $(LDFLAGS) -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc \
		-Wl,--wrap=aligned_alloc -o $@ $^ $(BASE_LDLIBS) -lcmocka $(LDLIBS)

tests: $(TESTS)

check-unit: $(TESTS) $(BIN) ## run the suite without installing anything
	$Q./$(TESTS)

clean: ## remove everything that was built
	$Q$(RM) -r build

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1: \2/p' $(MAKEFILE_LIST)

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(TEST_OBJ:.o=.d)
.PHONY: all tests check-unit clean help
.DELETE_ON_ERROR:
