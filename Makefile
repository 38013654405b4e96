# SPDX-License-Identifier: MIT
# vqvae. `make help` lists the targets; V=1 shows the commands. MODE names a build
# folder under build/: release, asan, tsan, cover and fuzz have flags of their own.

PREFIX ?= /usr/local
MODE ?= release
SECONDS ?= 30
PKGS := libpng libjpeg zlib openblas jansson

B := build/$(MODE)
V ?= 0
Q := $(if $(filter 0,$(V)),@,)
# a comma, where one would part arguments
, := ,
say = $(if $(filter 0,$(V)),@printf '  %-6s %s\n' $(1) $(2),@:)

CFLAGS ?= -O3 -g
ifeq ($(MODE),asan)
SANITIZE := -fsanitize=address,undefined
CFLAGS := -O1 -g -fno-sanitize-recover=all -fno-omit-frame-pointer $(SANITIZE)
endif
# Every function as it was written, and no assertions: those are for what cannot be.
ifeq ($(MODE),cover)
SANITIZE := --coverage
CFLAGS := -O1 -g -DNDEBUG -Wno-unused-variable -fno-inline -fprofile-update=atomic \
	$(SANITIZE)
endif
# The numbers that are compared lead libFuzzer through binary files. Elsewhere tracing them
# (and those that the sanitizers compare) is half of the time, and says nothing of words.
ifeq ($(MODE),fuzz)
SANITIZE := -fsanitize=fuzzer-no-link,address,undefined
CFLAGS = -O2 -g -fno-sanitize-recover=all $(SANITIZE) $(if $(filter \
	src/io/% src/image/%,$<),,-fno-sanitize-coverage=trace-cmp)
endif
ifeq ($(MODE),tsan)
SANITIZE := -fsanitize=thread
CFLAGS := -O1 -g -fno-omit-frame-pointer $(SANITIZE)
endif

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion \
	-Wdouble-promotion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
	-Wswitch-enum -Wundef $(WERROR)
