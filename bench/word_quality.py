"""What vectors are worth: similarity and analogies, by one evaluator for every contestant's vectors.

The evaluator is shoal's own; `disagreement` sets it against gensim's, on the same vectors and files.
"""

import json
import os
import subprocess

from contestants import ROOT, SHOAL, peer_python

SIMILARITY = {"WS-353": "EN-WS-353-ALL.txt", "SimLex-999": "EN-SIMLEX-999.txt", "MEN": "EN-MEN-TR-3k.txt"}
ANALOGIES = "questions-words.txt"
FIGURES = (*SIMILARITY, "analogies")


def test_files(folder):
    return [os.path.join(folder, name) for name in (*SIMILARITY.values(), ANALOGIES)]


def measure(vectors, tests):
    """{figure: value}: Spearman's rho; percent of analogies by 3CosAdd among the 30,000 commonest words."""
    *similarity, analogies = test_files(tests)
    done = subprocess.run([SHOAL, "evaluate", "words", vectors, "--similarity", *similarity, "--analogies", analogies,
                           "--analogy-words", "30000", "--json"], check=True, stdout=subprocess.PIPE, text=True)
    measured = json.loads(done.stdout)
    figures = {name: result["spearman"] for name, result in zip(SIMILARITY, measured["similarity"])}
    figures["analogies"] = 100 * measured["analogies"][0]["total"]["accuracy_3cosadd"]
    return figures


def disagreement(vectors, tests):
    """The largest difference between shoal's figures of `vectors` and gensim's."""
    files = test_files(tests)
    done = subprocess.run([peer_python("gensim"), os.path.join(ROOT, "bench/train_peer.py"), "none",
                           "--vectors", vectors, "--check", *files], check=True, stdout=subprocess.PIPE, text=True)
    theirs = json.loads(done.stdout)["figures"]
    ours = measure(vectors, tests)
    return max(abs(ours[name] - theirs[path]) for name, path in zip(FIGURES, files))
