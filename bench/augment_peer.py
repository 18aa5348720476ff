#!/usr/bin/env python3
"""torchvision on PIL's pictures beside shoal's Augmenter: CPU time a view, and pixels that are equal.

    $(bench/peers torchvision) bench/augment_peer.py [--images FOLDER] [--size 32] [--recipe SIMCLR] [--side N] [--rounds 5]

Takes up to --pictures pictures below FOLDER (JPEG, PNG; spread over all of it), resized to a shorter side of --side
pixels where it is given, or makes some up. Both get decoded pictures and make normalised floats of them, in turn, on one
thread. Then torchvision's operations are done with the parameters that shoal drew, and the 8-bit pixels compared.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import torch
from PIL import Image
from torchvision import transforms as T

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests", "parity"))
from torchvision_views import compare, photo, write_pictures  # noqa: E402

SMALL = 64


def find_pictures(folder, count, side):
    paths = sorted(path for path in pathlib.Path(folder).rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    assert paths, f"no picture below {folder}"
    pictures = [Image.open(path).convert("RGB") for path in paths[:: max(1, len(paths) // count)][:count]]
    return [T.functional.resize(picture, side) for picture in pictures] if side else pictures


def recipe(name, size):
    """The papers' transforms; on small pictures SimCLR's jitter is halved and nothing is blurred."""
    small = size <= SMALL
    blur = [T.RandomApply([T.GaussianBlur(max(3, size // 10 | 1), (0.1, 2.0))], p=0.5)]
    if name == "SIMCLR":
        s = 0.5 if small else 1.0
        colour = [T.RandomApply([T.ColorJitter(0.8 * s, 0.8 * s, 0.8 * s, 0.2 * s)], p=0.8), T.RandomGrayscale(p=0.2)]
        scale = (0.08, 1)
    elif name == "MOCO_V2":
        colour = [T.RandomApply([T.ColorJitter(0.4, 0.4, 0.4, 0.1)], p=0.8), T.RandomGrayscale(p=0.2)]
        scale = (0.2, 1)
    else:
        colour, blur = [T.RandomGrayscale(p=0.2), T.ColorJitter(0.4, 0.4, 0.4, 0.4)], []
        scale = (0.2, 1)
    return T.Compose([T.RandomResizedCrop(size, scale=scale), *colour, *([] if small else blur), T.RandomHorizontalFlip(),
                      T.ToTensor(), T.Normalize((0.5, 0.5, 0.5), (0.25, 0.25, 0.25))])


def microseconds_per_view(transform, pictures, seconds):
    views, begin = 0, time.process_time()
    while time.process_time() - begin < seconds:
        for picture in pictures:
            transform(picture)
            transform(picture)
            views += 2
    return 1e6 * (time.process_time() - begin) / views


def run_bench(arguments, pictures, *more):
    command = [arguments.bench, "--pictures", pictures, "--recipe", arguments.recipe, "--size", str(arguments.size),
               "--seconds", str(arguments.seconds), *more]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return {name: float(rest.split()[0]) for name, rest in (line.split(": ") for line in lines)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images")
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--side", type=int, default=0)
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--recipe", default="SIMCLR", choices=("SIMCLR", "MOCO_V1", "MOCO_V2"))
    parser.add_argument("--bench", default="build/bin/augment_bench")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1, help="of each contestant in a round")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    if arguments.images:
        pictures = find_pictures(arguments.images, arguments.pictures, arguments.side)
    else:
        side = arguments.side or (arguments.size if arguments.size <= SMALL else arguments.size * 8 // 7)
        pictures = [photo(side, side, seed) for seed in range(arguments.pictures)]
    transform = recipe(arguments.recipe, arguments.size)
    with tempfile.TemporaryDirectory() as folder:
        raw, views = os.path.join(folder, "pictures"), os.path.join(folder, "views")
        write_pictures(raw, pictures)
        rounds = []
        for _ in range(arguments.rounds):
            theirs = microseconds_per_view(transform, pictures, arguments.seconds)
            rounds.append((theirs, run_bench(arguments, raw, "--views", views)))
        sizes = sorted(picture.size for picture in pictures)
        print(f"{len(pictures)} pictures of {sizes[0]} to {sizes[-1]} pixels, {arguments.recipe}, views of {arguments.size}")
        print(f"torchvision: {statistics.median(theirs for theirs, _ in rounds):.1f} us a view (CPU time)")
        for backend in rounds[0][1]:
            ours = statistics.median(figures[backend] for _, figures in rounds)
            ratio = statistics.median(theirs / figures[backend] for theirs, figures in rounds)
            print(f"shoal, {backend}: {ours:.2f} us a view, {ratio:.1f} times as fast")
        for what, (count, values, different, levels) in zip(("sharp", "blurred"), compare(views, pictures, arguments.size)):
            print(f"{count} {what} views: of {values} values {different} differ, by {levels} at most")


if __name__ == "__main__":
    main()