# Nobody looks at errno or at floating-point flags after arithmetic; saying so lets square
# roots and choices vectorise. No result changes: this is not -ffast-math.
FLOAT := -ffp-contract=off -fno-math-errno -fno-trapping-math
# For the shared library; in the program it costs nothing, since calls stay inside it.
PIC := -fPIC -fvisibility=hidden
# For programs that read strangers' files. FORTIFY is for the optimiser to work out, and
# sanitizers do better; kernels see no file, and have -fno-stack-protector below.
ifndef SANITIZE
HARDEN := -fstack-protector-strong $(if $(filter -O -O1 -O2 -O3 -Os -Og,$(CFLAGS)),\
	-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
RELRO := -Wl,-z,relro,-z,now
endif
BASE_CFLAGS := -std=c11 $(FLOAT) $(PIC) $(HARDEN) -D_GNU_SOURCE -Iinclude -Isrc -fopenmp \
	-MMD -MP $(WARN) $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
BASE_LDLIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lm
LINK = $(CC) -fopenmp $(SANITIZE) $(RELRO) -pie $(LDFLAGS)
LINK_SHARED = $(CC) -fopenmp $(SANITIZE) $(RELRO) -shared $(LDFLAGS)

LIB_SRC := $(filter-out src/cli/% src/cluster/mpi.c,$(wildcard src/*/*.c))
# The parsers only: clang takes minutes to instrument the kernels. What they need of the
# rest is that of the usual library, REST.
ifeq ($(MODE),fuzz)
LIB_SRC := $(wildcard $(addsuffix /*.c,$(addprefix src/,base io image data config report))) \
	$(wildcard src/network/*weights*.c src/train/run_*.c) src/train/checkpoint.c \
	$(addprefix src/prior/,columns.c entropy.c pixelcnn.c prior_config.c prior_file.c)
endif
CLI_SRC := $(wildcard src/cli/*.c)
# What `vqvae --version` says beside the number; empty where this is no clone.
COMMIT := $(if $(wildcard .git),$(shell git describe --tags --always --dirty 2>/dev/null))
TEST_SRC := $(filter-out tests/fuzz/% tests/bench/% tests/examples/% tests/torture/% \
	tests/races/%,\
	$(wildcard tests/*.c tests/*/*.c))
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
LIB_OBJ := $(LIB_SRC:%.c=$B/%.o)
CLI_OBJ := $(CLI_SRC:%.c=$B/%.o)
TEST_OBJ := $(TEST_SRC:%.c=$B/%.o)
FUZZ_OBJ := $(FUZZ_SRC:%.c=$B/%.o) $B/tests/fuzz/fuzz.o
FORMATTED := $(wildcard include/*.h src/*/*.[ch] tests/*.[ch] tests/*/*.[ch])
BIN := $(if $(filter release,$(MODE)),build/vqvae,$B/vqvae)
LIB := $B/libvqvae.a
SHARED := $B/libvqvae.so
VERSION := $(shell sed -n 's/^\#define VQ_VERSION "\(.*\)"$$/\1/p' include/vqvae.h)
SONAME := libvqvae.so.$(firstword $(subst ., ,$(VERSION)))
TESTS := $B/vqvae-tests
EXAMPLE := $B/tests/examples/tokens
# What the suite runs as the program: a wrapper where another machine's needs one, and
# what comes before the name of any other program.
TEST_BIN ?= $(BIN)
TEST_RUN ?=

all: $(BIN) $(SHARED) ## build the program (build/vqvae) and the library

$(BIN): $(CLI_OBJ) $(LIB)
	$(call say,LINK,$@)
	$Q$(LINK) -o $@ $^ $(BASE_LDLIBS) $(LDLIBS)

# The same program, where cluster/mpi.c takes the place of cluster/alone.c.
mpi: $(BIN)-mpi ## build build/vqvae-mpi, whose trainings share machines

$(BIN)-mpi: $(CLI_OBJ) $B/src/cluster/mpi.o $(LIB)
	$(call say,LINK,$@)
	$Q$(LINK) -o $@ $^ $(BASE_LDLIBS) $(shell pkg-config --libs mpi-c) $(LDLIBS)

$B/src/cluster/mpi.o: EXTRA_CFLAGS = $(patsubst -I%,-isystem %,$(shell pkg-config --cflags mpi-c))
$B/src/cluster/mpi.o: | $B/mpi-packages

$B/mpi-packages:
	@scripts/setup.sh -n mpi && mkdir -p $(@D) && touch $@

mpi-test: $(BIN)-mpi $(BIN) ## train on several ranks and compare with one (minutes)
	@scripts/check-mpi.sh $^

$(LIB): $(LIB_OBJ)
	$(call say,AR,$@)
	$Q$(RM) $@ && $(AR) rcs $@ $^

$(SHARED): $(LIB_OBJ)
	$(call say,LINK,$@)
	$Q$(LINK_SHARED) -Wl,-soname,$(SONAME) -Wl,-Bsymbolic -o $@ $^ $(BASE_LDLIBS) $(LDLIBS)

# stamp FILE,TEXT: FILE changes when TEXT does.
comma := ,
quoted = '$(subst ','\'',$1)'
stamp = @mkdir -p $(@D) && printf '%s\n' $(call quoted,$1) >$@.new && \
	{ cmp -s $@.new $@ && $(RM) $@.new || mv $@.new $@; }

# Another compiler or other flags compile everything again.
$B/flags: FORCE
	$(call stamp,$(CC) $(BASE_CFLAGS) $(CFLAGS) $(RELRO) $(LDFLAGS) $(LDLIBS))
$B/commit: FORCE
	$(call stamp,$(COMMIT))
$B/src/base/version.o: $B/commit
$B/src/base/version.o: EXTRA_CFLAGS = -DVQ_COMMIT='"$(COMMIT)"'

$B/%.o: %.c Makefile $B/flags | $B/packages
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$Q$(CC) $(BASE_CFLAGS) $(EXTRA_CFLAGS) $(CFLAGS) -c -o $@ $<

