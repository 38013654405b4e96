#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Gather the photographs that data/photo.safetensors was trained on: OUT/train/*.png,
38 of them, and OUT/test/*.png, 10, at most 1024 pixels a side.

They are the photographs among the wallpapers of four packages of Debian 12, fetched with
apt-get, and the sample pictures of scikit-image.

usage: photo_set.py OUT      (needs Debian, Pillow, scikit-image)
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

from needs import need

need("skimage", "PIL")
import skimage.data
from PIL import Image

SIDE = 1024

# package: its folder of pictures, those to train on, those to test on
WALLPAPERS = {
    "lomiri-wallpapers-16.04": (
        "backgrounds",
        "Bridge_by_Sander_Klootwijk Dragonfly_by_Bolly Picture_1A_by_freespace "
        "Wine_by_Jakkub_Mede free_by_Peter_Nerlich greentock_by_Peter_Nerlich "
        "picosdeeuropa_by_Aitzol_Berasategi seeding_by_Clements_Engelhardt "
        "sunset_by_Aitzol_Berasategi",
        "Picture_0B_by_freespace aitzgorri_by_Aitzol_Berasategi "
        "friends_by_Aitzol_Berasategi life_by_Aitzol_Berasategi",
    ),
    "lomiri-wallpapers-20.04": ("backgrounds", "Kleiber_by_Lukas_Baubkus", ""),
    "mate-backgrounds": (
        "backgrounds/mate/nature",
        "Aqua Blinds FreshFlower GreenMeadow LadyBird RainDrops Storm TwoWings Wood "
        "YellowFlower",
        "Dune Garden",
    ),
    "plasma-workspace-wallpapers": (
        "wallpapers",
        "Autumn BytheWater ColdRipple ColorfulCups DarkestHour FallenLeaf Grey Kite "
        "OneStandsOut Volna summer_1am",
        "EveningGlow Path",
    ),
}
SAMPLES = (
    "brick camera chelsea grass gravel rocket stereo_motorcycle",
    "astronaut coffee",
)


def save(image, path):
    """Write an image as RGB, made smaller where a side is over SIDE."""
    image = image.convert("RGB")
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    image.save(path)


def wallpaper(folder, name):
    """The largest file of a picture: one file, or a folder with one for each size."""
    files = [*folder.glob(f"{name}.jpg"), *folder.glob(f"{name}/contents/images/*x*.jpg")]
    if not files:
        sys.exit(f"photo_set: no picture '{name}' in the package")
    return max((Image.open(file) for file in files), key=lambda image: image.width)


def sample(name):
    """A picture of scikit-image; of a stereo pair the left one."""
    picture = getattr(skimage.data, name)()
    return Image.fromarray(picture[0] if isinstance(picture, tuple) else picture)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("out", type=pathlib.Path)
    out = parser.parse_args().out
    for split in ("train", "test"):
        (out / split).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        subprocess.run(["apt-get", "download", *WALLPAPERS], cwd=work, check=True)
        for package, (folder, *splits) in WALLPAPERS.items():
            (archive,) = pathlib.Path(work).glob(f"{package}_*.deb")
            subprocess.run(["dpkg-deb", "-x", archive, f"{work}/{package}"], check=True)
            for split, names in zip(("train", "test"), splits):
                for name in names.split():
                    photo = wallpaper(
                        pathlib.Path(work, package, "usr/share", folder), name
                    )
                    save(photo, out / split / f"{name}.png")
    for split, names in zip(("train", "test"), SAMPLES):
        for name in names.split():
            save(sample(name), out / split / f"{name}.png")


if __name__ == "__main__":
    main()
