#!/usr/bin/env python3
"""PyTorch's eager training of the nets that encoders_bench trains, beside it: SimCLR on pictures in memory, one thread.

    $(bench/peers torchvision safetensors) bench/encoders_peer.py [--net small] [--batch 256] [--steps 20] [--rounds 5]

The same net, head, loss and SGD as a user of lightly or torchvision has them, both views as one batch; in channels_last
order and in the default one. The three take turns; medians of pairs of pictures per CPU-second are printed.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import time

import torch

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "parity"))
from encoders_parity import make_net  # noqa: E402


class SimClr(torch.nn.Module):
    def __init__(self, net, size):
        super().__init__()
        self.backbone = make_net(net, "cifar")
        with torch.no_grad():
            width = self.backbone(torch.zeros(2, 3, size, size)).shape[1]
        self.head = torch.nn.Sequential(torch.nn.Linear(width, width, bias=False), torch.nn.BatchNorm1d(width),
                                        torch.nn.ReLU(), torch.nn.Linear(width, 128, bias=False),
                                        torch.nn.BatchNorm1d(128, affine=False))

    def forward(self, views):
        return torch.nn.functional.normalize(self.head(self.backbone(views)))


def nt_xent(z, temperature=0.5):
    logits = z @ z.T / temperature
    logits.fill_diagonal_(float("-inf"))
    half = len(z) // 2
    return torch.nn.functional.cross_entropy(logits, torch.arange(len(z)).roll(half))


class Peer:
    def __init__(self, arguments, memory_format):
        self.batch = arguments.batch
        self.model = SimClr(arguments.net, arguments.size).to(memory_format=memory_format)
        views = torch.rand(2 * arguments.batch, 3, arguments.size, arguments.size)
        self.views = views.to(memory_format=memory_format)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
        self.steps(2)

    def steps(self, count):
        begin = time.process_time()
        for _ in range(count):
            self.optimizer.zero_grad()
            nt_xent(self.model(self.views)).backward()
            self.optimizer.step()
        return count * self.batch / (time.process_time() - begin)


def shoal(arguments):
    command = [os.path.join(ROOT, "build/bin/encoders_bench"), "--net", arguments.net, "--size", str(arguments.size),
               "--batch", str(arguments.batch), "--steps", str(arguments.steps)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(re.search(r"([\d.]+) pairs per CPU-second", output).group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--net", default="small")
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    channels_last = Peer(arguments, torch.channels_last)
    default = Peer(arguments, torch.contiguous_format)
    contestants = {"shoal": lambda: shoal(arguments), "PyTorch, channels_last": lambda: channels_last.steps(arguments.steps),
                   "PyTorch, default order": lambda: default.steps(arguments.steps)}
    speeds = {name: [] for name in contestants}
    for _ in range(arguments.rounds):
        for name, run in contestants.items():
            speeds[name].append(run())
    for name, of in speeds.items():
        print(f"{arguments.net}, {name}: {statistics.median(of):.0f} pairs per CPU-second ({min(of):.0f} to {max(of):.0f})")


if __name__ == "__main__":
    main()
