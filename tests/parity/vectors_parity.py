"""Holds shoal-evaluate against gensim and numpy: the same figures to 4 digits, the same vectors to the bit.

usage: vectors_parity.py SHOAL_EVALUATE

Makes its own word vectors, word pairs and analogies (seeded), so that it needs no data; ends with code 77, which CTest
takes for "skipped", and a reason where gensim is missing.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

try:
    import gensim
    import numpy
except ImportError as missing:
    print(f"skipped: {missing}; bench/peers gensim installs it")
    sys.exit(77)

WORDS, DIM = 3000, 37
ANALOGY_WORDS = 2000


def letters(number):
    """0 is "a", 25 is "z", 26 is "ba": words without digits."""
    text = chr(ord("a") + number % 26)
    return text if number < 26 else letters(number // 26) + text


def make_vectors(rng):
    """Words with some structure, so that analogies come out right at times; every 50th differs from one in case only."""
    words = [letters(i) for i in range(WORDS)]
    for i in range(100, WORDS, 50):
        words[i] = words[i - 3].capitalize()
    words[7] = "caf\u00e9"
    base = rng.normal(size=(WORDS // 10, DIM))
    offsets = rng.normal(size=(10, DIM)) * 0.6
    rows = base[numpy.arange(WORDS) // 10] + offsets[numpy.arange(WORDS) % 10] + 0.35 * rng.normal(size=(WORDS, DIM))
    rows = rows.astype(numpy.float32) * rng.uniform(0.1, 9, size=(WORDS, 1)).astype(numpy.float32)
    # Numbers that are hard to write: subnormal, huge, minus zero.
    rows[5, :4] = [1e-42, -3.4e38, -0.0, 1.17549435e-38]
    return words, rows.astype(numpy.float32)


def write_word2vec(path, words, rows):
    with open(path, "wb") as out:
        out.write(f"{len(words)} {rows.shape[1]}\n".encode())
        for word, row in zip(words, rows):
            out.write(word.encode() + b" " + row.tobytes())


def write_pairs(path, words, rng):
    """Scores of one decimal, so that there are ties; unknown words and CRLF among them."""
    with open(path, "w", newline="") as out:
        for a, b in rng.integers(10, WORDS, size=(500, 2)):
            out.write(f"{words[a].upper()}\t{words[b]}\t{rng.integers(0, 40) / 10}\r\n")
        out.write("nosuchword\taa\t1.0\r\n")


def write_analogies(path, words, rng):
    with open(path, "w") as out:
        for section in ("near", "far"):
            out.write(f": {section}\n")
            for a, c in rng.integers(20, WORDS // 10, size=(300, 2)):
                i, j = rng.integers(0, 10, size=2)
                out.write(" ".join(words[k] for k in (a * 10 + i, a * 10 + j, c * 10 + i, c * 10 + j)) + "\n")


def evaluate(program, *arguments):
    return subprocess.run([program, *map(str, arguments)], check=True, capture_output=True, text=True).stdout


def same(what, ours, theirs, digits=4):
    assert abs(ours - theirs) < 0.5 * 10**-digits, f"{what}: shoal {ours}, gensim {theirs}"
    print(f"{what}: {ours:.6f}, gensim {theirs:.6f}")


def check_figures(program, vectors, pairs, analogies):
    keyed = gensim.models.KeyedVectors.load_word2vec_format(vectors, binary=True)
    figures = json.loads(evaluate(program, "words", vectors, "--similarity", pairs, "--analogies", analogies,
                                  "--analogy-words", ANALOGY_WORDS, "--neighbours", keyed.index_to_key[40], "--json"))
    _, spearman, unknown = keyed.evaluate_word_pairs(str(pairs))
    same("Spearman", figures["similarity"][0]["spearman"], spearman[0])
    covered, of = figures["similarity"][0]["covered"], figures["similarity"][0]["pairs"]
    same("pairs without vectors, %", 100 * (of - covered) / of, unknown)

    # gensim ignores its argument similarity_function, and its 3CosMul knows no restrict_vocab: cut the vocabulary, and put
    # 3CosMul in 3CosAdd's place.
    by_product = gensim.models.KeyedVectors.load_word2vec_format(vectors, binary=True, limit=ANALOGY_WORDS)
    by_product.most_similar = lambda positive, negative, topn, restrict_vocab: by_product.most_similar_cosmul(
        positive, negative, topn)
    for ours, peer in (("accuracy_3cosadd", keyed), ("accuracy_3cosmul", by_product)):
        score, sections = peer.evaluate_word_analogies(str(analogies), restrict_vocab=ANALOGY_WORDS)
        same(ours, figures["analogies"][0]["total"][ours], score)
        for section in figures["analogies"][0]["sections"]:
            theirs = next(s for s in sections if s["section"] == section["name"])
            asked = len(theirs["correct"]) + len(theirs["incorrect"])
            assert section["asked"] == asked, (section, asked)
            same(f"{ours} {section['name']}", section[ours], len(theirs["correct"]) / asked)

    nearest = figures["neighbours"][0]["nearest"]
    theirs = keyed.most_similar(keyed.index_to_key[40], topn=len(nearest))
    assert [n["word"] for n in nearest] == [word for word, _ in theirs], (nearest, theirs)
    for ours, (word, cosine) in zip(nearest, theirs):
        same(f"cosine of {word}", ours["cosine"], cosine)


def check_exports(program, vectors, folder, words, rows):
    def equal(read_words, read_rows, form):
        assert list(read_words) == words, f"{form}: the words differ"
        assert read_rows.dtype == numpy.float32 and read_rows.shape == rows.shape, form
        assert read_rows.tobytes() == rows.tobytes(), f"{form}: the bits differ"
        print(f"{form}: {len(words)} vectors equal to the bit")

    for form, binary in (("word2vec-binary", True), ("word2vec-text", False)):
        path = folder / f"out.{form}"
        evaluate(program, "export", vectors, "--to", form, "--output", path)
        keyed = gensim.models.KeyedVectors.load_word2vec_format(str(path), binary=binary)
        equal(keyed.index_to_key, keyed.vectors, form)
        # And what gensim writes, shoal reads.
        written = folder / f"gensim.{form}"
        keyed.save_word2vec_format(str(written), binary=binary)
        evaluate(program, "export", written, "--to", "npy", "--output", folder / "back.npy")
        equal(words, numpy.load(folder / "back.npy"), f"{form} of gensim")

    evaluate(program, "export", vectors, "--to", "npy", "--output", folder / "out.npy")
    equal((folder / "out.words.txt").read_text().splitlines(), numpy.load(folder / "out.npy"), "npy")

    evaluate(program, "export", vectors, "--to", "projector", "--output", folder / "projector")
    table = (folder / "projector" / "vectors.tsv").read_text().splitlines()
    read = numpy.array([[numpy.float32(x) for x in line.split("\t")] for line in table], dtype=numpy.float32)
    equal((folder / "projector" / "metadata.tsv").read_text().splitlines(), read, "projector")


def main():
    program = sys.argv[1]
    rng = numpy.random.default_rng(1)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        words, rows = make_vectors(rng)
        write_word2vec(folder / "in.bin", words, rows)
        check_exports(program, str(folder / "in.bin"), folder, words, rows)
        # A row whose square overflows a float has no cosine in gensim.
        rows[5] = rows[4]
        write_word2vec(folder / "in.bin", words, rows)
        write_pairs(folder / "pairs.txt", words, rng)
        write_analogies(folder / "analogies.txt", words, rng)
        check_figures(program, str(folder / "in.bin"), folder / "pairs.txt", folder / "analogies.txt")


if __name__ == "__main__":
    main()
