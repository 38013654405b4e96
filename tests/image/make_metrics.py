#!/usr/bin/env python3
"""Print the figures of test_metrics.c: scikit-image's SSIM and PSNR on made-up pictures.

usage: make_metrics.py     (needs numpy and scikit-image)

The pictures follow the same integer recipe as picture() in test_metrics.c.
"""
import numpy as np
from skimage.metrics import peak_signal_noise_ratio, structural_similarity


def picture(width, height, salt):
    out = np.zeros((height, width, 3), np.uint8)
    for y in range(height):
        for x in range(width):
            for c in range(3):
                v = x * (7 + c) + y * (11 - c) + (x * y * (salt + 1)) % 31
                out[y, x, c] = (v + 13 * salt) % 256
    return out


for width, height in [(32, 32), (11, 11), (45, 17)]:
    for salt in (1, 2):
        a, b = picture(width, height, 0), picture(width, height, salt)
        ssim = structural_similarity(
            a, b, channel_axis=2, gaussian_weights=True, sigma=1.5,
            use_sample_covariance=False, data_range=255)
        luma = [p.astype(np.float64) @ [.299, .587, .114] for p in (a, b)]
        ssim_luma = structural_similarity(
            luma[0], luma[1], gaussian_weights=True, sigma=1.5,
            use_sample_covariance=False, data_range=255)
        psnr = peak_signal_noise_ratio(a, b, data_range=255)
        print("    {%d, %d, %d, %.9f, %.9f, %.9f},"
              % (width, height, salt, ssim, ssim_luma, psnr))
