"""Holds `shoal evaluate images` against scikit-learn and numpy: the linear probe to 0.2 points, kNN to the picture.

usage: probes_parity.py SHOAL [--run RUN --data SET [more flags of shoal evaluate images]]

Makes its own pictures (IDX files, seeded) and trains on them for a moment, so that it needs no data, unless a run and a
set are named. Ends with code 77, which CTest takes for "skipped", and a reason where scikit-learn is missing.
"""

import json
import pathlib
import struct
import subprocess
import sys
import tempfile

try:
    import numpy
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler
except ImportError as missing:
    print(f"skipped: {missing}; bench/peers scikit-learn installs it")
    sys.exit(77)

CLASSES, SIDE, TRAIN, TEST = 5, 16, 1500, 1000
POINTS = 0.2
K, TEMPERATURE = 200, 0.1


def write_idx(folder, name, count, rng):
    """Blurred prototypes under noise, so that the probe is right about half of the time."""
    prototypes = numpy.random.default_rng(7).uniform(0, 255, size=(CLASSES, 4, 4)).repeat(4, axis=1).repeat(4, axis=2)
    labels = rng.integers(0, CLASSES, size=count).astype(numpy.uint8)
    pictures = 0.35 * prototypes[labels] + 0.65 * rng.uniform(0, 255, size=(count, SIDE, SIDE))
    (folder / f"{name}-images-idx3-ubyte").write_bytes(struct.pack(">IIII", 0x803, count, SIDE, SIDE)
                                                       + pictures.astype(numpy.uint8).tobytes())
    (folder / f"{name}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 0x801, count) + labels.tobytes())


def shoal(program, *arguments):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, f"{arguments}: exit code {done.returncode}\n{done.stderr}"
    return done.stdout


def train_a_moment(program, folder):
    rng = numpy.random.default_rng(1)
    data = folder / "set"
    data.mkdir()
    write_idx(data, "train", TRAIN, rng)
    write_idx(data, "t10k", TEST, rng)
    shoal(program, "train", "simclr", "--data", data, "--output", folder / "run", "--epochs", 2, "--quiet", "--set",
          "encoder.batch=100")
    return folder / "run", ["--data", data]


def nearest_neighbours(train, train_labels, test):
    def unit(rows):
        return rows / numpy.linalg.norm(rows, axis=1, keepdims=True)

    cosines = unit(test.astype(numpy.float64)) @ unit(train.astype(numpy.float64)).T
    nearest = numpy.argsort(-cosines, axis=1, kind="stable")[:, :K]
    weights = numpy.exp(numpy.take_along_axis(cosines, nearest, axis=1) / TEMPERATURE)
    votes = numpy.zeros((len(test), train_labels.max() + 1))
    for label in range(votes.shape[1]):
        votes[:, label] = (weights * (train_labels[nearest] == label)).sum(axis=1)
    return votes.argmax(axis=1)


def same(what, ours, theirs, points):
    assert abs(ours - theirs) <= points + 1e-9, f"{what}: shoal {ours:.3f} %, {theirs:.3f} % there"
    print(f"{what}: {ours:.3f} %, {theirs:.3f} % there")


def check(program, run, flags, folder):
    figures = json.loads(shoal(program, "evaluate", "images", run, *flags, "--features", folder / "features", "--json"))
    x, y, test_x, test_y = (numpy.load(folder / "features" / f"{part}_{what}.npy")
                            for part in ("train", "test") for what in ("features", "labels"))
    assert (len(y), len(test_y), x.shape[1]) == (figures["train_pictures"], figures["test_pictures"], figures["features"])

    scaler = StandardScaler().fit(x.astype(numpy.float64))
    model = LogisticRegression(C=figures["linear_c"], tol=1e-7, max_iter=20000)
    model.fit(scaler.transform(x.astype(numpy.float64)), y)
    accuracy = 100 * (model.predict(scaler.transform(test_x.astype(numpy.float64))) == test_y).mean()
    same(f"linear probe, C = {figures['linear_c']:.3g}", figures["linear"], accuracy, POINTS)
    same(f"kNN, k = {K}", figures["knn"], 100 * (nearest_neighbours(x, y, test_x) == test_y).mean(), 100 / len(test_y))


def main():
    program, *rest = sys.argv[1:]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        run, flags = (rest[1], rest[2:]) if rest[:1] == ["--run"] else train_a_moment(program, folder)
        check(program, run, flags, folder)


if __name__ == "__main__":
    main()
