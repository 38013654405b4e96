#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Train on several ranks, and encode a data set, and compare with one process without MPI:
# the same bytes of model, checkpoint and codes, over shared memory, over TCP, and across
# two network namespaces as two hosts (as root); ranks killed at many moments; what one
# rank's failure does to all.
#
# usage: check-mpi.sh VQVAE-MPI VQVAE [same tcp hosts kill encode faults]    (default: all)
set -euo pipefail
mpi=$(realpath "$1") alone=$(realpath "$2")
shift 2
parts=${*:-same tcp hosts kill encode faults}
here=$(dirname "$(realpath "$0")")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

memory="--mca btl vader,self"
tcp="--mca btl tcp,self --mca btl_tcp_if_include lo"
tiny="--quiet --data $dir/noise.bin --preset best --hidden 16 --res-hidden 8
    --batch-size 72 --steps 12 --schedule constant --save-every 5 --sample-every 0"
codes="--codes 32 --code-dim 8"
bad=0

fail() {
    echo "check-mpi: $*" >&2
    bad=1
}

# ranks N OPTIONS...: on N ranks; $how says over what
ranks() {
    local n=$1
    shift
    # shellcheck disable=SC2086 # lists of words
    timeout 300 mpirun --oversubscribe $how -n "$n" "$mpi" "$@"
}

same() {
    for file in model checkpoint; do
        cmp -s "$1/$file.safetensors" "$2/$file.safetensors" ||
            fail "$3: another $file than without MPI"
    done
}

# One of the codebook methods and what goes with it: options of train, or of prior.
methods=(
    "train --weight-ema .99 --clip 1 --revive 4"
    "train --refine-share .4"
    "train --codebook gradient --cosine --revive 3 --optimizer muon"
    "train --codebook simvq --weight-decay .01"
    "train --codebook fsq --fsq-levels 8,8,8 --loss l1"
    "train --init-codes kmeans --levels 2 --revive 3 --flip"
    "prior --width 16 --depth 2 --dropout .1 --clip 1 --validation 50")

# options I: those of method I, in full
options() {
    case ${methods[$1]} in
    *fsq*) echo "${methods[$1]} $tiny" ;; # has as many codes as its levels give
    train*) echo "${methods[$1]} $tiny $codes" ;;
    # of the codes of method 0
    prior*) echo "${methods[$1]} --quiet --data $dir/noise.bin --model ref0
        --batch-size 72 --steps 12 --schedule constant --save-every 5
        --sample-every 0" ;;
    esac
}

# What all are compared with.
reference() {
    for i in "${!methods[@]}"; do
        # shellcheck disable=SC2046
        [ -d "ref$i" ] || "$alone" $(options "$i") --threads 1 --out "ref$i" >/dev/null
    done
}

# over N...: every method at every number of ranks, and threads, over $how
over() {
    reference
    for i in "${!methods[@]}"; do
        for n in "$@"; do
            for threads in 1 2; do
                rm -rf out
                # shellcheck disable=SC2046
                ranks "$n" $(options "$i") --threads $threads --out out >/dev/null ||
                    fail "${methods[$i]}: $n ranks: exit code $?"
                same out "ref$i" "${methods[$i]}: $n ranks, $threads threads, $how"
            done
        done
        # stopped after 5 steps on 3 ranks, resumed on 2, and on none; where the last
        # share of the steps is another thing, 5 of 5 are not 5 of 12
        [[ ${methods[$i]} != *refine-share* ]] || again=
        for n in ${again-2 0}; do
            rm -rf out
            # shellcheck disable=SC2046
            ranks 3 $(options "$i") --steps 5 --threads 1 --out out >/dev/null ||
                fail "${methods[$i]}: 3 ranks: exit code $?"
            if [ $n = 0 ]; then
                # shellcheck disable=SC2046
                "$alone" $(options "$i") --threads 2 --out out --resume >/dev/null
            else
                # shellcheck disable=SC2046
                ranks $n $(options "$i") --threads 1 --out out --resume >/dev/null
            fi || fail "${methods[$i]}: resumed on $n ranks: exit code $?"
            same out "ref$i" "${methods[$i]}: resumed on $n ranks"
        done
        unset again
        echo "  ${methods[$i]}: $* ranks"
    done
}

two_hosts() {
    local n code
    reference
    for n in 2 4; do
        rm -rf out
        # shellcheck disable=SC2046
        "$here/two-hosts.sh" -b bytes -- -n $n "$mpi" $(options 0) --threads 1 --out out \
            >/dev/null && code=0 || code=$?
        [ $code != 77 ] || {
            echo "  no network namespaces here: skipped"
            return 0
        }
        [ $code = 0 ] || fail "two hosts: exit code $code"
        same out ref0 "two hosts, $n ranks"
    done
    [ "$(cat bytes)" -gt 1000000 ] || fail "two hosts: only $(cat bytes) bytes between them"
    echo "  two hosts, $(cat bytes) bytes sent from the first"
}

