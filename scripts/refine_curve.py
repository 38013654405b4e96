#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `--refine N` gives and what it costs: PSNR and SSIM of a data set's test split over
the images a second that `vqvae encode` makes of it, for several N. Prints a table in
Markdown and, with --plot, draws it.

Times are processor seconds of whole processes on one thread, less those of one that encodes
the first picture alone; the passes take turns, and the median of --rounds is taken.

Needs: build/vqvae, CIFAR-10 or other data, NumPy; Matplotlib for --plot.
"""
import argparse
import json
import pathlib
import resource
import statistics
import subprocess
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
TEST = ROOT / "data" / "cifar-10-batches-bin" / "test_batch.bin"
RECORD = 3073


def run(options, *arguments):
    command = [options.vqvae, *map(str, arguments)]
    if options.model:
        command += ["--model", options.model]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def scores(options, data, passes):
    return json.loads(run(options, "eval", "--json", "--data", data, "--refine", passes))


def seconds(options, data, passes, folder):
    """Of processor time, which other programs disturb least."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run(options, "encode", "--quiet", "--threads", 1, "--refine", passes, data, "-o",
        folder / "codes.npy")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def speeds(options, folder):
    """Images a second for each N: fewer images for more passes, so that each takes as long."""
    records = np.fromfile(options.data, np.uint8).reshape(-1, RECORD)
    sizes = {n: min(max(options.images // (n + 1), 32), len(records)) for n in options.passes}
    parts = {n: folder / f"{n}.bin" for n in options.passes}
    one = folder / "one.bin"
    records[:1].tofile(one)
    for n, path in parts.items():
        records[:sizes[n]].tofile(path)
    seen = {n: [] for n in options.passes}
    for _ in range(options.rounds):
        for n, path in parts.items():
            seen[n].append(seconds(options, path, n, folder) - seconds(options, one, n, folder))
    return {n: (sizes[n] - 1) / statistics.median(times) for n, times in seen.items()}


def draw(rows, path):
    from matplotlib import pyplot

    pyplot.rcParams["svg.hashsalt"] = "vqvae"
    figure, axes = pyplot.subplots(figsize=(5.5, 3.6), layout="constrained")
    speed = [row["speed"] for row in rows]
    psnr = [row["psnr"] for row in rows]
    axes.plot(speed, psnr, "o-", color="#1f5fa8")
    for row in rows:
        axes.annotate(row["passes"], (row["speed"], row["psnr"]), xytext=(6, 5),
                      textcoords="offset points")
    axes.set_xscale("log")
    axes.set_xlabel("images a second, one thread (logarithmic)")
    axes.set_ylabel("PSNR of the mean MSE, dB")
    axes.set_title("passes of --refine", fontsize=10)
    axes.margins(.12)
    axes.grid(color="#ddd")
    figure.savefig(path, metadata={"Date": None})


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vqvae", default=ROOT / "build" / "vqvae")
    parser.add_argument("--model", help="default: the model in the box")
    parser.add_argument("--data", default=TEST, help="a CIFAR-style .bin file")
    parser.add_argument("--passes", type=int, nargs="+", default=[0, 1, 3, 10, 20, 40])
    parser.add_argument("--images", type=int, default=8000, help="to time the plain encoder on")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--plot", help="an .svg or .png file to write")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        speed = speeds(options, pathlib.Path(folder))
        for n in options.passes:
            row = scores(options, options.data, n)
            rows.append(dict(row, passes=n, speed=speed[n]))
    plain = rows[0]
    print("| passes | PSNR of the mean MSE | mean PSNR | SSIM | images/s | of plain |")
    print("|---|---|---|---|---|---|")
    for row in rows:
        print("| %d | %.2f dB | %.2f dB | %.3f | %.0f | %.3f |" % (
            row["passes"], row["psnr"], row["psnr_mean"], row["ssim"], row["speed"],
            row["speed"] / plain["speed"]), flush=True)
    if options.plot:
        draw(rows, options.plot)


if __name__ == "__main__":
    main()
