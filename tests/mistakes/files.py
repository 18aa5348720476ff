"""The small files that the rows of docs/errors.md speak of, right ones and wrong ones."""

import bz2
import gzip
import json
import lzma
import os
import struct
import zlib


def text():
    """300 sentences of 40 words, each often enough to be kept."""
    lines = []
    for sentence in range(300):
        lines.append(" ".join(f"word{(sentence * 7 + word * (sentence % 5 + 1)) % 40}" for word in range(12)))
    return ("\n".join(lines) + "\n").encode()


def zstd(content, block_type=0):
    """A zstd frame (RFC 8878) of one raw block; type 3 is a type that there is not."""
    block = (1 | block_type << 1 | len(content) << 3).to_bytes(3, "little")
    return struct.pack("<IBB", 0xFD2FB528, 0x20, len(content)) + block + content


def vectors(rows):
    """word2vec's binary form."""
    dim = len(next(iter(rows.values())))
    body = b"".join(word.encode() + b" " + struct.pack(f"<{dim}f", *row) for word, row in rows.items())
    return f"{len(rows)} {dim}\n".encode() + body


def idx(pictures, side):
    """An IDX file of grey pictures."""
    head = b"".join(number.to_bytes(4, "big") for number in (2051, pictures, side, side))
    return head + bytes((i * 7 + i // 97) % 256 for i in range(pictures * side * side))


def png(side):
    """A black picture."""
    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
    rows = zlib.compress((b"\0" + bytes(3 * side)) * side)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", rows) + chunk(b"IEND", b""))


def broken(content, position):
    """`content` with another byte at `position`."""
    return content[:position] + bytes([content[position] ^ 0xFF]) + content[position + 1:]


def backbone(net, stem):
    """A safetensors file that says it is such a net's, with one tensor."""
    header = json.dumps({"__metadata__": {"format": "pt", "net": net, "stem": stem, "image_size": "32", "mean": "0.5 0.5 0.5",
                                          "std": "0.2 0.2 0.2"},
                         "conv1.weight": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    return struct.pack("<Q", len(header)) + header + struct.pack("<f", 1)


# Of an image encoder's run.
ENCODER_JOB = b"""objective { simclr { } }
encoder { net: SMALL head { kind: NORMALISED_MLP dim: 64 } optimizer { kind: ADAMW learning_rate: 0.002 } }
data { images { } }
"""


def make(folder):
    # Stored, so that all of the text comes out whatever the library, and only the end is missing.
    gz = gzip.compress(text(), compresslevel=0, mtime=0)
    xz = lzma.compress(text())
    few_vectors = vectors({"cat": (1, 2), "dog": (2, 1), "sun": (-1, 3)})
    files = {
        "text.txt": text(),
        "large.txt": 50 * text(),
        "empty.txt": b"",
        "blank.txt": b"# nothing yet\n\n",
        "same.txt": b"word " * 100 + b"\n",
        "rare.txt": b"one two three four five six seven\n",
        "utf-16.txt": "text of another kind\n".encode("utf-16"),
        "text.bz2": bz2.compress(text()),
        "text.zip": b"PK\3\4" + text(),
        "text.7z": b"7z\xbc\xaf\x27\x1c" + text(),
        "text.Z": b"\x1f\x9d" + text(),
        "text.lz4": b"\4\x22\x4d\x18" + text(),
        "text.pdf": b"%PDF-1.7\n" + text(),
        "cut.gz": gz[:-8],
        "broken.gz": broken(gz, 2),  # The method of compression.
        "cut.xz": xz[:-12],  # The stream's footer.
        "broken.xz": broken(xz, 14),  # In the block's header.
        "cut.zst": zstd(text()[:200])[:-100],
        "broken.zst": zstd(text()[:200], block_type=3),
        "counts.txt": b"word0 90\nword1 many\n",
        "other-words.txt": b"other 7\nwords 6\n",
        "vectors.bin": few_vectors,
        "cut.bin": few_vectors[:-12],
        "wrong.bin": b"GIF89a\n",
        "large.bin": vectors({f"word{i}": (1,) * 1000 for i in range(40)}),
        "pairs.txt": b"cat\tdog\t7\nsun\tdog\thigh\n",
        "hosts.txt": b"alpha slots=2\nbeta slots=two\n",
        "two-slots.txt": b"localhost slots=2\n",
        "one-slot.txt": b"localhost slot=3\n",
        "mine/vectors.bin": few_vectors,
        "a-count.textproto": b"objective { cooccurrence { dim: 8 } }\n",
        "done/result.json": b'{"status":"done"}\n',
        "damaged/result.json": b'{"status"\n',
        "words/job.textproto": b"objective { skip_gram { dim: 8 } }\n",
        "begun/job.textproto": ENCODER_JOB,
        "cut/job.textproto": ENCODER_JOB,
        "cut/backbone.safetensors": b"\x80\x00\x00",
        **{f"{run}/{name}": content for run, net, stem in (("encoder", "resnet18", "imagenet"), ("small", "small", "cifar"),
                                                           ("cifar", "resnet18", "cifar"))
           for name, content in (("job.textproto", ENCODER_JOB), ("backbone.safetensors", backbone(net, stem)))},
        "cut-images-idx3-ubyte": idx(40, 12)[:-50],
        **{f"pictures/{name}/{i}.png": png(12) for name in "ab" for i in range(20)},
        **{f"icons/{i}.png": png(4) for i in range(20)},
    }
    for folder_name in ("nothing", "locked", "full", "done", "damaged", "mine", "words", "begun", "cut", "encoder",
                        "small", "cifar", "icons", "pictures/a", "pictures/b"):
        os.makedirs(os.path.join(folder, folder_name))
    for name, content in files.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)
    os.chmod(os.path.join(folder, "locked"), 0o555)
