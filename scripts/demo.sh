#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A first look at vqvae: train on the built-in pictures, reconstruct one it has not seen,
# turn it into codes and back, evaluate. `make demo` builds first and calls this.
#
# usage: demo.sh PROGRAM [STEPS]     (1,100 steps are half a minute on two cores)
set -eu
vqvae=$1 steps=${2:-1100} out=runs/demo

say() {
    echo
    echo "== $*"
}

say "train on shapes, $steps steps"
"$vqvae" train --data shapes --out $out --force --steps "$steps" \
    --log-every 100 --sample-every 500

say "reconstruct data/demo.png, original on the left"
"$vqvae" reconstruct --model $out/model.safetensors --side-by-side data/demo.png \
    $out/reconstruction.png

say "the same through a code file"
"$vqvae" encode --model $out/model.safetensors data/demo.png -o $out/codes.vqt
"$vqvae" decode --model $out/model.safetensors $out/codes.vqt $out/decoded.png

say "evaluate on the test split"
"$vqvae" eval --model $out/model.safetensors --data shapes

say "look at"
for file in reconstruction.png decoded.png samples codes.vqt curves.svg usage.svg \
    log.jsonl model.safetensors; do
    [ -e $out/$file ] || {
        echo "demo: $out/$file is missing" >&2
        exit 1
    }
done
cat <<END
  $out/reconstruction.png  the picture and what came back
  $out/decoded.png         the same, from the code file
  $out/codes.vqt           $(wc -c <$out/codes.vqt) bytes of codes; the PNG has $(wc -c <data/demo.png)
  $out/samples/            originals above reconstructions, as training went on
  $out/curves.svg          the losses
  $out/usage.svg           how often each code is used
  $out/log.jsonl           the figures of every interval
END
