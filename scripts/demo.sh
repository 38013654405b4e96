#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A first look at vqvae: what the model for photographs makes of one, then a training on
# the built-in pictures and what that makes of one it has not seen, codes, an evaluation.
# `make demo` builds first and calls this.
#
# usage: demo.sh PROGRAM [STEPS]     (800 steps are about 20 seconds on two cores)
set -eu
vqvae=$1 steps=${2:-800} out=runs/demo

say() {
    echo
    echo "== $*"
}

mkdir -p $out
say "reconstruct data/coffee.jpg with the built-in model for photographs"
"$vqvae" reconstruct --side-by-side data/coffee.jpg $out/photo.png

say "train on shapes, $steps steps"
"$vqvae" train --data shapes --out $out --force --steps "$steps" \
    --log-every 100 --sample-every 400

say "reconstruct data/demo.png with what was trained"
"$vqvae" reconstruct --model $out --side-by-side data/demo.png $out/reconstruction.png

say "the same through a code file"
"$vqvae" encode --model $out data/demo.png -o $out/codes.vqt
"$vqvae" decode --model $out $out/codes.vqt $out/decoded.png

say "evaluate on the test split"
"$vqvae" eval --model $out --data shapes --refine 0

say "look at"
for file in photo.png reconstruction.png decoded.png samples codes.vqt curves.svg \
    usage.svg log.jsonl model.safetensors; do
    [ -e $out/$file ] || {
        echo "demo: $out/$file is missing" >&2
        exit 1
    }
done
cat <<END
  $out/photo.png           left a photograph, right what came back through codes of the
                           built-in model for photographs
  $out/reconstruction.png  left shapes that the training had not seen, right what came
                           back through the model that was just trained
  $out/decoded.png         the right half again, from the code file
  $out/codes.vqt           $(wc -c <$out/codes.vqt) bytes of codes; the PNG has $(wc -c <data/demo.png)
  $out/samples/            originals above reconstructions, as training went on
  $out/curves.svg          the losses
  $out/usage.svg           how often each code is used
  $out/log.jsonl           the figures of every interval
END
