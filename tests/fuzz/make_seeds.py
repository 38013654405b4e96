#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Make small seeds for the fuzzers, FOLDER/fuzz_jpeg and so on, from the standard library
and the fixtures of the tests.

Usage: tests/fuzz/make_seeds.py FOLDER     (make fuzz does it)
"""
import json
import pathlib
import re
import struct
import sys
import zlib


def fixtures(path):
    """The files that are arrays of bytes in a .inc of the tests."""
    inc = (pathlib.Path(__file__).parent.parent / path).read_text()
    return [bytes(int(x) for x in re.findall(r"\d+", numbers))
            for numbers in re.findall(r"\{\n([\d,\s]+)\}", inc)]


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


def rows(done):
    """The unfinished array of fuzz_rows, without the pieces that are not in `done`."""
    head = b"{'descr': '<u2', 'fortran_order': False, 'shape': (7, 3), }".ljust(117)
    data = bytes(range(42))
    sums = [(1 << 32) + zlib.crc32(data[12 * i:12 * i + 12]) if i in done else 0
            for i in range(4)]
    return (b"\x93NUMPY\1\0" + struct.pack("<H", len(head) + 1) + head + b"\n" + data
            + struct.pack("<5Q", 0x0123456789ABCDEF, *sums))


def npy(shape, dtype="|u1", fortran=False):
    head = repr({"descr": dtype, "fortran_order": fortran, "shape": shape}) + "\n"
    size = 1
    for side in shape:
        size *= side
    return (b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head.encode()
            + bytes(i % 251 for i in range(size)))


def safetensors(tensors, metadata):
    """F32 tensors of small numbers, by name and shape."""
    header, at = {"__metadata__": metadata}, 0
    for name, shape in tensors:
        count = 1
        for side in shape:
            count *= side
        header[name] = {"dtype": "F32", "shape": shape,
                        "data_offsets": [at, at + 4 * count]}
        at += 4 * count
    text = json.dumps(header).encode()
    return (struct.pack("<Q", len(text)) + text
            + b"".join(struct.pack("<f", i * 37 % 19 / 9 - 1) for i in range(at // 4)))


def prior(classes=0, books=1, **metadata):
    """A prior of 3 codes, width 2, two layers."""
    tensors = [("embedding.weight", [3, 2])]
    for i in range(2):
        if classes:
            tensors.append((f"layers.{i}.class_cond_embedding.weight", [classes, 4]))
        for name, out, channels, kh, kw in [
                ("vert_stack", 4, 2, 2, 3), ("vert_to_horiz", 4, 4, 1, 1),
                ("horiz_stack", 4, 2, 1, 2), ("horiz_resid", 2, 2, 1, 1)]:
            tensors += [(f"layers.{i}.{name}.weight", [out, channels, kh, kw]),
                        (f"layers.{i}.{name}.bias", [out])]
    for b in range(books):
        book = f"books.{b}." if b else ""
        if b:
            tensors += [(book + "embedding.weight", [3, 2]),
                        (book + "earlier.weight", [3, 2])]
        for name, out in [("output_conv.0", 2), ("output_conv.2", 3)]:
            tensors += [(f"{book}{name}.weight", [out, 2, 1, 1]),
                        (f"{book}{name}.bias", [out])]
    return safetensors(tensors, {"format": "vqvae-prior", **metadata})


def coded(n, h, w, stream):
    """A .vqt of version 3, of two codes of 5 a position."""
    data = (b"VQT1" + struct.pack("<HHQIIIIIIIQI", 3, 3, 1, n, h, w, 0, 0, 5, 2, 2, 0)
            + stream)
    return data + struct.pack("<I", zlib.crc32(data))


def mishalaskin():
    """A model of mishalaskin's names: 2 channels, 3 codes of 2."""
    tensors = []
    for name, out, channels, k in [
            ("encoder.conv_stack.0", 1, 3, 4), ("encoder.conv_stack.2", 2, 1, 4),
            ("encoder.conv_stack.4", 2, 2, 3), ("pre_quantization_conv", 2, 2, 1),
            ("decoder.inverse_conv_stack.0", 2, 2, 3),
            ("decoder.inverse_conv_stack.2", 2, 1, 4),
            ("decoder.inverse_conv_stack.4", 1, 3, 4)]:
        transposed = "inverse" in name and k == 4
        tensors += [(name + ".weight", [out, channels, k, k]),
                    (name + ".bias", [channels if transposed else out])]
    tensors.append(("vector_quantization.embedding.weight", [3, 2]))
    return safetensors(tensors, {"note": "seed"})


def words(*lines):
    return [line.replace(" ", "\n").encode() for line in lines]


SIZES = (b"hidden 2\nres_hidden 1\nres_layers 1\ndownsample 4\ncodes 4\ncode_dim 2\n"
         b"step 7\nvariance 0.06\ntrain_nmse 0.1\n")
RUN = (b'{"preset": "best", "steps": 100, "epochs": 0, "batch_size": 16, "run": 2,'
       b' "new": [1], "flip": true}\0')
LOG = (b'{"step": 10, "epoch": 0.5, "loss": 2, "images_per_s": 32}\n'
       b'{"step": 10, "note": "half <of> it"}\n'
       b'{"step": 20, "epoch": 1, "loss": 1.5, "held_out_psnr": 20, "a&b": 1e300}\n')


