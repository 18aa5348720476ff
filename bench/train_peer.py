"""Trains skip-gram vectors with a peer, and prints what training alone cost as JSON. Runs in bench/peers' Python.

    train_peer.py gensim|fasttext --text FILE --vectors FILE --dim N --epochs N --seed N --threads N [--check FILE...]

Each peer is driven on its fastest way in. gensim: `corpus_file`, whose loop never comes back to Python, where an
iterable of sentences feeds its threads through a queue; vocabulary building is not counted. fastText: without subwords;
it counts its vocabulary inside the call, so the cost of a call with 0 epochs is taken off; it has no seed to set.
"""

import argparse
import json
import time

# The settings of every contestant. bench/words passes shoal the same.
WINDOW, NEGATIVES, SUBSAMPLE, MIN_COUNT, LEARNING_RATE = 5, 5, 1e-4, 5, 0.025


class Stopwatch:
    def __init__(self):
        self.cpu, self.wall = time.process_time(), time.monotonic()

    def read(self):
        """CPU seconds of all threads, and wall seconds, since the start."""
        return time.process_time() - self.cpu, time.monotonic() - self.wall


def train_gensim(options):
    from gensim.models import Word2Vec

    model = Word2Vec(vector_size=options.dim, window=WINDOW, negative=NEGATIVES, sample=SUBSAMPLE,
                     min_count=options.min_count, alpha=LEARNING_RATE, sg=1, workers=options.threads,
                     seed=options.seed)
    model.build_vocab(corpus_file=options.text)
    watch = Stopwatch()
    model.train(corpus_file=options.text, total_words=model.corpus_total_words, epochs=options.epochs)
    cost = watch.read()
    model.wv.save_word2vec_format(options.vectors, binary=True)
    return cost


def run_fasttext(options, epochs):
    import fasttext

    watch = Stopwatch()
    model = fasttext.train_unsupervised(
        options.text, model="skipgram", dim=options.dim, ws=WINDOW, neg=NEGATIVES, t=SUBSAMPLE, lr=LEARNING_RATE,
        minCount=options.min_count, epoch=epochs, minn=0, maxn=0, thread=options.threads, verbose=0)
    return model, watch.read()


def fasttext_vocabulary_cost(options, answer):
    answer.send(run_fasttext(options, epochs=0)[1])


def train_fasttext(options):
    import multiprocessing
    import numpy

    # In a process of its own: a second training in one process ends with "Encountered NaN" (0.9.3).
    receiver, sender = multiprocessing.Pipe(duplex=False)
    other = multiprocessing.Process(target=fasttext_vocabulary_cost, args=(options, sender))
    other.start()
    vocabulary_cpu, vocabulary_wall = receiver.recv()
    other.join()

    model, (cpu, wall) = run_fasttext(options, options.epochs)
    # fastText adds an end-of-line token of its own, </s>; it is no word of the text.
    words = [word for word in model.get_words() if word != "</s>"]
    with open(options.vectors, "wb") as file:
        file.write(f"{len(words)} {options.dim}\n".encode())
        for word in words:
            file.write(word.encode() + b" " + numpy.float32(model.get_word_vector(word)).tobytes() + b"\n")
    return cpu - vocabulary_cpu, wall - vocabulary_wall


def check(vectors, files):
    """gensim's own figures for the vectors: Spearman for pairs, percent for analogies among the 30,000 commonest."""
    from gensim.models import KeyedVectors

    loaded = KeyedVectors.load_word2vec_format(vectors, binary=True)
    figures = {}
    for path in files:
        if "questions" in path:
            figures[path] = 100 * loaded.evaluate_word_analogies(path, restrict_vocab=30000)[0]
        else:
            figures[path] = float(loaded.evaluate_word_pairs(path, restrict_vocab=10**9)[1].statistic)
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", choices=["gensim", "fasttext", "none"])
    parser.add_argument("--text")
    parser.add_argument("--vectors", required=True)
    parser.add_argument("--dim", type=int, default=100)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--min-count", type=int, default=MIN_COUNT)
    parser.add_argument("--check", nargs="+", default=[])
    options = parser.parse_args()

    result = {}
    if options.peer != "none":
        train = {"gensim": train_gensim, "fasttext": train_fasttext}[options.peer]
        result["cpu_seconds"], result["wall_seconds"] = train(options)
    if options.check:
        result["figures"] = check(options.vectors, options.check)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
