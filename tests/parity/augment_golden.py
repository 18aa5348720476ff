"""Makes tests/golden/augment: what torchvision, on PIL's pictures, makes of small pictures with given parameters.

    $(bench/peers torchvision) tests/parity/augment_golden.py [--check] [FOLDER]

tests/unit/worker/augment/golden_test.cc holds the Augmenter against these files, without Python. --check makes them
anew and tells where they differ from what is there; ends with code 77, which CTest takes for "skipped", without torchvision.

FOLDER holds pictures as binary PPM; cases.txt, a line each: the result's file, the picture's file, the side of the view,
and what was done (torchvision_views.py); and all_colours.txt: a turn of the hue, and the CRC-32 of all 2^24 colours after it.
"""

import argparse
import filecmp
import os
import sys
import tempfile
import zlib

from torchvision_views import F, Image, apply, numpy, parse, photo

HUE_TURNS = (0.0, 0.1, -0.1, 0.5, -0.37)


def colours(width, height, seed):
    """Each pixel a colour of its own, the darkest and the most saturated among them."""
    rng = numpy.random.default_rng(seed)
    picture = rng.integers(0, 256, (height, width, 3), dtype=numpy.uint8)
    picture[0, :8] = [[0, 0, 0], [255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255], [1, 0, 0], [0, 1, 1], [254, 255, 255]]
    picture[1] = picture[1] // 32
    return Image.fromarray(picture)


# Picture, side of the view, steps. The pictures are sources() below.
CASES = [
    ("photo", 32, "crop=0,0,48,40"), ("photo", 32, "crop=5,3,20,25"), ("photo", 32, "crop=7,2,32,32"),
    ("photo", 32, "crop=7,2,32,17"), ("photo", 32, "crop=30,1,9,39"), ("photo", 32, "crop=0,39,48,1"),
    ("photo", 32, "crop=11,13,1,1"), ("photo", 12, "crop=0,0,48,40"), ("photo", 5, "crop=1,2,47,37"),
    ("photo", 4, "crop=0,0,48,40"), ("photo", 61, "crop=3,4,37,21"), ("photo", 32, "crop=5,3,20,25 flip"),
    # So much shorter that the columns come first.
    ("tall", 16, "crop=2,1,20,49"), ("tall", 16, "crop=2,1,20,24 flip"),
    ("photo", 32, "centre=32"), ("photo", 24, "centre=27"), ("photo", 32, "centre=64"), ("tall", 24, "centre=24"),
    ("tall", 21, "centre=24"), ("square", 32, "centre=32"),
    ("square", 32, "flip"), ("square", 32, "brightness=0.3"), ("square", 32, "brightness=1.7"), ("square", 32, "brightness=0"),
    ("square", 32, "brightness=1"), ("square", 32, "contrast=0.25"), ("square", 32, "contrast=1.8"), ("square", 32, "contrast=0"),
    ("colours", 32, "contrast=1.37"), ("square", 32, "saturation=0.4"), ("square", 32, "saturation=1.6"),
    ("colours", 32, "saturation=1.8"), ("colours", 32, "saturation=0"), ("colours", 32, "hue=0.1"), ("colours", 32, "hue=-0.1"),
    ("colours", 32, "hue=0.5"), ("square", 32, "hue=-0.003"), ("square", 32, "grey"), ("colours", 32, "grey"),
    ("square", 32, "blur=3,0.7"), ("square", 32, "blur=23,1.9"), ("square", 32, "blur=23,0.1"), ("colours", 32, "blur=9,5"),
    ("square", 32, "solarise=128"), ("square", 32, "solarise=0"), ("square", 32, "solarise=256"),
    ("photo", 32, "crop=5,3,30,31 flip brightness=1.3 contrast=0.7 saturation=1.4 hue=0.15"),
    ("photo", 32, "crop=9,1,22,18 hue=-0.2 saturation=0.3 contrast=1.6 brightness=0.6 grey"),
    ("photo", 32, "crop=2,8,40,30 grey contrast=1.2 brightness=0.8 flip"),
    ("photo", 64, "crop=2,8,40,30 saturation=1.7 brightness=1.2 hue=0.05 contrast=1.1 blur=7,1.3 solarise=100 flip"),
]


def sources():
    return {"photo": photo(48, 40, 1), "tall": photo(29, 50, 2), "square": photo(32, 32, 3), "colours": colours(32, 32, 4)}


def every_colour():
    index = numpy.arange(1 << 24, dtype=numpy.uint32)
    return Image.fromarray(numpy.stack([index >> 16, index >> 8 & 255, index & 255], -1).astype(numpy.uint8).reshape(4096, 4096, 3))


def make(folder):
    os.makedirs(folder, exist_ok=True)
    pictures = sources()
    for name, picture in pictures.items():
        picture.save(os.path.join(folder, f"{name}.ppm"))
    with open(os.path.join(folder, "cases.txt"), "w") as lines:
        for number, (name, size, steps) in enumerate(CASES):
            result = f"{number:02}.ppm"
            apply(pictures[name], size, parse(steps)).save(os.path.join(folder, result))
            lines.write(f"{result} {name}.ppm {size} {steps}\n")
    colours_ = every_colour()
    with open(os.path.join(folder, "all_colours.txt"), "w") as lines:
        for turn in HUE_TURNS:
            turned = F.adjust_hue(colours_, float(numpy.float32(turn)))
            lines.write(f"{turn} {zlib.crc32(turned.tobytes()):08x}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    default = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "golden", "augment")
    parser.add_argument("folder", nargs="?", default=default)
    arguments = parser.parse_args()
    if not arguments.check:
        make(arguments.folder)
        return 0
    with tempfile.TemporaryDirectory() as fresh:
        make(fresh)
        names = sorted(set(os.listdir(fresh)) | set(os.listdir(arguments.folder)))
        _, different, missing = filecmp.cmpfiles(fresh, arguments.folder, names, shallow=False)
    for name in different + missing:
        print(f"{name}: not what torchvision makes today; make tests/golden/augment anew and look at the difference")
    print(f"{len(names)} files compared, {len(different) + len(missing)} differ")
    return 1 if different or missing else 0


if __name__ == "__main__":
    sys.exit(main())
