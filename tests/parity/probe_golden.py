"""Prints the numbers of scikit-learn that linear_probe_test.cc holds: the minimum of its logistic regression.

usage: $(bench/peers scikit-learn) tests/parity/probe_golden.py
"""

import numpy
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

ROWS, DIM, CLASSES, C = 60, 4, 3, 0.5


def golden_set():
    mixed = (numpy.arange(1, ROWS * DIM + 1, dtype=numpy.uint64) * 2654435761 % 2**32 >> 16).reshape(ROWS, DIM)
    lifted = numpy.arange(DIM)[None, :] == (numpy.arange(ROWS) % CLASSES)[:, None]
    return mixed / 65536 + 0.25 * lifted, numpy.arange(ROWS) % CLASSES


def main():
    features, labels = golden_set()
    x = StandardScaler().fit_transform(features)
    model = LogisticRegression(C=C, tol=1e-10, max_iter=10000).fit(x, labels)
    probabilities = model.predict_proba(x)[numpy.arange(ROWS), labels]
    value = -numpy.log(probabilities).mean() + (model.coef_**2).sum() / (2 * C * ROWS)
    print(f"value {value:.9f}\nweights {{{', '.join(f'{w:.7f}' for w in model.coef_.ravel())}}}")
    for c in (C, 1e-3):
        fit = LogisticRegression(C=c, tol=1e-10, max_iter=10000).fit(x, labels)
        print(f"told right at C = {c}: {(fit.predict(x) == labels).sum()} of {ROWS}")


if __name__ == "__main__":
    main()
