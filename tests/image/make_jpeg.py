#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make tests/image/jpeg.inc: small JPEG files of every kind, and the CRC-32 of the RGB
that Pillow makes of them, upright. Needs Pillow and numpy.

Usage: tests/image/make_jpeg.py >tests/image/jpeg.inc
"""
import io
import zlib

import numpy as np
from PIL import Image, ImageOps

rng = np.random.default_rng(7)
small = Image.fromarray(rng.integers(0, 256, (3, 4, 3)).astype(np.uint8))
picture = small.resize((19, 11), Image.BICUBIC)
# Squares of one ink each beside black, which takes from it; 37 * 31 / 255 of the first
# and 91 * 7 / 255 of the second are just below a half.
inks = Image.fromarray(np.array([[[218, 255, 0, 224], [255, 164, 80, 248]],
                                 [[10, 200, 90, 30], [70, 130, 1, 128]]], np.uint8),
                       "CMYK").resize((16, 16), Image.NEAREST)


def exif(orientation, order):
    """An Exif block of one entry in the byte order "<" or ">"."""
    def number(x, n):
        return x.to_bytes(n, "little" if order == "<" else "big")

    head = (b"II" if order == "<" else b"MM") + number(42, 2) + number(8, 4)
    entry = (number(0x0112, 2) + number(3, 2) + number(1, 4) + number(orientation, 2)
             + number(0, 2))
    return b"Exif\0\0" + head + number(1, 2) + entry + number(0, 4)


def files():
    """Name, mode and Pillow's options of each."""
    yield "baseline 4:2:0", "RGB", {"subsampling": 2}
    yield "baseline 4:4:4", "RGB", {"subsampling": 0, "quality": 95}
    yield "progressive 4:2:2", "RGB", {"subsampling": 1, "progressive": True}
    yield "gray", "L", {}
    yield "progressive gray", "L", {"progressive": True}
    yield "CMYK", "CMYK", {"quality": 90}
    yield "CMYK, black", "CMYK", {"quality": 100}
    yield "RGB", "RGB", {"keep_rgb": True}
    yield "restarts", "RGB", {"subsampling": 2, "restart_marker_blocks": 1}
    for i in range(1, 9):
        yield f"orientation {i}", "RGB", {"exif": exif(i, "<>"[i % 2]), "quality": 20}


def main():
    print("/* SPDX-License-Identifier: MIT */")
    print("/* Made by tests/image/make_jpeg.py: name, width, height, CRC-32 of the "
          "RGB, file. */")
    print("/* clang-format off */")
    for name, mode, options in files():
        out = io.BytesIO()
        source = inks if name == "CMYK, black" else picture.convert(mode)
        source.save(out, "JPEG", optimize=True, **options)
        data = out.getvalue()
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB")
        crc = zlib.crc32(np.asarray(image).tobytes())
        text = ",".join(str(b) for b in data)
        print(f'{{"{name}", {image.width}, {image.height}, 0x{crc:08x}, {len(data)}, '
              f"(const unsigned char[]){{")
        while len(text) > 88:
            cut = text.rindex(",", 0, 88) + 1
            print(text[:cut])
            text = text[cut:]
        print(text + "}},")


main()
