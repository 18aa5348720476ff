"""Holds shoal's decoders against Pillow's: the same pixels of every kind of JPEG and PNG, as docs/formats/images.md lays
them out.

usage: images_parity.py IMAGES_BENCH [FOLDER]

Makes its own pictures (seeded), so that it needs no data; with FOLDER it compares the JPEGs and PNGs below that. Ends with
code 77, which CTest takes for "skipped", and a reason where Pillow or numpy is missing.
"""

import pathlib
import struct
import subprocess
import sys
import tempfile

try:
    import numpy
    from PIL import Image, ImageOps
except ImportError as missing:
    print(f"skipped: {missing}; bench/peers gensim pillow installs it")
    sys.exit(77)

HEADER = struct.Struct("<8sIIQQQIIQQ")
SECTION = struct.Struct("<QQII")
PIXELS, SIZES, PATH_ENDS, PATH_LETTERS = 1, 3, 5, 6


def read_image_file(path):
    """{picture's path: [height, width, 3]} of a file with pixels."""
    content = path.read_bytes()
    magic, version, _, size, pictures, _, decoded, _, _, _ = HEADER.unpack_from(content)
    assert (magic, version, size, decoded) == (b"shoalimg", 1, len(content), 1), path

    def section(number):
        offset, length, _, _ = SECTION.unpack_from(content, HEADER.size + number * SECTION.size)
        return content[offset:offset + length]

    sizes = numpy.frombuffer(section(SIZES), "<u4").reshape(pictures, 2)
    pixels = numpy.frombuffer(section(PIXELS), "u1")
    found, begin, name_begin = {}, 0, 0
    for (width, height), name_end in zip(sizes.tolist(), numpy.frombuffer(section(PATH_ENDS), "<u8").tolist()):
        end = begin + 3 * width * height
        name = section(PATH_LETTERS)[name_begin:name_end].decode()
        found[name] = pixels[begin:end].reshape(height, width, 3)
        begin, name_begin = end, name_end
    return found


def make_pictures(folder, rng):
    for i, (width, height) in enumerate([(1, 1), (7, 5), (16, 16), (33, 70), (128, 96)]):
        noise = rng.integers(0, 256, size=(height, width, 4), dtype=numpy.uint8)
        soft = numpy.cumsum(noise.astype(int) - 127, axis=1).clip(-500, 500) // 8 + 128
        colour = Image.fromarray(soft[:, :, :3].astype(numpy.uint8))
        for quality in (20, 75, 100):
            for subsampling in (0, 1, 2):
                name = f"{i}-{quality}-{subsampling}"
                colour.save(folder / f"{name}.jpg", quality=quality, subsampling=subsampling)
                colour.save(folder / f"{name}-progressive.jpg", quality=quality, subsampling=subsampling, progressive=True)
        colour.convert("L").save(folder / f"{i}-grey.jpg")
        colour.convert("L").save(folder / f"{i}-grey.png")
        colour.convert("1").save(folder / f"{i}-bits.png")
        colour.quantize(11).save(folder / f"{i}-palette.png")
        colour.save(folder / f"{i}.png")
        for orientation in range(1, 9):
            exif = Image.Exif()
            exif[0x0112] = orientation
            colour.save(folder / f"{i}-turned-{orientation}.jpg", exif=exif)
            colour.save(folder / f"{i}-turned-{orientation}.png", exif=exif)
        Image.fromarray(noise).save(folder / f"{i}-alpha.png")
        Image.fromarray(noise, mode="CMYK").save(folder / f"{i}-cmyk.jpg", quality=90)


def expected(path):
    """What Pillow makes of a file by the rules of data/images/decode.h."""
    with Image.open(path) as picture:
        picture = ImageOps.exif_transpose(picture)
        if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
            picture = picture.convert("RGBA")
            white = Image.new("RGBA", picture.size, "white")
            picture = Image.alpha_composite(white, picture)
        return numpy.asarray(picture.convert("RGB"))


def main():
    bench = sys.argv[1]
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else pathlib.Path(temporary) / "set"
        if len(sys.argv) < 3:
            folder.mkdir()
            make_pictures(folder, numpy.random.default_rng(1))
        cache = pathlib.Path(temporary) / "cache"
        job = f'path: "{folder}" layout: FLAT cache_directory: "{cache}" max_broken_fraction: 1'
        subprocess.run([bench, job, "1"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        files = [path for path in cache.glob("*.images") if b"\ndecode_limit_bytes 0\n" not in path.read_bytes()[:8192]]
        assert len(files) == 1, files
        compared, different = read_image_file(files[0]), 0
        for path, pixels in compared.items():
            wanted = expected(path)
            # Blending and inks are rounded by either in its own way.
            allowed = 1 if path.endswith(("alpha.png", "cmyk.jpg")) else 0
            if pixels.shape != wanted.shape or abs(pixels.astype(int) - wanted).max() > allowed:
                worst = abs(pixels.astype(int) - wanted).max() if pixels.shape == wanted.shape else wanted.shape
                print(f"{path}: {pixels.shape}, differs from Pillow's by {worst}")
                different += 1
    print(f"{len(compared)} pictures compared with Pillow's, {different} different")
    return 1 if different or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
