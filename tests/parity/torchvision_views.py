"""Views of pictures by torchvision on PIL's pictures, with parameters that somebody else drew.

What is done to a picture is written as words, in the order of doing: crop=LEFT,TOP,WIDTH,HEIGHT flip brightness=F
contrast=F saturation=F hue=F grey blur=KERNEL,SIGMA solarise=THRESHOLD centre=SHORT_SIDE. build/bin/augment_bench writes them
so. Importing this without torchvision ends the program with code 77, which CTest takes for "skipped".
"""

import sys

try:
    import numpy
    from PIL import Image
    from torchvision.transforms import InterpolationMode
    from torchvision.transforms import functional as F
except ImportError as missing:
    print(f"skipped: {missing}; bench/peers torchvision installs it")
    sys.exit(77)


def photo(width, height, seed):
    """Something between a photograph and noise: waves of each colour, an edge, grain, and flat grey and white patches."""
    rng = numpy.random.default_rng(seed)
    y, x = numpy.mgrid[0:height, 0:width].astype(float)
    planes = []
    for _ in range(3):
        fx, fy, phase = rng.uniform(0.05, 0.5), rng.uniform(0.05, 0.5), rng.uniform(0, 6)
        planes.append(127 + 90 * numpy.sin(fx * x + fy * y + phase))
    picture = numpy.stack(planes, -1)
    picture[x + y > 0.8 * width] *= rng.uniform(0.4, 1.3, 3)
    picture += rng.normal(0, 18, picture.shape)
    picture[: height // 6, : width // 5] = 255
    picture[-(height // 6):, : width // 5] = 128
    return Image.fromarray(picture.clip(0, 255).round().astype(numpy.uint8))


def parse(steps):
    for word in steps.split():
        name, _, values = word.partition("=")
        yield name, [float(value) for value in values.split(",") if value]


def apply(picture, size, steps):
    bilinear = InterpolationMode.BILINEAR
    cropped = False
    for name, values in steps:
        if name == "crop":
            left, top, width, height = map(int, values)
            picture, cropped = F.resized_crop(picture, top, left, height, width, [size, size], bilinear), True
        elif name == "centre":
            picture, cropped = F.center_crop(F.resize(picture, int(values[0]), bilinear), [size, size]), True
        elif name == "flip":
            picture = F.hflip(picture)
        elif name == "grey":
            picture = F.to_grayscale(picture, num_output_channels=3)
        elif name == "blur":
            picture = F.gaussian_blur(picture, [int(values[0])] * 2, [values[1]] * 2)
        elif name == "solarise":
            picture = F.solarize(picture, int(values[0]))
        else:
            picture = getattr(F, f"adjust_{name}")(picture, float(numpy.float32(values[0])))
    assert cropped or picture.size == (size, size), (picture.size, size)
    return picture


def compare(views_file, pictures, size):
    """(views, values, values that differ, levels of the largest difference) of what augment_bench --views wrote, for views
    that were not blurred and for those that were."""
    totals = {False: [0, 0, 0, 0], True: [0, 0, 0, 0]}
    with open(views_file, "rb") as views:
        for picture in pictures:
            steps = views.readline().decode()
            ours = numpy.frombuffer(views.read(3 * size * size), numpy.uint8).astype(int)
            theirs = numpy.asarray(apply(picture, size, parse(steps))).astype(int).ravel()
            levels = numpy.abs(ours - theirs)
            total = totals["blur" in steps]
            total[:3] = total[0] + 1, total[1] + levels.size, total[2] + int((levels > 0).sum())
            total[3] = max(total[3], int(levels.max()))
    return totals[False], totals[True]


def write_pictures(path, pictures):
    """As augment_bench --pictures reads them."""
    with open(path, "wb") as out:
        for picture in pictures:
            out.write(numpy.array(picture.size, "<u4").tobytes() + picture.tobytes())
