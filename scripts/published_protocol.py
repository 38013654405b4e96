#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A model's scores on the test split of CIFAR-10 by two protocols.

`vqvae eval` compares 32x32 pixels. The figures that SQ-VAE and VQ-WAE are known for were
taken by the evaluation script of VQ-WAE (arXiv:2302.05917), which first enlarges the image
and its reconstruction to 256x256 with Pillow's bicubic filter, then takes the mean over
images of scikit-image's PSNR and SSIM (an 11x11 window of equal weights). Enlarging smooths
the error away, so the two cannot be compared with one another. Both are printed, from the
same decoded pictures.

Needs: build/vqvae, CIFAR-10, NumPy, Pillow, scikit-image. Some minutes on two cores.
"""
import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import tempfile

from needs import need

need("numpy", "PIL", "skimage")
import numpy as np
from PIL import Image
from skimage.metrics import structural_similarity

ROOT = pathlib.Path(__file__).resolve().parent.parent
SIDE, ENLARGED, WINDOW = 32, 256, 11
CHUNK = 250  # images that one worker takes at a time


def decoded(options, data, folder):
    """The pictures that the model makes of its own codes, uint8 [n, 32, 32, 3]."""
    codes, each = folder / "codes.npy", folder / "each"
    for command in (["encode", data, "-o", codes], ["decode", codes, "--each", each]):
        subprocess.run([options.vqvae, *command, "--quiet", "--model", options.model],
                       check=True)
    return np.stack([np.asarray(Image.open(path)) for path in sorted(each.iterdir())])


def psnr(mse):
    """Decibels of mean squared errors, pixels in [0, 1]."""
    return -10 * np.log10(mse)


def mse(a, b):
    return np.mean((a.astype(np.float64) - b) ** 2)


def enlarged(pixels):
    image = Image.fromarray(pixels).resize((ENLARGED, ENLARGED), Image.Resampling.BICUBIC)
    return np.asarray(image, np.float32) / 255


def scores(images, made):
    """MSE at 32x32, MSE and SSIM at 256x256 of each pair: [n, 3]."""
    rows = []
    for a, b in zip(images, made, strict=True):
        large_a, large_b = enlarged(a), enlarged(b)
        rows.append((mse(a / 255, b / 255), mse(large_a, large_b),
                     structural_similarity(large_a, large_b, channel_axis=2, data_range=1,
                                           win_size=WINDOW)))
    return np.array(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vqvae", default=ROOT / "build" / "vqvae")
    parser.add_argument("--model", default=ROOT / "data" / "cifar10.safetensors")
    parser.add_argument("--data-dir", type=pathlib.Path, default=ROOT / "data")
    parser.add_argument("--images", type=int, help="only the first so many")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes")
    options = parser.parse_args()

    data = options.data_dir / "cifar-10-batches-bin" / "test_batch.bin"
    if not data.exists():
        sys.exit("published_protocol: no '%s'; scripts/get-cifar10.sh fetches it" % data)
    records = np.fromfile(data, np.uint8).reshape(-1, 1 + 3 * SIDE * SIDE)
    images = records[:, 1:].reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)
    with tempfile.TemporaryDirectory() as folder:
        made = decoded(options, data, pathlib.Path(folder))
    n = len(images[:options.images])
    cuts = [slice(i, min(i + CHUNK, n)) for i in range(0, n, CHUNK)]
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        rows = np.concatenate(list(pool.map(scores, [images[c] for c in cuts],
                                            [made[c] for c in cuts])))
    small, large, ssim = rows.T
    print("%d images" % n)
    print("32x32    PSNR of the mean MSE %.2f dB, mean PSNR %.2f dB"
          % (psnr(small.mean()), psnr(small).mean()))
    print("256x256  PSNR of the mean MSE %.2f dB, mean PSNR %.2f dB, mean SSIM %.4f"
          % (psnr(large.mean()), psnr(large).mean(), ssim.mean()))


if __name__ == "__main__":
    main()
