#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""PSNR and SSIM over bits a pixel, beside JPEG, WebP and AVIF.

Photographs: the ten of the test split that photo_set.py gathers, which no model has seen.
Each other codec gets, picture by picture, the highest quality whose file is no larger than
ours that a prior coded. CIFAR-10: images of the test split in one file; the others get
them as one large picture, so that they too pay for their headers once. What is counted is
files, headers and all. Prints tables in Markdown; --plot draws the photographs.

Needs: build/vqvae, CIFAR-10, NumPy, Pillow with AVIF (11.3 or later), scikit-image;
Matplotlib for --plot.
"""
import argparse
import concurrent.futures
import io
import os
import pathlib
import subprocess
import sys
import tempfile

from needs import need

need("numpy", "PIL", "skimage")
import numpy as np
from PIL import Image, features
from skimage.metrics import structural_similarity

ROOT = pathlib.Path(__file__).resolve().parent.parent
RECORD, SIDE = 3073, 32
# Pillow's slowest and smallest JPEG and WebP, and AVIF slower than its default, speed 6.
CODECS = {"JPEG": dict(optimize=True, progressive=True), "WEBP": dict(method=6),
          "AVIF": dict(speed=4)}
NAMES = {"WEBP": "WebP"}
CURVE = {"JPEG": (5, 10, 20, 35, 55), "WEBP": (0, 10, 30, 55, 75),
         "AVIF": (20, 32, 42, 52, 62)}


def vqvae(options, *arguments):
    subprocess.run([options.vqvae, *map(str, arguments), "--quiet"], check=True)


def psnr(mse):
    return 10 * np.log10(255 ** 2 / mse)


def mse(was, made):
    return np.mean((was.astype(np.float64) - made) ** 2)


def ssim(was, made):
    return structural_similarity(was, made, channel_axis=2, data_range=255, sigma=1.5,
                                 gaussian_weights=True, use_sample_covariance=False)


def coded(kind, picture, quality):
    """(bytes, the picture that they give)"""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, kind, quality=quality, **CODECS[kind])
    return file.tell(), np.asarray(Image.open(file).convert("RGB"))


def best_within(kind, picture, limit):
    """The highest quality of at most so many bytes; None where there is none."""
    low, high, best = -1, 100, None
    while low < high - 1:
        quality = (low + high) // 2
        size, made = coded(kind, picture, quality)
        if size <= limit:
            low, best = quality, (size, made)
        else:
            high = quality
    return best


def table(title, mean):
    print("%s\n\n| | bits a pixel | %s | mean SSIM |\n|---|---|---|---|" % (title, mean),
          flush=True)


def row(name, values):
    print("| %s | %.4f | %.2f dB | %.3f |" % (name, *values), flush=True)


# ---- photographs ---------------------------------------------------------------------


def figures(picture, result):
    """Bits a pixel, PSNR and SSIM of (bytes, picture)."""
    size, made = result
    return 8 * size / picture[..., 0].size, psnr(mse(picture, made)), ssim(picture, made)


def ways(options, prior):
    """(passes, coder, the options of encode): packed bits, and the prior's."""
    packed = [(passes, "packed", []) for passes in options.passes]
    return [*packed, *((passes, "by the prior", ["--prior", prior])
                       for passes in sorted({options.passes[0], options.passes[-1]}))]


def ours(options, path, picture):
    """The bytes and figures of a photograph, each way."""
    results = []
    with tempfile.TemporaryDirectory() as folder:
        codes, out = pathlib.Path(folder, "codes.vqt"), pathlib.Path(folder, "out.png")
        for passes, _, prior in ways(options, options.prior):
            vqvae(options, "encode", path, "-o", codes, "--model", options.model,
                  "--refine", passes, "--threads", 1, *prior)
            vqvae(options, "decode", codes, out, "--model", options.model, "--threads", 1,
                  *prior)
            size = codes.stat().st_size
            results.append((size, figures(picture, (size, np.asarray(Image.open(out))))))
    return results


def photograph(options, path):
    """All figures of one: rows of the table, then of each codec's curve."""
    picture = np.asarray(Image.open(path).convert("RGB"))
    results = ours(options, path, picture)
    rows = [values for _, values in results]
    for kind in CODECS:
        best = best_within(kind, picture, results[-1][0])
        if best is None:
            sys.exit(f"rate: no {kind} of {path} is as small as its codes")
        rows.append(figures(picture, best))
    for kind in CODECS if options.plot else ():
        rows += [figures(picture, coded(kind, picture, quality)) for quality in CURVE[kind]]
    return rows


def photographs(options, pool):
    paths = sorted(options.photos.iterdir())
    table("%d photographs" % len(paths), "mean PSNR")
    each = list(pool.map(photograph, [options] * len(paths), paths))
    rows = iter(np.mean(each, axis=0))
    points = [(passes, coder, next(rows))
              for passes, coder, _ in ways(options, options.prior)]
    for passes, coder, values in points:
        row(f"vqvae, `--refine {passes}`, {coder}", values)
    for kind in CODECS:
        row("%s of the same bytes" % NAMES.get(kind, kind), next(rows))
    if options.plot:
        draw(points, {kind: [next(rows) for _ in CURVE[kind]] for kind in CODECS}, options)