def main():
    folder = pathlib.Path(sys.argv[1])
    blocks = [exif("<", 6), exif(">", 8), exif("<", 3, at=40), exif(">", 6, kind=4),
              exif("<", 6, count=9)]
    seeds = {
        "fuzz_jpeg": fixtures("image/jpeg.inc"),
        "fuzz_torch": fixtures("io/torch.inc"),
        "fuzz_npy": fixtures("io/npy.inc"),
        "fuzz_safetensors": fixtures("io/safetensors.inc"),
        "fuzz_prior": [prior(), prior(classes=2, nameless="true", grid="2x2", step="9",
                                      nats="1.5", model="123456789abcdef0"),
                       prior(classes=3, books=2)],
        "fuzz_coded": [coded(1, 2, 2, b"\x5a"), coded(3, 4, 3, bytes(range(25))),
                       coded(130, 1, 1, struct.pack("<I", 30) + bytes(range(1, 60)))],
        "fuzz_exif": blocks,
        "fuzz_png": [png(2, 8, blocks[0]), png(0, 1, blocks[1]), png(6, 16, blocks[2]),
                     png(2, 8, blocks[1], after=True)],
        "fuzz_array": [npy((2, 3, 4, 3)), npy((2, 3, 4, 5)), npy((2, 3, 4)),
                       npy((1, 1, 1, 3)), npy((2, 2), "<f4"), npy((2, 2, 2, 3),
                                                                  fortran=True)],
        "fuzz_list": [b"a.png\nb/c.jpg\n", b"a\tx\r\nb\ty\r\n\r\nc\tx",
                      b"\xef\xbb\xbfa\n\n\nb\t\n", b"x\ta\tb\n"],
        "fuzz_value": [b"1e3", b"-0.5", b"9007199254740993", b"1h30m", b"2GiB", b"512M",
                       b"test", "\u00e9\u20ac\U0001f600".encode(), b"1e-310"],
        "fuzz_config": [
            RUN[:-1], b'{"version": "9.0.0", "codebook": "fsq", "fsq_levels": "8,5"}',
            b'{"first_kernel": "5", "nameless": 0.1, "no_flip": "yes", "seed": 3}',
            b"codebook fsq\nfsq-levels 8,5\ntime-budget 1h30m\ncache 2G\n",
            b"nameless 0.25\nepochs 1e2\nseed 18446744073709551615\nkernel 5\nepochs -0\n"],
        "fuzz_run": [RUN + LOG, b"\0" + LOG,
                     b'{"first_kernel": "5", "epochs": "2"}\0' + LOG + b'{"step": 30'],
        "fuzz_rows": [b"\x05abc", b"\xf0xyz", b"\x0f\0", b"\x3a\xff\1", rows([0, 3])],
        "fuzz_checkpoint": [
            b"checkpoint_run 1\ncheckpoint_step 5\ncheckpoint_seconds 0.1\n"
            b"checkpoint_rate 0.3\ncheckpoint_count 3\nhidden 32\ninit c/b\n" + more
            for more in (b"", b"checkpoint_images 8\n", b"data x\nthreads 9\n")
        ] + [safetensors([("weights", [3]), ("moment", [1])],
                         {"checkpoint_step": "1", "checkpoint_rate": "1e-3",
                          "checkpoint_count": "2", "init": "b"})],
        "fuzz_model": [mishalaskin()] + [SIZES + more for more in (
            b"", b"codebook gradient\ndecoder_first convt\ntie_residual yes\n",
            b"codebook fsq\nfsq_levels 3,2\n", b"codebook simvq\n",
            b"codebook ema\nlevels 2\nheads 2\ndata a/b\npreset zalando\n")],
        "fuzz_folder": [first + b"ptrain/a/1.png\nptrain/b/2.png\nptest/a/3.png\n"
                        b"p4.png\nlmore\ndx.png\nfy.jpg\ntz.npy\n"
                        for first in (b"\0", b"\2", b"\3", b"\7")]
                       + [b"\3cdata_1.bin\nctest.bin\n", b"\3pa.png\ncb.bin\nec.png\n"],
        "fuzz_command": words(
            "train --steps 100 --codebook=fsq --fsq-levels 8,8 --no-flip --json",
            "train --epochs 2 --preset paper --revive 0 --lr 1e-4 -q",
            "-q prior --width 8 --data x --unconditional", "train --resume --out x",
            "encode a.png b.png -ocodes.vqt --format vqt", "decode c.npy --shape 8x8 d.png",
            "sample -n4 --class frog --size 64x96", "complete a.png b.png --keep rows:3",
            "eval --csv - --worst w.png --split test", "compare a.png b.png --gain 8",
            "report latest --images 0", "watch latest", "inspect --json cifar10",
            "export m.safetensors --half", "import m.pth -o m.safetensors",
            "help train", "man", "completions bash", "reconstruct a.png b.png --refine 3",
            "trian", "train --stps 3 -- x"),
    }
    for name, files in seeds.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for i, data in enumerate(files):
            (folder / name / f"{i:02d}").write_bytes(data)


main()
