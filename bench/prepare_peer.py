#!/usr/bin/env python3
"""gensim's scan of the text that prepare_bench prepares: the vocabulary only, no ids.

    bench/prepare_peer.py --text FILE [--bench build/bin/prepare_bench] [--repeats N]

FILE holds plain words, a sentence a line or one endless line, as for word2vec. Prints MB of text per CPU-second of
gensim's build_vocab over LineSentence, then, in the same run, what prepare_bench does on the same file with one thread.
Runs under a Python that has gensim (bench/peers makes one).
"""

import argparse
import os
import resource
import statistics
import subprocess

from gensim.models import Word2Vec
from gensim.models.word2vec import LineSentence


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def scan_once(path):
    begin = cpu_seconds()
    words, _ = Word2Vec().scan_vocab(corpus_iterable=LineSentence(path))
    return words, cpu_seconds() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", required=True)
    parser.add_argument("--bench", default="build/bin/prepare_bench")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    megabytes = os.path.getsize(arguments.text) / 1e6
    runs = [scan_once(arguments.text) for _ in range(arguments.repeats)]
    seconds = statistics.median(seconds for _, seconds in runs)
    print(f"gensim: {megabytes:.1f} MB of text, {runs[0][0]} words, {seconds:.3f} CPU-seconds: "
          f"{megabytes / seconds:.1f} MB per CPU-second")
    subprocess.run([arguments.bench, "--corpus", arguments.text, "--normalisation", "AS_IS", "--threads", "1",
                    "--repeats", str(arguments.repeats)], check=True)


if __name__ == "__main__":
    main()