# One instruction set per file; which one runs is decided at run time (tensor/simd.h).
$B/src/tensor/simd_%.o: EXTRA_CFLAGS = -ffp-contract=off -fno-stack-protector
ifneq ($(findstring x86_64,$(shell $(CC) -dumpmachine)),)
$B/src/tensor/simd_avx512.o: EXTRA_CFLAGS += -mavx512f -mfma
$B/src/tensor/simd_avx512_bf16.o: EXTRA_CFLAGS += -mavx512f -mfma -mavx512bf16
$B/src/tensor/simd_avx2.o: EXTRA_CFLAGS += -mavx2 -mfma
endif

# Counted are neither the tests nor the kernels, three builds of one source of which the
# machine chooses.
ifeq ($(MODE),cover)
$(TEST_OBJ) $(EXAMPLE).o $B/src/tensor/simd_%.o: private CFLAGS := -O2
endif

# Says once which packages are missing, instead of a compiler error about a header.
$B/packages: $B/flags
	@CC='$(CC)' scripts/setup.sh -n build && touch $@

# The models and the priors built into the program.
$B/src/network/builtin.o: data/cifar10.safetensors data/photo.safetensors
$B/src/prior/builtin_prior.o: data/prior.safetensors data/photo-prior.safetensors

# Each tests/<room>/test_x.c defines `const struct CMUnitTest test_x_suite[]`, ended by an
# empty entry; the runner's list of them is made from the file names.
$B/tests/suites.inc: $(TEST_SRC)
	@mkdir -p $(@D)
	@for f in $(notdir $(basename $(sort $(wildcard tests/*/test_*.c)))); do \
		echo "SUITE($$f)"; done > $@.new
	@cmp -s $@.new $@ && $(RM) $@.new || mv $@.new $@

$B/tests/main.o: $B/tests/suites.inc
$(TEST_OBJ): EXTRA_CFLAGS = -I$B/tests -Itests -DVQVAE_BIN='"$(TEST_BIN)"' \
	-DVQVAE_LIB='"$(LIB)"' -DVQVAE_SHARED='"$(SHARED)"' -DVQVAE_RUN='"$(TEST_RUN)"' \
	-DVQVAE_EXAMPLE='"$(EXAMPLE)"' -Wno-missing-prototypes

# The allocator is wrapped so that tests can count allocations and make the n-th one fail,
# the clock so that they can set its pace, calls of the system so that they can fail, the
# cluster so that threads of a test can be its ranks.
WRAPPED := malloc calloc realloc aligned_alloc clock_seconds open close read write pread \
	pwrite lseek fsync ftruncate fallocate flock fstat fchmod stat rename symlink unlink \
	mkdir fdopendir realpath fopencookie getentropy pthread_create sched_getaffinity \
	$(addprefix cluster_,rank ranks agree tell gather exchange)
$(TESTS): $(TEST_OBJ) $(filter-out %/cli/main.o,$(CLI_OBJ)) $(LIB)
	$(call say,LINK,$@)
	$Q$(LINK) $(addprefix -Wl$(,)--wrap=,$(WRAPPED)) -o $@ $^ $(BASE_LDLIBS) -lcmocka $(LDLIBS)

$(EXAMPLE): $(EXAMPLE).o $(LIB)
	$(call say,LINK,$@)
	$Q$(LINK) -o $@ $^ $(BASE_LDLIBS) $(LDLIBS)

# bench-layers times every layer and pass, bench-step the phases of a training step;
# bench-errors compares every kernel with double precision.
$B/tests/bench/%.o: EXTRA_CFLAGS = -Itests
$B/bench-%: $B/tests/bench/bench_%.o $(LIB)
	$(call say,LINK,$@)
	$Q$(LINK) -o $@ $^ $(BASE_LDLIBS) $(LDLIBS)

$B/bench-%-mpi: $B/tests/bench/bench_%.o $B/src/cluster/mpi.o $(LIB)
	$(call say,LINK,$@)
	$Q$(LINK) -o $@ $^ $(BASE_LDLIBS) $(shell pkg-config --libs mpi-c) $(LDLIBS)

tests: $(TESTS) $(EXAMPLE) $(SHARED)

check-unit: tests $(BIN) ## run the suite without installing anything
	$Q./$(TESTS)

# Set-up comes first and in its own make, which then sees pkg-config's answers.
test: ## install what is missing, build, run the whole suite
	@scripts/setup.sh test
	@$(MAKE) --no-print-directory -j$$(nproc) check-unit

demo: ## install what is missing, train briefly, reconstruct, evaluate
	@scripts/setup.sh build
	@$(MAKE) -s -j$$(nproc) --no-print-directory all
	@scripts/demo.sh $(BIN)

# What torture.py works with: a library to preload, and a program that traces another.
$B/torture-preload.so: tests/torture/preload.c tests/torture/marks.h Makefile
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$Q$(CC) -std=c11 -D_GNU_SOURCE -O1 $(WARN) -fPIC -shared -o $@ $<
$B/torture-tracer: tests/torture/tracer.c tests/torture/marks.h Makefile
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$Q$(CC) -std=c11 -D_GNU_SOURCE -O1 $(WARN) -o $@ $<

TORTURES := $B/torture-preload.so $B/torture-tracer
torture: $(BIN) $(TORTURES) ## spoil each allocation and system call in turn (minutes)
	$Qscripts/torture.py $(BIN) $B $(TORTUREFLAGS)

coverage: ## count the branches that the suite takes, by room (minutes)
	@$(MAKE) --no-print-directory MODE=cover all tests
	$Qscripts/coverage.py build/cover $(COVERAGEFLAGS)

asan: ## run the suite under AddressSanitizer and UBSan
	@$(MAKE) --no-print-directory MODE=asan check-unit

# The program and the tests that are instrumented, and a program with races in it.
$B/planted-race: $B/tests/races/planted.o $(LIB)
	$(call say,LINK,$@)
	$Q$(LINK) -o $@ $^ $(BASE_LDLIBS) $(LDLIBS)

tsan: ## run what threads share under ThreadSanitizer
	@scripts/setup.sh -n tsan
	@$(MAKE) --no-print-directory MODE=tsan CC=clang all tests build/tsan/planted-race
	@scripts/check-races.sh build/tsan

# The results of optimisers differ; what the tests promise must not.
check-flags: ## run the suite under -O2, under -march=native, and with clang
	@$(MAKE) --no-print-directory MODE=O2 CFLAGS="-O2 -g" check-unit
	@$(MAKE) --no-print-directory MODE=native CFLAGS="-O3 -march=native -g" check-unit
	@$(MAKE) --no-print-directory MODE=clang CC=clang check-unit

layers: ## check that includes point down in no circles, who prints, and READMEs
	@scripts/layers.sh
	@scripts/readmes.sh

format: ## rewrite every source file in the house's format
	@scripts/setup.sh -n format
	clang-format -i $(FORMATTED)

check-format: ## object to a file that clang-format would change
	@scripts/setup.sh -n format
	$Qbad=; for f in $(FORMATTED); do \
		clang-format --dry-run -Werror $$f 2>/dev/null || bad="$$bad $$f"; done; \
		[ -z "$$bad" ] || { echo "run \`make format\`: not formatted:$$bad"; exit 1; }

check: ## all of it: format, floors, gcc and clang -Werror, asan
	@scripts/setup.sh -n check
	@$(MAKE) --no-print-directory check-format layers
	@$(MAKE) --no-print-directory MODE=gcc CC=gcc WERROR=-Werror all tests
	@$(MAKE) --no-print-directory MODE=clang CC=clang WERROR=-Werror all tests
	@$(MAKE) --no-print-directory check-unit
	@$(MAKE) --no-print-directory asan

# Each can also print JSON: make bench BENCHFLAGS=--json
BENCHES := $B/bench-errors $B/bench-layers $B/bench-step
bench: all $(BENCHES) ## kernels' errors; time layers, steps, and PyTorch beside them
	@for b in $(BENCHES) scripts/bench_torch.py; do $$b $(BENCHFLAGS) || exit; done

fuzz: ## feed each parser with clang's libFuzzer for SECONDS=30, or RUNS=N inputs
	@scripts/setup.sh -n fuzz
	@$(MAKE) --no-print-directory $(LIB)
	@$(MAKE) --no-print-directory MODE=fuzz CC=clang REST=$(LIB) run-fuzzers

# Seeds, where there is Python to make them.
$B/seeds: tests/fuzz/make_seeds.py $(wildcard tests/*/*.inc)
	@mkdir -p $@
	$Q! command -v python3 >/dev/null || python3 $< $@

# FUZZERS="fuzz_png fuzz_npy" are those alone. What one input may cost is in fuzz.c.
FUZZERS ?= $(notdir $(basename $(FUZZ_SRC)))
FUZZFLAGS := -timeout=60 -rss_limit_mb=1024 -close_fd_mask=3 -verbosity=0 \
	$(if $(RUNS),-runs=$(RUNS),-max_total_time=$(SECONDS)) -print_final_stats=1
FUZZ_RUNS := $(addprefix run-,$(FUZZERS))
run-fuzzers: $(FUZZ_RUNS)
$(FUZZ_RUNS): run-%: $B/% | $B/seeds
	$Qf=$(abspath $<); seeds=$$(ls -d $(abspath $B)/seeds/$${f##*/} 2>/dev/null); \
		mkdir -p $$f.corpus && start=$$(date +%s) && \
		ASAN_OPTIONS=quarantine_size_mb=16 $$f $(FUZZFLAGS) -artifact_prefix=$$f- \
			$$f.corpus $$seeds </dev/null 2>$$f.log || { cat $$f.log; exit 1; }; \
		runs=$$(sed -n 's/^stat::number_of_executed_units: *//p' $$f.log); \
		printf '  %-17s %9d inputs in %5d s\n' $${f##*/} $$runs \
			$$(($$(date +%s) - start))

$B/fuzz_%: $B/tests/fuzz/fuzz_%.o $B/tests/fuzz/fuzz.o $(LIB) $(REST)
	$(call say,LINK,$@)
	$Q$(LINK) -fsanitize=fuzzer -Wl,--wrap=LLVMFuzzerTestOneInput $(EXTRA_LDFLAGS) -o $@ \
		$(filter %.o,$^) $(filter %.a,$^) $(BASE_LDLIBS) $(LDLIBS)

# The page of a run is looked at as in the tests, by what is not to be explored.
$B/fuzz_run: $B/tests/report/html.o
build/fuzz/tests/report/html.o: private SANITIZE := -fsanitize=address,undefined
$B/tests/fuzz/fuzz_run.o: EXTRA_CFLAGS = -Itests

# Of a command all but the work.
FUZZ_WORK := vq_train vq_prior_train vq_model_open vq_model_for_data vq_prior_open \
	vq_watch_open vq_report signals_catch
$B/fuzz_command: $(filter-out %/cli/main.o,$(CLI_OBJ))
$B/fuzz_command: EXTRA_LDFLAGS = $(addprefix -Wl$(comma)--wrap=,$(FUZZ_WORK))

install: all ## install under PREFIX=/usr/local (and DESTDIR)
	$Qscripts/install.sh $(BIN) $(LIB) $(SHARED) "$(DESTDIR)" "$(PREFIX)"

uninstall: ## remove what install put there
	$Qscripts/install.sh --remove "$(DESTDIR)" "$(PREFIX)"

clean: ## remove everything that was built
	$Q$(RM) -r build

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | \
		while IFS='|' read -r t text; do printf '  %-13s %s\n' "$$t" "$$text"; done

-include $(patsubst %.o,%.d,$(LIB_OBJ) $(CLI_OBJ) $(TEST_OBJ) $(FUZZ_OBJ) \
	$(EXAMPLE).o)
FORCE:
.PHONY: FORCE all mpi mpi-test tests check-unit test demo torture coverage asan tsan \
	check-flags layers format check-format check bench fuzz run-fuzzers $(FUZZ_RUNS) install \
	uninstall clean help
.SECONDARY: $(FUZZ_OBJ)
.DELETE_ON_ERROR:
