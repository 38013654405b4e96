#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make tests/image/pngsuite.inc: the CRC-32 of every good PngSuite picture as RGB.

Usage: tests/image/pngsuite.py FOLDER >tests/image/pngsuite.inc

A PNG decoder in numpy that shares no code with libpng, so that the table proves the
expansion, rounding and composition that src/image/png.c asks libpng for.
"""
import pathlib
import struct
import sys
import zlib

import numpy as np

CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
PASSES = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4),
          (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]  # x, y, step of x, step of y


def unfilter(data, rows, stride, bpp):
    """Undo the row filters of one pass; returns the rows and what follows them."""
    out = np.zeros((rows, stride), np.uint8)
    above = np.zeros(stride, np.int64)
    for y in range(rows):
        kind, line = data[0], list(data[1:1 + stride])
        data = data[1 + stride:]
        for i in range(stride):
            a = line[i - bpp] if i >= bpp else 0
            b = int(above[i])
            c = int(above[i - bpp]) if i >= bpp else 0
            p = a + b - c
            nearest = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            line[i] = (line[i] + [0, a, b, (a + b) // 2, nearest][kind]) & 255
        above = np.array(line, np.int64)
        out[y] = line
    return out, data


def samples(rows, width, depth, channels):
    """Samples [rows, width, channels] of packed rows."""
    if depth == 16:
        flat = rows[:, 0::2].astype(np.int64) * 256 + rows[:, 1::2]
    elif depth == 8:
        flat = rows.astype(np.int64)
    else:
        bits = np.unpackbits(rows, axis=1).reshape(len(rows), -1, depth)
        flat = bits.astype(np.int64) @ (1 << np.arange(depth - 1, -1, -1))
    return flat[:, :width * channels].reshape(len(rows), width, channels)


def decode(path):
    """RGB8 of a PNG over white, rounded to nearest."""
    data = path.read_bytes()
    at, idat, trns, plte = 8, b"", None, None
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        at += 12 + size
        if kind == b"IHDR":
            width, height, depth, color, _, _, interlace = struct.unpack(">IIBBBBB", body)
        elif kind == b"PLTE":
            plte = np.frombuffer(body, np.uint8).reshape(-1, 3).astype(np.int64)
        elif kind == b"tRNS":
            trns = body
        elif kind == b"IDAT":
            idat += body
    channels = CHANNELS[color]
    raw = zlib.decompress(idat)
    px = np.zeros((height, width, channels), np.int64)
    for x, y, dx, dy in PASSES if interlace else [(0, 0, 1, 1)]:
        w, h = (width - x + dx - 1) // dx, (height - y + dy - 1) // dy
        if w > 0 and h > 0:
            bits = w * channels * depth
            rows, raw = unfilter(raw, h, (bits + 7) // 8, max(1, channels * depth // 8))
            px[y::dy, x::dx] = samples(rows, w, depth, channels)
    top = (1 << depth) - 1
    alpha = np.full((height, width, 1), top)
    if color == 3:
        opaque = np.full(len(plte), 255)
        if trns:
            opaque[:len(trns)] = np.frombuffer(trns, np.uint8)
        px, alpha, top = plte[px[..., 0]], opaque[px], 255
    elif trns:
        key = np.array(struct.unpack(">%dH" % channels, trns))
        alpha = np.where((px == key).all(-1, keepdims=True), 0, top)
    elif color in (4, 6):
        px, alpha = px[..., :-1], px[..., -1:]
    over = (px * alpha + top * (top - alpha) + top // 2) // top
    rgb = (over * 255 * 2 + top) // (2 * top)
    return np.broadcast_to(rgb, (height, width, 3)).astype(np.uint8)


if __name__ == "__main__":
    print("/* SPDX-License-Identifier: MIT */")
    print("/* Made by tests/image/pngsuite.py: name, width, height, CRC-32 of the RGB. */")
    for file in sorted(pathlib.Path(sys.argv[1]).rglob("*.png"), key=lambda p: p.name):
        if not file.name.startswith("x"):
            rgb = decode(file)
            crc = zlib.crc32(rgb.tobytes())
            print('{"%s", %d, %d, 0x%08x},' % (file.name, *rgb.shape[1::-1], crc))
