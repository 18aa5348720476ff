"""Holds the views that shoal draws and makes against torchvision with the same parameters.

usage: augment_parity.py AUGMENT_BENCH

Pictures are made up, of several shapes; every recipe, small views and large ones. Views must be equal to the bit; of a blurred
one a value in a thousand may be a level off. Ends with code 77, which CTest takes for "skipped", without torchvision.
"""

import os
import subprocess
import sys
import tempfile

from torchvision_views import compare, photo, write_pictures

SHAPES = {32: [(32, 32), (48, 31), (20, 90)], 96: [(128, 96), (90, 300), (257, 100)]}
PICTURES = 90


def check(program, folder, recipe, size):
    shapes = SHAPES[size]
    pictures = [photo(*shapes[i % len(shapes)], seed=i) for i in range(PICTURES)]
    raw, views = os.path.join(folder, "pictures"), os.path.join(folder, "views")
    write_pictures(raw, pictures)
    subprocess.run([program, "--pictures", raw, "--views", views, "--recipe", recipe, "--size", str(size), "--seconds", "0"],
                   check=True, stdout=subprocess.DEVNULL)
    sharp, blurred = compare(views, pictures, size)
    print(f"{recipe}, views of {size}: {sharp[2]} of {sharp[1]} values differ, {blurred[2]} of {blurred[1]} of blurred views")
    assert sharp[0] + blurred[0] == PICTURES and sharp[2] == 0, sharp
    assert blurred[3] <= 1 and blurred[2] <= blurred[1] / 1000, blurred
    assert (blurred[0] > 0) == (size > 64 and recipe != "MOCO_V1"), blurred


def main():
    with tempfile.TemporaryDirectory() as folder:
        for recipe in ("SIMCLR", "MOCO_V1", "MOCO_V2"):
            for size in SHAPES:
                check(sys.argv[1], folder, recipe, size)


if __name__ == "__main__":
    main()
