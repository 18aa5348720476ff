#!/usr/bin/env python3
"""Pillow's decoding of the JPEGs that images_bench decodes, on one core.

    bench/images_peer.py FOLDER [--bench build/bin/images_bench] [--repeats N]

Reads and decodes every .jpg and .jpeg below FOLDER into RGB and prints pictures per CPU-second, the median of the
repeats; then, in the same run, what images_bench does with the same folder and one thread. Runs under a Python that has
Pillow (bench/peers makes one).
"""

import argparse
import os
import resource
import statistics
import subprocess

from PIL import Image


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def decode_all(paths):
    begin = cpu_seconds()
    for path in paths:
        with Image.open(path) as picture:
            picture.load() if picture.mode == "RGB" else picture.convert("RGB")
    return cpu_seconds() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--bench", default="build/bin/images_bench")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    paths = sorted(os.path.join(folder, name) for folder, _, names in os.walk(arguments.folder) for name in names
                   if name.lower().endswith((".jpg", ".jpeg")) and not name.startswith("."))
    median = statistics.median(decode_all(paths) for _ in range(arguments.repeats))
    print(f"Pillow: decoded, one thread: {median:.3f} CPU-seconds: {len(paths) / median:.0f} pictures per CPU-second",
          flush=True)
    subprocess.run([arguments.bench, f'path: "{arguments.folder}" layout: FLAT threads: 1', str(arguments.repeats)],
                   check=True, stderr=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
