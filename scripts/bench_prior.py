#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Speed of the prior in `vqvae` and in PyTorch, measured in turn within one run.

Training: steps of the default prior at batch 64 on 8x8 codes, in floats and in bfloat16,
neither with the clipping or the average of weights that a training of `vqvae` has besides.
PyTorch first tries each of its ways (bench_torch.py); the fastest is the peer. Sampling: 64
pictures, for `vqvae` as a whole process, from its start to the PNG file; for PyTorch, whose
way is a pass of the whole net for each of 64 positions, those passes alone.

Needs: build/vqvae, PyTorch, NumPy.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import bench_torch as common
from needs import need

CODES, WIDTH, DEPTH, HEAD, CLASSES, SIDE, DRAWN = 512, 64, 15, 512, 10, 8, 64


# ---- the PyTorch side: one process per measurement -----------------------------------


def worker(work, way, threads, batch, seconds):
    import torch
    import torch.nn.functional as F
    from torch_prior import PixelCNN

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    layout = torch.channels_last if "channels_last" in way else torch.contiguous_format
    model = PixelCNN(CODES, WIDTH, DEPTH, HEAD, CLASSES).to(memory_format=layout)
    codes = torch.randint(CODES, (4096, SIDE, SIDE))
    label = torch.randint(CLASSES, (4096,))
    forward = common.rounding(model) if "bf16" in way else model
    logits = torch.compile(forward) if "compile" in way else forward
    if work == "train":
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)

        def body():
            pick = torch.randint(len(codes), (batch,))
            optimizer.zero_grad(set_to_none=True)
            F.cross_entropy(logits(codes[pick], label[pick]), codes[pick]).backward()
            optimizer.step()
        print(common.timed(body, seconds) * batch)
        return

    def draw():
        drawn = torch.zeros(DRAWN, SIDE, SIDE, dtype=torch.long)
        with torch.inference_mode():
            for i in range(SIDE):
                for j in range(SIDE):
                    odds = logits(drawn, label[:DRAWN])[:, :, i, j].softmax(1)
                    drawn[:, i, j] = torch.multinomial(odds, 1)[:, 0]
    draw()
    start = time.perf_counter()
    draw()
    print(time.perf_counter() - start)


def torch_figure(work, way, threads, options):
    command = [sys.executable, os.path.abspath(__file__), "--worker", work, way, str(threads),
               str(options.batch), str(options.seconds)]
    return float(common.run(command, threads, options)[0].split()[-1])


def torch_best(work, ways, threads, options, best):
    tried = {}
    for way in ways:
        try:
            tried[way] = torch_figure(work, way, threads, options)
        except RuntimeError as failure:
            print("  note: PyTorch %s: %s" % (way, failure), file=sys.stderr)
    return best(tried, key=tried.get)


# ---- the vqvae side ------------------------------------------------------------------


def vqvae_train(precision, threads, options, folder):
    """Pictures a second of a short run, without its first fifth."""
    interval = max(2, round(options.seconds * 100 / options.batch))
    out = os.path.join(folder, "run")
    common.run(
        [options.vqvae, "prior", "--quiet", "--force", "--data", options.data, "--out", out,
         "--batch-size", str(options.batch), "--threads", str(threads), "--steps",
         str(interval * 5), "--log-every", str(interval), "--sample-every", "0", "--save-every",
         "0", "--clip", "0", "--weight-ema", "0", "--precision", precision], threads, options)
    with open(os.path.join(out, "log.jsonl")) as f:
        lines = [json.loads(line) for line in f]
    speeds = [line["images_per_s"] for line in lines if "images_per_s" in line]
    return statistics.harmonic_mean(speeds[1:])


def vqvae_draw(threads, options, folder):
    """Seconds of a whole process."""
    command = [options.vqvae, "sample", "-q", "-n", str(DRAWN), "--threads", str(threads),
               "-o", os.path.join(folder, "new.png")]
    start = time.perf_counter()
    subprocess.run(command, check=True)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vqvae", default=os.path.join(common.ROOT, "build", "vqvae"))
    parser.add_argument("--data", required=True, help="a CIFAR-10 .bin file")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=6, help="per measurement")
    parser.add_argument("--ways", nargs="+", default=list(common.WAYS), choices=common.WAYS)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--avx2", action="store_true", help="neither may use AVX-512")
    options = parser.parse_args()
    print("%s; medians of %d pairs, %d threads\n" % (common.machine(), options.pairs,
                                                     options.threads))
    with tempfile.TemporaryDirectory() as folder:
        for precision in ("fp32", "bf16"):
            ways = list(options.ways)
            if precision == "bf16":
                ways += map(common.in_bf16, options.ways)
            way = torch_best("train", ways, options.threads, options, max)
            pairs = [(torch_figure("train", way, options.threads, options),
                      vqvae_train(precision, options.threads, options, folder))
                     for _ in range(options.pairs)]
            show("train, batch %d, %s" % (options.batch, precision), "pictures/s", way, pairs,
                 lambda theirs, ours: ours / theirs)
        ways = [*options.ways, *map(common.in_bf16, options.ways)]
        way = torch_best("draw", ways, options.threads, options, min)
        pairs = [(torch_figure("draw", way, options.threads, options),
                  vqvae_draw(options.threads, options, folder)) for _ in range(options.pairs)]
        show("draw %d" % DRAWN, "seconds", way, pairs, lambda theirs, ours: theirs / ours)


def show(work, unit, way, pairs, ratio):
    print("%-24s PyTorch %8.2f %s (%s), vqvae %8.2f, %5.2f x" % (
        work, statistics.median(t for t, _ in pairs), unit, way,
        statistics.median(o for _, o in pairs),
        statistics.median(ratio(t, o) for t, o in pairs)), flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] == "--worker":
        worker(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), float(sys.argv[6]))
    else:
        need("numpy", "torch")
        main()
