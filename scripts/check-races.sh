#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Run under ThreadSanitizer the tests in which threads share anything: loops and their
# pool, caches and readers of data sets, the codec's workers, training on 2 to 4 threads.
# First see that it finds the races planted in tests/races/planted.c, and none where
# there is none. `make tsan` builds what this runs and calls it.
#
# usage: check-races.sh FOLDER [GLOB...]      (FOLDER: build/tsan; the tests to run)
set -eu
folder=$1
shift
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# archer tells ThreadSanitizer what LLVM's OpenMP, which is not instrumented, orders. Nor
# are OpenBLAS and the other libraries: what they do among themselves is not looked at.
OMP_TOOL_LIBRARIES=$(clang -print-resource-dir)/../../libarcher.so
TSAN_OPTIONS="ignore_noninstrumented_modules=1"
export OMP_TOOL_LIBRARIES TSAN_OPTIONS
# ThreadSanitizer's memory has fixed places, which more random addresses run into.
fixed=
! setarch -R true 2>/dev/null || fixed="setarch -R"

fail() {
    echo "check-races: $*" >&2
    exit 1
}

# planted KIND right|wrong CODE: how it must end, 66 with a report
planted() {
    got=0
    $fixed "$folder/planted-race" "$1" "$2" >"$scratch/out" 2>&1 || got=$?
    [ $got = "$3" ] || fail "planted, $1 $2: exit code $got, want $3: $(cat "$scratch/out")"
    [ "$3" = 0 ] || grep -q 'WARNING: ThreadSanitizer: data race' "$scratch/out" ||
        fail "planted, $1 $2: no report"
}
for kind in pool openmp; do
    planted $kind wrong 66
    planted $kind right 0
done
echo "both planted races are found"

[ $# != 0 ] || set -- \
    'test_parallel__every*' 'test_parallel__first*' 'test_parallel__loops*' \
    'test_cache*' 'test_dataset__read_from*' 'test_pictures__same*' 'test_watch__share' \
    'test_codec__tiled*' 'test_codec__batch*' 'test_token_set__array' \
    'test_refine__batch*' 'test_sum__of_one_rank' 'test_kmeans__same*' \
    'test_draw__threads*' 'test_entropy__groups*' 'test_score__means' \
    'test_stepper__norm' 'test_refined__any_threads' 'test_trainer__same*'
for tests; do
    begin=$(date +%s)
    $fixed "$folder/vqvae-tests" "$tests" >"$scratch/out" 2>&1 ||
        fail "$tests: $(cat "$scratch/out")"
    n=$(sed -n 's/.*\] \([0-9]*\) test(s) run.*/\1/p' "$scratch/out")
    [ "$n" -gt 0 ] || fail "$tests: no such test"
    echo "$tests: $n passed in $(($(date +%s) - begin)) s"
done