# The processes of a training, by its folder.
members() {
    ps -eo pid,comm,args | awk -v out="$1" '$2 == "vqvae-mpi" && index($0, out) { print $1 }'
}

# Wait up to $1 seconds until the rest is true.
wait_until() {
    local tries=$(($1 * 50))
    shift
    until "$@"; do
        [ $((tries -= 1)) -gt 0 ] || return 1
        sleep 0.02
    done
}

no_members() { [ -z "$(members "$1")" ]; }
# Saved, or over: the machine was so busy that the kills came too late.
saved_or_over() { [ cut/checkpoint.safetensors -nt begun ] || ! kill -0 $! 2>/dev/null; }

# A rank is killed at twenty moments: six on the way to the first step, the others after
# a save, in steps and in the next saves. Each time the rest must end, and another number
# of ranks goes on.
killed() {
    local long="$tiny $codes --steps 4000 --save-every 9 --refine-share .5" hit=0 moment n resume victim code
    # shellcheck disable=SC2086
    "$alone" train $long --threads 2 --out whole >/dev/null
    for moment in $(seq 1 20); do
        n=$((2 + moment % 3)) resume=--force
        [ ! -f cut/checkpoint.safetensors ] || resume=--resume
        touch begun
        # shellcheck disable=SC2086
        ranks $n train $long --threads 1 --out cut $resume >/dev/null 2>log &
        if [ "$moment" -gt 6 ]; then
            wait_until 60 saved_or_over || fail "no save in a minute: $(cat log)"
            sleep "$(awk -v m="$moment" 'BEGIN { print (m - 7) * 0.017 }')"
        else
            sleep "$(awk -v m="$moment" 'BEGIN { print m * 0.2 }')"
        fi
        victim=$(members "--out cut" | sed -n "$((1 + moment % n))p")
        [ -z "$victim" ] || { kill -9 "$victim" 2>/dev/null && hit=$((hit + 1)); }
        wait $! && code=0 || code=$?
        wait_until 10 no_members "--out cut" || fail "a rank outlived the one that was killed"
        [ $code = 137 ] || [ -z "$victim" ] || fail "a rank was killed: exit code $code"
        [ "$(grep -c '^vqvae' log)" -le 1 ] || fail "more than one message: $(cat log)"
    done
    # shellcheck disable=SC2086
    ranks 2 train $long --threads 1 --out cut --resume >/dev/null ||
        fail "after the last kill: exit code $?"
    same cut whole "killed twenty times"
    [ $hit -ge 15 ] || fail "only $hit of 20 kills found a rank"
    echo "  ranks killed at $hit moments, runs resumed on 2, 3 and 4 ranks"
}

same_codes() {
    cmp -s codes.npy want.npy && cmp -s codes.tsv want.tsv || fail "encode: $1: other codes"
    rm -f codes.npy codes.tsv
}

# Is one of the 12 pieces done, says the table at the end?
a_piece() { [ "$(tail -c 96 codes.npy.part 2>/dev/null | tr -d '\0' | wc -c)" -gt 0 ]; }

# A data set to one array: the same bytes at any number of ranks, and when a rank is
# killed on the way and another number goes on.
encoded() {
    local n victim code encode="encode --model ref0 --quiet --threads 1 many.bin -o codes.npy"
    reference
    for refine in 0 3; do
        # shellcheck disable=SC2086
        "$alone" ${encode/codes.npy/want.npy} --refine $refine
        for n in 1 2 3 5; do
            # shellcheck disable=SC2086
            ranks $n $encode --refine $refine || fail "encode: $n ranks: exit code $?"
            same_codes "$n ranks, $refine passes"
        done
    done
    for n in 1 2 3; do
        # shellcheck disable=SC2086
        ranks 3 $encode --refine 3 2>log &
        wait_until 60 a_piece || fail "encode: nothing done in a minute: $(cat log)"
        victim=$(members codes.npy | sed -n "${n}p")
        kill -9 "$victim" || fail "encode: no rank $n to kill"
        wait $! && code=0 || code=$?
        [ $code = 137 ] || fail "encode: a rank was killed: exit code $code"
        wait_until 10 no_members codes.npy || fail "encode: a rank outlived the killed one"
        # shellcheck disable=SC2086
        if [ $n = 1 ]; then
            "$alone" ${encode/--quiet/} --refine 3 --resume 2>log
        else
            ranks $n ${encode/--quiet/} --refine 3 --resume 2>log
        fi || fail "encode: resumed on $n ranks: exit code $?: $(cat log)"
        grep -q "[1-9][0-9]* of 6000 pictures are there" log || fail "encode: nothing was kept"
        same_codes "resumed on $n ranks"
    done
    echo "  encode: 1, 2, 3, 5 ranks, and killed on 3"
}

