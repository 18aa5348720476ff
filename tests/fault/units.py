#!/usr/bin/env python3
"""Checks by units.jsonl of an output folder that every unit of the plan is in the history that survived exactly once:

    tests/fault/units.py DIR

What a life trained after its last checkpoint is not in the next one's history: it is trained again there, once."""

import collections
import itertools
import json
import sys


# Checkpoints that may still be gone on from, more than any of these jobs keeps: the cuts are as long as the plan.
MOST_KEPT = 10


class History:
    """Which places of the plan are done: in the present life, and at the cut of each checkpoint."""

    def __init__(self):
        self.done = {}  # Place -> (epoch, begin, end).
        self.at_cut = {0: {}}
        self.doubled = []
        self.lives = 0
        self.trained = 0

    def read(self, path):
        with open(path) as lines:
            for line in lines:
                event = json.loads(line)
                getattr(self, event["event"])(event)
        return self

    def life(self, event):
        self.lives += 1
        self.done = dict(self.at_cut[event["checkpoint"]])

    def unit(self, event):
        self.trained += 1
        if event["place"] in self.done:
            self.doubled.append(event["place"])
        self.done[event["place"]] = (event["epoch"], event["begin"], event["end"])

    def cut(self, event):
        self.at_cut[event["checkpoint"]] = dict(self.done)
        for old in list(self.at_cut)[:-MOST_KEPT]:
            del self.at_cut[old]

    def lost(self, places):
        return sorted(set(range(places)) - set(self.done))

    def gaps(self):
        """Items that an epoch's units leave out or hold twice, as (epoch, item)."""
        ranges = collections.defaultdict(list)
        for epoch, begin, end in self.done.values():
            ranges[epoch].append((begin, end))
        return [(epoch, begin) for epoch, of_epoch in ranges.items()
                for (_, end), (begin, _) in itertools.pairwise(sorted(of_epoch)) if begin != end]


def main():
    history = History().read(sys.argv[1] + "/units.jsonl")
    places = max(history.done) + 1 if history.done else 0
    lost, gaps = history.lost(places), history.gaps()
    print(f"{history.lives} lives, {history.trained} units trained, {places} places: {len(lost)} lost, "
          f"{len(history.doubled)} doubled, {len(gaps)} gaps between ranges")
    sys.exit(1 if lost or gaps or history.doubled else 0)


if __name__ == "__main__":
    main()
