# SPDX-License-Identifier: MIT
"""What a script needs from others, said in one line where it is missing."""
import importlib.util
import os
import sys

# Modules that go by another name where they are installed from.
PACKAGES = {"PIL": "pillow", "skimage": "scikit-image"}


def need(*modules):
    """End the script unless Python has these modules."""
    missing = [PACKAGES.get(m, m) for m in modules if not importlib.util.find_spec(m)]
    if missing:
        packages = " ".join(missing)
        sys.exit(f"{os.path.basename(sys.argv[0])} needs Python packages that are not "
                 f"here: python3 -m pip install {packages}")
