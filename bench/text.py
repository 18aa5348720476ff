"""Texts that benchmarks train on: a corpus in text8's form, and a synthetic one with a huge vocabulary.

Both are written once into a folder and used again by later runs. Lines have 1,000 words, which is where gensim and
word2vec cut sentences, so that every contestant sees the same sentences.
"""

import array
import bisect
import dataclasses
import itertools
import os
import random
import re
import tarfile

import source_key

LINE_WORDS = 1000
DIGITS = {str(digit): f" {name} " for digit, name in enumerate(
    "zero one two three four five six seven eight nine".split())}
DIGIT_TABLE = str.maketrans(DIGITS)
NOT_A_TO_Z = re.compile("[^a-z]+")
DOC_TAG = re.compile(r"^</?doc\b.*$", re.M)


@dataclasses.dataclass
class Text:
    path: str
    words: int


def text8_words(text):
    """Lower case, digits spelled, all but a to z separates words: Mahoney's filter of text8."""
    return NOT_A_TO_Z.sub(" ", DOC_TAG.sub(" ", text).lower().translate(DIGIT_TABLE)).split()


def documents(source):
    """The texts of a .tar archive's, a folder's, or one file, in the order of their names."""
    if os.path.isdir(source):
        for folder, subfolders, names in os.walk(source):
            subfolders.sort()
            for name in sorted(names):
                with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                    yield file.read()
    elif tarfile.is_tarfile(source):
        with tarfile.open(source) as archive:
            for member in sorted((m for m in archive if m.isfile()), key=lambda m: m.name):
                yield archive.extractfile(member).read().decode("utf-8", errors="replace")
    else:
        with open(source, encoding="utf-8", errors="replace") as file:
            yield file.read()


def write_lines(path, words):
    """Writes the words, 1,000 a line, and returns how many they were. The file appears whole or not at all."""
    count = 0
    words = iter(words)
    with open(path + ".part", "w") as file:
        while line := list(itertools.islice(words, LINE_WORDS)):
            file.write(" ".join(line) + "\n")
            count += len(line)
    with open(path + ".words", "w") as file:
        file.write(f"{count}\n")
    os.rename(path + ".part", path)
    return count


def prepared(path, make_words):
    """The text at `path`, written from make_words() where it is not there."""
    if not os.path.exists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        write_lines(path, make_words())
    with open(path + ".words") as file:
        return Text(path, int(file.read()))


def text8_form(source, folder):
    return prepared(os.path.join(folder, f"{source_key.key(source)}.text8"),
                    lambda: itertools.chain.from_iterable(map(text8_words, documents(source))))


def zipf_words(types, tokens, seed):
    """Each of `types` words once, and the rest of `tokens` drawn with a frequency of 1 / rank; shuffled."""
    generator = random.Random(seed)
    total, cumulative = 0.0, array.array("d")
    for rank in range(1, types + 1):
        total += 1 / rank
        cumulative.append(total)
    ids = array.array("I", range(types))
    ids.extend(bisect.bisect(cumulative, generator.random() * total) for _ in range(tokens - types))
    generator.shuffle(ids)
    return (f"w{min(rank, types - 1)}" for rank in ids)


def zipf(types, tokens, folder):
    return prepared(os.path.join(folder, f"zipf-{types}-{tokens}.text8"), lambda: zipf_words(types, tokens, seed=1))
