#!/usr/bin/env python3
"""PyTorch's eager training of the nets that encoders_bench trains, beside it: SimCLR on pictures in memory, one thread.

    $(bench/peers torchvision safetensors) bench/encoders_peer.py [--net small] [--batch 256] [--steps 20] [--rounds 5]
                                           [--device cpu|cuda] [--precision float32|bfloat16]

The same net, head, loss and SGD as a user of lightly or torchvision has them, both views as one batch; in channels_last
order and in the default one. The three take turns; medians of pairs of pictures per CPU-second are printed, on a GPU
per second. bfloat16 is by autocast. All have views on the host, which a step takes to the GPU.
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
    return torch.nn.functional.cross_entropy(logits, torch.arange(len(z), device=z.device).roll(half))


class Peer:
    def __init__(self, arguments, memory_format):
        self.batch = arguments.batch
        self.device = arguments.device
        self.autocast = arguments.precision == "bfloat16"
        self.model = SimClr(arguments.net, arguments.size).to(device=self.device, memory_format=memory_format)
        views = torch.rand(2 * arguments.batch, 3, arguments.size, arguments.size).to(memory_format=memory_format)
        self.views = views.pin_memory() if self.device == "cuda" else views
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
        self.steps(2)

    def steps(self, count):
        begin = self.now()
        for _ in range(count):
            self.optimizer.zero_grad()
            with torch.autocast(self.device, torch.bfloat16, enabled=self.autocast):
                z = self.model(self.views.to(self.device, non_blocking=True))
            nt_xent(z.float()).backward()
            self.optimizer.step()
        return count * self.batch / (self.now() - begin)

    def now(self):
        if self.device == "cpu":
            return time.process_time()
        torch.cuda.synchronize()
        return time.perf_counter()


def shoal(arguments):
    command = [os.path.join(ROOT, "build/bin/encoders_bench")]
    for flag in ("net", "size", "batch", "steps", "device", "precision"):
        command += [f"--{flag}", str(getattr(arguments, flag))]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    pattern = r"([\d.]+) pairs per CPU-second" if arguments.device == "cpu" else r"([\d.]+) per second"
    return float(re.search(pattern, output).group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--net", default="small")
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    # As shoal has it on a GPU: float32 is not TF32, and the quickest convolutions are looked for.
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    unit = "CPU-second" if arguments.device == "cpu" else "second"
    channels_last = Peer(arguments, torch.channels_last)
    default = Peer(arguments, torch.contiguous_format)
    contestants = {"shoal": lambda: shoal(arguments), "PyTorch, channels_last": lambda: channels_last.steps(arguments.steps),
                   "PyTorch, default order": lambda: default.steps(arguments.steps)}
    speeds = {name: [] for name in contestants}
    for _ in range(arguments.rounds):
        for name, run in contestants.items():
            speeds[name].append(run())
    for name, of in speeds.items():
        print(f"{arguments.net}, {name}: {statistics.median(of):.3g} pairs per {unit} ({min(of):.3g} to {max(of):.3g})")


if __name__ == "__main__":
    main()
