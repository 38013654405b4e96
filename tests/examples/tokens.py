#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""NumPy pixels to codes and back through the shared library, with nothing to build.

Usage: tokens.py IN OUT      (as tokens.c; VQVAE_LIBRARY: one that is not installed)
"""
import ctypes as c
import os
import sys

import numpy as np


# The structs of vqvae.h, field by field.
class Error(c.Structure):
    _fields_ = [("message", c.c_char * 1536)]


class Image(c.Structure):
    _fields_ = [("width", c.c_int), ("height", c.c_int),
                ("rgb", c.POINTER(c.c_ubyte)), ("gray", c.c_bool)]


class Codes(c.Structure):
    _fields_ = [("n", c.c_int), ("h", c.c_int), ("w", c.c_int), ("k", c.c_int),
                ("width", c.c_int), ("height", c.c_int), ("fingerprint", c.c_uint64),
                ("index", c.POINTER(c.c_int32)), ("depth", c.c_int),
                ("rank", c.c_int), ("gray", c.c_bool)]


vq = c.CDLL(os.environ.get("VQVAE_LIBRARY", "libvqvae.so.0"))
vq.vq_model_for_size.restype = c.c_char_p


def call(function, *arguments):
    """Call what returns a vq_status; a failure is raised with its message."""
    err = Error()
    if function(*arguments, c.byref(err)) != 0:
        raise RuntimeError(err.message.decode())


def array(pointer, *shape):
    """A copy of what the library owns."""
    return np.ctypeslib.as_array(pointer, shape).copy()


def open_model(name):
    model = c.c_void_p()
    call(vq.vq_model_open, c.byref(model), name)  # bytes, or None
    return model


def read_picture(path):
    image = Image()
    call(vq.vq_image_read, c.byref(image), os.fsencode(path))
    pixels = array(image.rgb, image.height, image.width, 3)
    vq.vq_image_release(c.byref(image))
    return pixels


def as_image(pixels):
    """uint8 [height, width, 3], which must outlive what this returns."""
    assert pixels.dtype == np.uint8 and pixels.flags.c_contiguous
    height, width, _ = pixels.shape
    return Image(width, height, pixels.ctypes.data_as(c.POINTER(c.c_ubyte)))


def encode(model, pixels):
    """uint8 [height, width, 3] to int32 [h, w, depth]."""
    codes = Codes()
    call(vq.vq_encode, model, c.byref(as_image(pixels)), 1, c.byref(codes))
    index = array(codes.index, codes.h, codes.w, codes.depth or 1)
    vq.vq_codes_release(c.byref(codes))
    return index


def decode(model, index, height, width):
    """The same back to pixels, of a picture of that size."""
    h, w, depth = index.shape
    codes = Codes(n=1, h=h, w=w, depth=depth, height=height, width=width,
                  index=index.ctypes.data_as(c.POINTER(c.c_int32)))
    image = Image()
    call(vq.vq_decode, model, c.byref(codes), 0, c.byref(image))
    pixels = array(image.rgb, image.height, image.width, 3)
    vq.vq_image_release(c.byref(image))
    return pixels


def main():
    pixels = read_picture(sys.argv[1])
    height, width, _ = pixels.shape
    model = open_model(vq.vq_model_for_size(width, height))
    index = encode(model, pixels)
    for row in index:
        print(*(",".join(map(str, position)) for position in row))
    back = decode(model, index, height, width)
    call(vq.vq_image_write, c.byref(as_image(back)), os.fsencode(sys.argv[2]))
    vq.vq_model_close(model)


main()
