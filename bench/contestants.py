"""Who trains word vectors in a benchmark: shoal, gensim, fastText, each told the same settings.

A run's words are the text's words times its epochs, before sub-sampling and minimum counts, for every contestant. What
counts as cost differs in the peers' favour: all processes of a shoal job from start to exit (mpirun, the coordinator,
servers and workers; start-up and export included; only the corpus was prepared beforehand), but a peer's training call
alone, without its imports, vocabulary and saving.
"""

import dataclasses
import json
import os
import subprocess

import meter
import train_peer

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
SHOAL = os.path.join(ROOT, "build/bin/shoal")


@dataclasses.dataclass
class Settings:
    dim: int
    epochs: int
    seed: int = 1
    min_count: int = train_peer.MIN_COUNT


@dataclasses.dataclass
class Outcome:
    words: int
    cpu_seconds: float
    wall_seconds: float  # Of training; what else a job takes is in job_seconds.
    job_seconds: float
    peak_bytes: int
    vectors: str

    @property
    def words_per_cpu_second(self):
        return self.words / self.cpu_seconds

    @property
    def words_per_second(self):
        return self.words / self.wall_seconds


class Shoal:
    def __init__(self, servers, workers, extra=(), label=""):
        self.servers, self.workers, self.extra = servers, workers, list(extra)
        self.name = f"shoal {servers}+{workers}{label}"

    def command(self, text, settings, output):
        fields = {
            "data.corpus.normalisation": "AS_IS", "data.corpus.layout": "LINES",
            "data.corpus.min_count": settings.min_count,
            "data.corpus.cache_directory": os.path.join(os.path.dirname(text.path), "tokens"),
            "objective.skip_gram.window": train_peer.WINDOW, "objective.skip_gram.negatives": train_peer.NEGATIVES,
            "objective.skip_gram.subsample": train_peer.SUBSAMPLE,
            "objective.skip_gram.learning_rate": train_peer.LEARNING_RATE,
        }
        command = [SHOAL, "train", "words", "--data", text.path, "--output", output, "--force", "--quiet",
                   "--servers", self.servers, "--workers", self.workers,
                   "--dim", settings.dim, "--epochs", settings.epochs, "--seed", settings.seed]
        for path, value in fields.items():
            command += ["--set", f"{path}={value}"]
        return [str(part) for part in command + self.extra]

    def train(self, text, settings, folder):
        output = os.path.join(folder, "shoal")
        cost = meter.run(self.command(text, settings, output))
        with open(os.path.join(output, "result.json")) as file:
            result = json.load(file)
        return Outcome(text.words * settings.epochs, cost.cpu_seconds, result["seconds"], cost.wall_seconds,
                       cost.peak_bytes, os.path.join(output, "vectors.bin"))


class Peer:
    def __init__(self, kind, threads):
        self.kind, self.threads = kind, threads
        self.name = f"{kind} {threads} thread{'s' if threads > 1 else ''}"

    def train(self, text, settings, folder):
        vectors = os.path.join(folder, f"{self.kind}.bin")
        cost = meter.run([peer_python(self.kind), os.path.join(ROOT, "bench/train_peer.py"), self.kind,
                          "--text", text.path, "--vectors", vectors, "--threads", str(self.threads),
                          "--dim", str(settings.dim), "--epochs", str(settings.epochs), "--seed", str(settings.seed),
                          "--min-count", str(settings.min_count)],
                         # A BLAS with threads of its own gains nothing on vectors this short.
                         environment={"OPENBLAS_NUM_THREADS": "1"}, timeout=4 * 3600)
        training = json.loads(cost.output)
        return Outcome(text.words * settings.epochs, training["cpu_seconds"], training["wall_seconds"],
                       cost.wall_seconds, cost.peak_bytes, vectors)


def peer_python(*kinds):
    return subprocess.run([os.path.join(ROOT, "bench/peers"), *kinds], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.strip()


def prepare_tokens(text, folder, min_count=train_peer.MIN_COUNT):
    """Has shoal prepare the text's token file, so that no measured run pays for it, and returns its size in bytes."""
    output = os.path.join(folder, "prepare")
    settings = Settings(dim=8, epochs=1, min_count=min_count)
    meter.run(Shoal(1, 1).command(text, settings, output))
    return os.path.getsize(event(output, "prepared")["data_file"])


def event(output, name):
    """The last event of that name in an output folder's log; None where there is none yet."""
    found = None
    try:
        with open(os.path.join(output, "log.jsonl")) as file:
            for line in file:
                if line.endswith("\n") and (entry := json.loads(line))["event"] == name:
                    found = entry
    except FileNotFoundError:
        pass
    return found
