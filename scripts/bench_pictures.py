#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Data sets of many pictures: how long they are looked through, what memory they take, and
what pictures on disk cost a training.

Makes its pictures in a temporary folder: SMALL PNGs of 32x32 pixels in ten folders, of
which one has another size, so that an encoding ends when it has looked at all of them; and
PHOTOS JPEGs of 500x375 pixels, quality 90, with the spectrum of photographs. Steps from
disk and from memory run in turn; the median of the pairs' ratios counts.

Installs nothing. Needs: build/vqvae, NumPy, Pillow; for cold files, root.
"""
import argparse
import io
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
from PIL import Image

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DISTINCT = 400  # photographs; the others are copies of their files


def run(options, *words, check=True):
    """(seconds, peak MB, stdout, stderr) of a command of the program."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.perf_counter()
        child = subprocess.Popen([options.vqvae, *words], stdout=out, stderr=err)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        text = out.read().decode(), err.read().decode()
    if check and child.returncode:
        sys.exit("vqvae %s: exit code %d: %s" % (words[0], child.returncode, text[1]))
    return seconds, usage.ru_maxrss / 1024, *text


def make_small(folder, n):
    """n PNGs of 32x32, and the odd one."""
    draw = np.random.default_rng(1)
    for i in range(n + 1):
        name = os.path.join(folder, "class%d" % (i % 10), "%06d.png" % i)
        os.makedirs(os.path.dirname(name), exist_ok=True)
        side = 33 if i == n else 32
        colors = draw.integers(0, 256, (4, 4, 3), np.uint8)
        Image.fromarray(colors).resize((side, side), Image.Resampling.BICUBIC).save(
            name, compress_level=1)
    return name


def make_photos(folder, n):
    """n JPEGs; returns bytes of one on average."""
    draw = np.random.default_rng(2)
    y, x = np.meshgrid(np.fft.fftfreq(375), np.fft.rfftfreq(500), indexing="ij")
    spectrum = 1 / np.maximum(np.hypot(y, x), 1 / 500) ** 1.5
    size = 0
    for i in range(min(n, DISTINCT)):
        light, tint = (np.fft.irfft2(np.fft.rfft2(draw.standard_normal((375, 500))) * spectrum,
                                     s=(375, 500)) for _ in range(2))
        light, tint = light / light.std(), tint / tint.std()
        rgb = 120 + 52 * light[..., None] + 14 * tint[..., None] * np.array([1, .1, -1])
        data = io.BytesIO()
        Image.fromarray(np.clip(rgb, 0, 255).astype(np.uint8)).save(data, "JPEG", quality=90)
        size += data.tell()
        for k in range(i, n, DISTINCT):
            with open(os.path.join(folder, "%06d.jpg" % k), "wb") as f:
                f.write(data.getbuffer())
    return size / min(n, DISTINCT)


def drop_caches():
    """True where the kernel forgot all files."""
    os.sync()
    try:
        with open("/proc/sys/vm/drop_caches", "w") as f:
            f.write("3")
    except OSError:
        return False
    return True


def small(options, folder):
    """Time to look through SMALL pictures, memory to train on and to tokenize them."""
    odd = make_small(folder, options.small)
    tokens = os.path.join(folder, "tokens.npy")
    for what in ("cold", "warm"):
        if what == "cold" and not drop_caches():
            print("cold files need root")
            continue
        seconds, _, _, text = run(options, "encode", folder, "-o", tokens, check=False)
        assert "differ in size" in text, text
        print("%d pictures looked through, %s: %.1f s" % (options.small, what, seconds))
    os.remove(odd)
    _, mb, _, _ = run(options, "train", "--data", folder, "--crop", "32", "--steps", "20",
                      "--cache", "0", "--sample-every", "0", "--out", folder + "-run")
    print("training on them, --cache 0: %.0f MB" % mb)
    seconds, mb, _, _ = run(options, "encode", folder, "-o", tokens, "--refine", "0")
    print("tokenizing them, nearest codes: %.0f MB, %.0f images/s" % (mb, options.small / seconds))
    seconds, mb, _, _ = run(options, "decode", tokens, folder + ".png")
    print("decoding the array to a grid: %.0f MB" % mb)


def speed(options, data, cache, out):
    """images/s of the later half of a training."""
    words = ["train", "--data", data, "--crop", str(options.crop), "--cache", cache, "--quiet",
             "--json", "--steps", str(options.steps), "--log-every", "5", "--force",
             "--sample-every", "0", "--save-every", "0", "--out", out]
    _, _, text, _ = run(options, *words)
    rates = [json.loads(line)["images_per_s"] for line in text.splitlines()]
    return statistics.median(rates[len(rates) // 2:])


def photos(options, folder):
    """Steps on PHOTOS pictures from disk beside steps on few that are kept in memory."""
    few, many, out = (os.path.join(folder, name) for name in ("few", "many", "run"))
    os.mkdir(folder)
    os.mkdir(few)
    os.mkdir(many)
    make_photos(few, DISTINCT)
    size = make_photos(many, options.photos)
    print("%d JPEGs of 500x375, %.0f kB each, batch 32, crop %d" %
          (options.photos, size / 1000, options.crop))
    for cache in ("0", "2G"):
        ratios = []
        for _ in range(options.pairs):
            memory, disk = speed(options, few, "2G", out), speed(options, many, cache, out)
            ratios.append(memory / disk)
        print("--cache %s: a step is %.1f%% slower than from memory (%s)" %
              (cache, 100 * (statistics.median(ratios) - 1),
               " ".join("%.3f" % r for r in sorted(ratios))))


def main():
    """Both parts."""
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--vqvae", default=os.path.join(ROOT, "build", "vqvae"))
    p.add_argument("--small", type=int, default=100000, help="0: leave that part out")
    p.add_argument("--photos", type=int, default=20000, help="0: leave that part out")
    p.add_argument("--crop", type=int, default=64)
    p.add_argument("--steps", type=int, default=60)
    p.add_argument("--pairs", type=int, default=5)
    p.add_argument("--folder", help="where to make the temporary folder")
    options = p.parse_args()
    for part, wanted in ((small, options.small), (photos, options.photos)):
        if wanted:
            folder = tempfile.mkdtemp(dir=options.folder)
            try:
                part(options, os.path.join(folder, "pictures"))
            finally:
                shutil.rmtree(folder)


if __name__ == "__main__":
    main()