# expect CODE TEXT OPTIONS...: mpirun ends with the code, and the one message has the text
expect() {
    local want=$1 text=$2 code=0
    shift 2
    rm -rf fault
    # shellcheck disable=SC2086
    timeout 120 mpirun --oversubscribe $how "$@" >said 2>log || code=$?
    [ $code = "$want" ] || fail "exit code $code, want $want: $(cat log)"
    [ "$(grep -c '^vqvae' log)" = 1 ] || fail "not one message: $(cat log)"
    grep -q "^vqvae.*$text" log || fail "no '$text' in: $(cat log)"
}

faults() {
    # shellcheck disable=SC2206
    local run=(train $tiny $codes --threads 1 --out fault)
    expect 2 "unknown option" -n 3 "$mpi" train --bogus
    # shellcheck disable=SC2086
    ranks 3 train ${tiny#--quiet} --batch-size 16 --threads 1 --out fault 2>log >said
    [ "$(grep -c "a batch of 16 keeps 2 ranks busy, of 3" log)" = 1 ] ||
        fail "idle ranks: no note, or several: $(cat log)"
    expect 5 "training diverged" -n 3 "$mpi" "${run[@]}" --lr 1e6 --clip 0 --steps 500
    expect 4 "cannot write" -n 1 sh -c 'ulimit -f 40; exec "$@"' sh "$mpi" "${run[@]}" : \
        -n 2 "$mpi" "${run[@]}"
    cp "$mpi" other && printf x >>other
    expect 3 "rank 1: the program is not rank 0's" -n 1 "$mpi" "${run[@]}" : \
        -n 1 ./other "${run[@]}"
    expect 3 "rank 2: the data is not rank 0's" -n 2 "$mpi" "${run[@]}" --data noise.bin : \
        -n 1 "$mpi" "${run[@]}" --data other.bin
    expect 3 "rank 1: the settings are not rank 0's" -n 1 "$mpi" "${run[@]}" : \
        -n 1 "$mpi" "${run[@]}" --lr .5
    expect 4 "rank 1: cannot open 'missing.bin'" -n 1 "$mpi" "${run[@]}" \
        --data noise.bin : -n 1 "$mpi" "${run[@]}" --data missing.bin
    [ ! -e fault ] || fail "a refused training left a folder"
    reference
    # shellcheck disable=SC2206
    run=(encode --model ref0 --quiet --refine 0 --threads 1 -o fault)
    expect 2 "several ranks write one .npy together" -n 2 "$mpi" "${run[@]}" \
        noise.bin --format vqt
    run+=(--format npy)
    local differs="rank 1: the model, the data or the options are not rank 0's"
    expect 3 "$differs" -n 1 "$mpi" "${run[@]}" noise.bin : \
        -n 1 "$mpi" "${run[@]}" many.bin
    expect 3 "$differs" -n 1 "$mpi" "${run[@]}" noise.bin : \
        -n 1 "$mpi" "${run[@]}" noise.bin --type int32
    expect 4 "rank 1: cannot open 'missing.bin'" -n 1 "$mpi" "${run[@]}" noise.bin : \
        -n 1 "$mpi" "${run[@]}" missing.bin
    [ ! -e fault.part ] || fail "a refused encode left a file"
    expect 4 "rank 1: cannot open 'fault.part'" -n 1 "$mpi" "${run[@]}" "$dir/noise.bin" : \
        -n 1 -wdir ref0 "$mpi" "${run[@]}" --model "$dir/ref0" "$dir/noise.bin"
    rm fault.part
    expect 4 "rank 1: cannot write 'fault.part'" -n 1 "$mpi" "${run[@]}" many.bin : \
        -n 1 sh -c 'ulimit -f 40; exec "$@"' sh "$mpi" "${run[@]}" many.bin
    rm fault.part
    echo "  one rank's failure: one message, its exit code"
}

head -c $((60 * 3073)) /dev/urandom >noise.bin
head -c $((60 * 3073)) /dev/urandom >other.bin
# labels of CIFAR are 0 to 9
for file in noise.bin other.bin; do
    for i in $(seq 0 59); do
        printf '\3' | dd of=$file bs=1 seek=$((i * 3073)) conv=notrunc status=none
    done
done
for n in $(seq 100); do cat noise.bin; done >many.bin
for part in $parts; do
    echo "$part:"
    case $part in
    same) how=$memory && over 1 2 3 4 8 ;;
    tcp) how=$tcp && over 3 ;;
    hosts) two_hosts ;;
    kill) how=$memory && killed ;;
    encode) how=$memory && encoded ;;
    faults) how=$tcp && faults ;;
    *) fail "no part '$part'" ;;
    esac
done
[ $bad = 0 ] && echo "check-mpi: all well"
exit $bad
