"""Trains an image encoder by lightly: the peer of `shoal train simclr` and `moco`. Prints one JSON object.

    $(bench/peers lightly safetensors) bench/train_images_peer.py simclr --images TRAIN --save backbone.safetensors

The same net, batch, augmentation, head, optimizer and schedule as shoal's jobs; the loop is that of lightly's own examples.
The backbone is written under the names that `shoal evaluate images` reads, so that both are measured by the same figures.
CPU seconds are those of this process and its loaders; the clock starts with the first step.
"""

import argparse
import copy
import json
import math
import os
import resource
import time

import lightly.data
import lightly.loss
import lightly.models.modules.heads as heads
import lightly.models.utils as momentum
import lightly.transforms
import safetensors.torch
import torch
import torchvision

import torch_nets

MEAN, STD = (0.4934, 0.4831, 0.4470), (0.2460, 0.2441, 0.2616)  # Of the training pictures.
QUEUE, KEY_MOMENTUM = 4096, 0.99


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("method", choices=["simclr", "moco"])
    parser.add_argument("--images", required=True, help="a folder of class folders")
    parser.add_argument("--first-of-class", type=int, default=0, help="0: all")
    parser.add_argument("--net", default="small", choices=torch_nets.FEATURES)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--dim", type=int, default=64)
    parser.add_argument("--learning-rate", type=float, default=0.002)
    parser.add_argument("--weight-decay", type=float, default=1e-4)
    parser.add_argument("--temperature", type=float, default=0.5)
    parser.add_argument("--cpu-seconds", type=float, default=0, help="train for so long; 0: for --steps")
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--loaders", type=int, default=0, help="loader processes")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", help="where to write the backbone")
    return parser.parse_args()


def cpu_seconds():
    """Of this process, and of its loaders, ended or running."""
    total = sum(usage.ru_utime + usage.ru_stime
                for usage in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))
    ticks = os.sysconf("SC_CLK_TCK")
    for name in os.listdir("/proc/self/task"):
        with open(f"/proc/self/task/{name}/children") as file:
            children = file.read().split()
        for child in children:
            try:
                with open(f"/proc/{child}/stat") as file:
                    fields = file.read().rpartition(")")[2].split()
            except OSError:
                continue
            total += (int(fields[11]) + int(fields[12])) / ticks
    return total


def make_loader(options):
    transform = lightly.transforms.SimCLRTransform(input_size=32, cj_strength=0.5, min_scale=0.2, gaussian_blur=0.0,
                                                   normalize={"mean": MEAN, "std": STD})
    dataset = torchvision.datasets.ImageFolder(options.images, transform=transform)
    if options.first_of_class:
        taken, seen = [], {}
        for i, (_, label) in enumerate(dataset.samples):
            seen[label] = seen.get(label, 0) + 1
            if seen[label] <= options.first_of_class:
                taken.append(i)
        dataset = torch.utils.data.Subset(dataset, taken)
    return torch.utils.data.DataLoader(dataset, batch_size=options.batch, shuffle=True, drop_last=True,
                                       num_workers=options.loaders, persistent_workers=options.loaders > 0)


class SimClr(torch.nn.Module):
    def __init__(self, options):
        super().__init__()
        width = torch_nets.FEATURES[options.net]
        self.backbone = torch_nets.make_net(options.net, "cifar")
        self.head = heads.SimCLRProjectionHead(width, width, options.dim)
        self.loss = lightly.loss.NTXentLoss(temperature=options.temperature)

    def step(self, first, second):
        return self.loss(self.head(self.backbone(first)), self.head(self.backbone(second)))


class MoCo(torch.nn.Module):
    def __init__(self, options):
        super().__init__()
        width = torch_nets.FEATURES[options.net]
        self.backbone = torch_nets.make_net(options.net, "cifar")
        self.head = heads.MoCoProjectionHead(width, width, options.dim)
        self.key_backbone, self.key_head = copy.deepcopy(self.backbone), copy.deepcopy(self.head)
        momentum.deactivate_requires_grad(self.key_backbone)
        momentum.deactivate_requires_grad(self.key_head)
        self.loss = lightly.loss.NTXentLoss(temperature=options.temperature, memory_bank_size=(QUEUE, options.dim))

    def step(self, first, second):
        momentum.update_momentum(self.backbone, self.key_backbone, m=KEY_MOMENTUM)
        momentum.update_momentum(self.head, self.key_head, m=KEY_MOMENTUM)
        query = self.head(self.backbone(first))
        with torch.no_grad():
            key = self.key_head(self.key_backbone(second))
        return self.loss(query, key.detach())


def train(options):
    loader = make_loader(options)
    model = {"simclr": SimClr, "moco": MoCo}[options.method](options)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=options.learning_rate, weight_decay=options.weight_decay)
    steps, start_cpu, start = 0, cpu_seconds(), time.monotonic()
    while True:
        for (first, second), _ in loader:
            used = cpu_seconds() - start_cpu
            place = used / options.cpu_seconds if options.cpu_seconds else steps / options.steps
            if place >= 1:
                return model, {"pairs": steps * options.batch, "seconds": time.monotonic() - start, "cpu_seconds": used,
                               "loss": loss.item()}
            for group in optimizer.param_groups:
                group["lr"] = options.learning_rate * (1 + math.cos(math.pi * place)) / 2
            loss = model.step(first, second)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            steps += 1


def save(model, options):
    state = {name: tensor.contiguous() for name, tensor in model.backbone.state_dict().items()
             if not name.endswith("num_batches_tracked")}
    safetensors.torch.save_file(state, options.save, metadata={
        "format": "pt", "net": options.net, "stem": "cifar", "image_size": "32",
        "mean": " ".join(map(str, MEAN)), "std": " ".join(map(str, STD)), "shoal": "lightly"})


def main():
    options = arguments()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    model, figures = train(options)
    if options.save:
        save(model, options)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
