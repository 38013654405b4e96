#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""PSNR and SSIM over bits a pixel, beside JPEG, WebP and AVIF.

Photographs: the ten of the test split that photo_set.py gathers, which no model has seen.
Each other codec gets, picture by picture, the highest quality whose file is no larger than
ours. CIFAR-10: the test split in one file; the others get it as one large picture, so that
they too pay for their headers once. Prints tables in Markdown; --plot draws the photographs.

Needs: build/vqvae, NumPy, Pillow with AVIF (11.3 or later), scikit-image; Matplotlib for
--plot. A quarter of an hour on two cores.
"""
import argparse
import io
import os
import pathlib
import subprocess
import tempfile

import numpy as np
from PIL import Image
from skimage.metrics import structural_similarity

ROOT = pathlib.Path(__file__).resolve().parent.parent
RECORD, SIDE = 3073, 32
CODECS = {"JPEG": dict(optimize=True), "WEBP": dict(method=6), "AVIF": dict(speed=4)}
CURVE = {"JPEG": (5, 10, 20, 30, 45, 60), "WEBP": (0, 5, 15, 30, 50, 70),
         "AVIF": (20, 30, 38, 46, 54, 62)}


def vqvae(options, *arguments):
    subprocess.run([options.vqvae, *map(str, arguments), "--quiet"], check=True)


def psnr(mse):
    return 10 * np.log10(255 ** 2 / mse)


def errors(was, made):
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


# ---- photographs ---------------------------------------------------------------------


def ours(options, path, folder, *arguments):
    codes, out = folder / "codes.vqt", folder / "out.png"
    vqvae(options, "encode", path, "-o", codes, "--model", options.model, *arguments)
    vqvae(options, "decode", codes, out, "--model", options.model)
    return codes.stat().st_size, np.asarray(Image.open(out))


def figures(pictures, results):
    """Means over pictures: bits a pixel, PSNR, SSIM."""
    pixels = [p.shape[0] * p.shape[1] for p in pictures]
    return (np.mean([8 * size / n for (size, _), n in zip(results, pixels)]),
            np.mean([psnr(errors(p, made)) for p, (_, made) in zip(pictures, results)]),
            np.mean([ssim(p, made) for p, (_, made) in zip(pictures, results)]))


def row(name, values):
    print("| %s | %.4f | %.2f dB | %.3f |" % (name, *values), flush=True)


def photographs(options, folder):
    paths = sorted(pathlib.Path(options.photos).iterdir())
    pictures = [np.asarray(Image.open(path).convert("RGB")) for path in paths]
    print("%d photographs\n\n| | bits a pixel | mean PSNR | mean SSIM |\n|---|---|---|---|"
          % len(paths))
    points = []
    for passes in options.passes:
        results = [ours(options, path, folder, "--refine", passes) for path in paths]
        points.append(figures(pictures, results))
        row("vqvae, `--refine %d`" % passes, points[-1])
    limits = [size for size, _ in results]
    curves = {}
    for kind in CODECS:
        row("%s of the same bytes" % kind, figures(pictures, [
            best_within(kind, p, limit) for p, limit in zip(pictures, limits)]))
        if options.plot:
            curves[kind] = [figures(pictures, [coded(kind, p, quality) for p in pictures])
                            for quality in CURVE[kind]]
    if options.plot:
        draw(points, curves, options)


def draw(points, curves, options):
    from matplotlib import pyplot

    pyplot.rcParams["svg.hashsalt"] = "vqvae"
    figure, both = pyplot.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for axes, at, label in (both[0], 1, "mean PSNR, dB"), (both[1], 2, "mean SSIM"):
        for kind, curve in curves.items():
            axes.plot([c[0] for c in curve], [c[at] for c in curve], ".-", label=kind)
        axes.plot([p[0] for p in points], [p[at] for p in points], "k^", label="vqvae")
        for passes, p in zip(options.passes, points):
            axes.annotate("--refine %d" % passes, (p[0], p[at]), xytext=(6, -3),
                          textcoords="offset points", fontsize=8)
        axes.set_xlabel("bits a pixel")
        axes.set_ylabel(label)
        axes.set_xlim(0, 1.5)
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
    row(name, (8 * size / images[..., 0].size, psnr(errors(images, made)),
               np.mean([ssim(a, b) for a, b in zip(images, made)])))


def cifar(options, folder):
    data = folder / "test.bin"
    records = np.fromfile(options.cifar, np.uint8).reshape(-1, RECORD)[:options.images]
    records.tofile(data)
    images = records[:, 1:].reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)
    print("\n%d images of CIFAR-10\n\n| | bits a pixel | PSNR of the mean MSE | mean SSIM |\n"
          "|---|---|---|---|" % len(images))
    size = None
    for name, arguments in ("packed", []), ("by the prior", ["--prior", "builtin"]):
        codes, each = folder / "codes.vqt", folder / name
        vqvae(options, "encode", data, "-o", codes, *arguments)
        vqvae(options, "decode", codes, "--each", each)
        made = np.stack([np.asarray(Image.open(path)) for path in sorted(each.iterdir())])
        size = codes.stat().st_size
        print_cifar("vqvae, codes %s" % name, images, size, made)
    picture = tiled(images)
    for kind in CODECS:
        best = best_within(kind, picture, size)
        if best:
            print_cifar("%s of the same bytes, as one picture" % kind, images, best[0],
                        untiled(best[1], len(images)))
        else:
            print("| %s | cannot be so small | | |" % kind)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vqvae", default=ROOT / "build" / "vqvae")
    parser.add_argument("--model", default=ROOT / "data" / "photo.safetensors",
                        help="for photographs")
    parser.add_argument("--photos", help="a folder of pictures")
    parser.add_argument("--passes", type=int, nargs="+", default=[0, 3, 20])
    parser.add_argument("--cifar", help="a CIFAR-style .bin file")
    parser.add_argument("--images", type=int, default=10000)
    parser.add_argument("--plot", help="an .svg or .png file to write")
    options = parser.parse_args()
    if not options.photos and not options.cifar:
        parser.error("give --photos, --cifar or both")
    os.environ.pop("VQVAE_MODEL", None)
    with tempfile.TemporaryDirectory() as folder:
        if options.photos:
            photographs(options, pathlib.Path(folder))
        if options.cifar:
            cifar(options, pathlib.Path(folder))


if __name__ == "__main__":
    main()