def draw(points, curves, options):
    from matplotlib import pyplot

    pyplot.rcParams["svg.hashsalt"] = "vqvae"
    figure, both = pyplot.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for axes, at, label in (both[0], 1, "mean PSNR, dB"), (both[1], 2, "mean SSIM"):
        for kind, curve in curves.items():
            axes.plot([c[0] for c in curve], [c[at] for c in curve], ".-",
                      label=NAMES.get(kind, kind))
        for coder, style in ("packed", "^:"), ("by the prior", "o:"):
            ours = [values for _, by, values in points if by == coder]
            axes.plot([p[0] for p in ours], [p[at] for p in ours], style, color="k",
                      label=f"vqvae, {coder}")
        axes.set_xlabel("bits a pixel")
        axes.set_ylabel(label)
        axes.set_xlim(0, 1.2)
        axes.grid(color="#ddd")
    both[0].legend()
    figure.savefig(options.plot, metadata={"Date": None})


# ---- CIFAR-10 ------------------------------------------------------------------------


def tiled(images):
    """[n, 32, 32, 3] as one picture, as square as may be."""
    across = int(np.ceil(np.sqrt(len(images))))
    canvas = np.zeros((-(-len(images) // across), across, SIDE, SIDE, 3), np.uint8)
    canvas.reshape(-1, SIDE, SIDE, 3)[:len(images)] = images
    return canvas.transpose(0, 2, 1, 3, 4).reshape(-1, across * SIDE, 3)


def untiled(picture, n):
    across = picture.shape[1] // SIDE
    parts = picture.reshape(-1, SIDE, across, SIDE, 3).transpose(0, 2, 1, 3, 4)
    return parts.reshape(-1, SIDE, SIDE, 3)[:n]


def print_cifar(name, images, size, made):
    row(name, (8 * size / images[..., 0].size, psnr(mse(images, made)),
               np.mean([ssim(a, b) for a, b in zip(images, made, strict=True)])))


def best_tiled(kind, images, limit):
    best = best_within(kind, tiled(images), limit)
    return best and (best[0], untiled(best[1], len(images)))


def cifar(options, pool, folder):
    data = folder / "test.bin"
    records = np.fromfile(options.cifar, np.uint8).reshape(-1, RECORD)[:options.images]
    records.tofile(data)
    images = records[:, 1:].reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)
    print()
    table("%d images of CIFAR-10" % len(images), "PSNR of the mean MSE")
    size, n = None, len(CODECS)
    for passes, coder, prior in ways(options, "builtin"):
        codes, each = folder / "codes.vqt", folder / f"{passes} {coder}"
        vqvae(options, "encode", data, "-o", codes, "--refine", passes, *prior)
        vqvae(options, "decode", codes, "--each", each)
        made = np.stack([np.asarray(Image.open(path)) for path in sorted(each.iterdir())])
        size = codes.stat().st_size
        print_cifar(f"vqvae, `--refine {passes}`, {coder}", images, size, made)
    for kind, best in zip(CODECS, pool.map(best_tiled, CODECS, [images] * n, [size] * n)):
        name = NAMES.get(kind, kind)
        if best:
            print_cifar("%s of the same bytes, as one picture" % name, images, *best)
        else:
            print("| %s | cannot be so small | | |" % name)


def main():
    data = ROOT / "data"
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vqvae", default=ROOT / "build" / "vqvae")
    parser.add_argument("--model", default=data / "photo.safetensors", help="for photographs")
    parser.add_argument("--prior", default="photo", help="of that model")
    parser.add_argument("--photos", type=pathlib.Path, default=ROOT / "runs/photos/test",
                        help="a folder of pictures, by default runs/photos/test")
    parser.add_argument("--passes", type=int, nargs="+", default=[0, 3, 20])
    parser.add_argument("--cifar", type=pathlib.Path,
                        default=data / "cifar-10-batches-bin" / "test_batch.bin",
                        help="a CIFAR-style .bin file")
    parser.add_argument("--images", type=int, default=2000, help="of that file, the first")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--plot", help="an .svg or .png file to write")
    options = parser.parse_args()
    for path, maker in ((options.photos, "photo_set.py runs/photos"),
                        (options.cifar, "get-cifar10.sh")):
        if not path.exists():
            sys.exit(f"rate: no '{path}': scripts/{maker} makes it")
    if not features.check("avif"):
        sys.exit("rate: this Pillow has no AVIF: python3 -m pip install 'pillow>=11.3'")
    if options.plot:
        need("matplotlib")
    os.environ.pop("VQVAE_MODEL", None)
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool, \
            tempfile.TemporaryDirectory() as folder:
        photographs(options, pool)
        cifar(options, pool, pathlib.Path(folder))


if __name__ == "__main__":
    main()
