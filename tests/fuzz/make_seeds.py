#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make small seeds for the fuzzers of pictures and lists, from the standard library
alone: FOLDER/fuzz_jpeg, fuzz_png, fuzz_exif, fuzz_array, fuzz_list.

Usage: tests/fuzz/make_seeds.py tests/image/jpeg.inc FOLDER     (make fuzz does it)
"""
import pathlib
import re
import struct
import sys
import zlib


def jpegs(inc):
    """The files of the table that tests/image/make_jpeg.py has made."""
    for name, numbers in re.findall(r'\{"(.*?)",.*?\{\n(.*?)\}\}', inc, re.S):
        yield name, bytes(int(x) for x in re.findall(r"\d+", numbers))


def exif(order, orientation, kind=3, count=1, at=8):
    """An Exif block of two entries, the second the orientation."""
    head = b"II*\0" if order == "<" else b"MM\0*"
    return (head + struct.pack(order + "I", at) + b"\0" * (at - 8)
            + struct.pack(order + "HHHII", 2, 0x010F, 2, 9, 99)
            + struct.pack(order + "HHIHH", 0x0112, kind, count, orientation, 0)
            + struct.pack(order + "I", 0))


def chunk(kind, data):
    crc = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def png(color, depth, block, after=False):
    """A PNG of 3 x 2 pixels with an eXIf chunk."""
    bits = {0: 1, 2: 3, 4: 2, 6: 4}[color] * depth
    rows = b"".join(b"\0" + bytes(range(y, y + (3 * bits + 7) // 8)) for y in (1, 90))
    info = chunk(b"eXIf", block)
    return (b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", 3, 2, depth, color, 0, 0, 0))
            + (b"" if after else info) + chunk(b"IDAT", zlib.compress(rows))
            + (info if after else b"") + chunk(b"IEND", b""))


def npy(shape, dtype="|u1", fortran=False):
    head = repr({"descr": dtype, "fortran_order": fortran, "shape": shape}) + "\n"
    size = 1
    for side in shape:
        size *= side
    return (b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head.encode()
            + bytes(i % 251 for i in range(size)))


def main():
    inc, folder = pathlib.Path(sys.argv[1]).read_text(), pathlib.Path(sys.argv[2])
    blocks = [exif("<", 6), exif(">", 8), exif("<", 3, at=40), exif(">", 6, kind=4),
              exif("<", 6, count=9)]
    seeds = {
        "fuzz_jpeg": [data for _, data in jpegs(inc)],
        "fuzz_exif": blocks,
        "fuzz_png": [png(2, 8, blocks[0]), png(0, 1, blocks[1]), png(6, 16, blocks[2]),
                     png(2, 8, blocks[1], after=True)],
        "fuzz_array": [npy((2, 3, 4, 3)), npy((2, 3, 4, 5)), npy((2, 3, 4)),
                       npy((1, 1, 1, 3)), npy((2, 2), "<f4"), npy((2, 2, 2, 3),
                                                                  fortran=True)],
        "fuzz_list": [b"a.png\nb/c.jpg\n", b"a\tx\r\nb\ty\r\n\r\nc\tx",
                      b"\xef\xbb\xbfa\n\n\nb\t\n", b"x\ta\tb\n"],
    }
    for name, files in seeds.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for i, data in enumerate(files):
            (folder / name / f"{i:02d}").write_bytes(data)


main()
