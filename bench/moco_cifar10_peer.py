"""MoCo on CIFAR-10 in plain PyTorch on one GPU: the peer of `shoal train moco-cifar10`. Prints one JSON object an epoch.

    $(bench/peers torchvision safetensors) bench/moco_cifar10_peer.py --images TRAIN --epochs 20 --save backbone.safetensors

The same recipe as launch/jobs/moco-cifar10.textproto, as a user of torchvision and autocast writes it: ResNet-18, batches of 512
normalised in eight parts, a queue of 4,096 keys, shuffled keys, SGD. Views are made by loader processes. The backbone is
written under the names that `shoal evaluate images` reads, so that both are measured by the same figures. The clock stands
still for nothing but the first batch.
"""

import argparse
import copy
import json
import math
import os
import time

import safetensors.torch
import torch
import torchvision
from torchvision import transforms

import torch_nets

MEAN, STD = (0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)
BATCH, PARTS, QUEUE, DIM, KEY_MOMENTUM, TEMPERATURE, RATE = 512, 8, 4096, 128, 0.99, 0.1, 0.06


class SplitBatchNorm(torch.nn.BatchNorm2d):
    """Normalises each of PARTS parts of a batch by itself, as so many GPUs would; the running statistics are their mean."""

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        n, channels, height, width = x.shape
        mean, var = self.running_mean.repeat(PARTS), self.running_var.repeat(PARTS)
        y = torch.nn.functional.batch_norm(x.reshape(n // PARTS, channels * PARTS, height, width), mean, var,
                                           self.weight.repeat(PARTS), self.bias.repeat(PARTS), True, self.momentum, self.eps)
        self.running_mean.copy_(mean.view(PARTS, channels).mean(0))
        self.running_var.copy_(var.view(PARTS, channels).mean(0))
        return y.view(n, channels, height, width)


def split(module):
    for name, child in module.named_children():
        if isinstance(child, torch.nn.BatchNorm2d):
            setattr(module, name, SplitBatchNorm(child.num_features))
        split(child)
    return module


class Encoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = split(torch_nets.make_net("resnet18", "cifar"))
        self.head = torch.nn.Linear(512, DIM)

    def forward(self, x):
        return torch.nn.functional.normalize(self.head(self.backbone(x)).float())


class TwoViews:
    def __init__(self):
        self.view = transforms.Compose([
            transforms.RandomResizedCrop(32), transforms.RandomHorizontalFlip(),
            transforms.RandomApply([transforms.ColorJitter(0.4, 0.4, 0.4, 0.1)], p=0.8), transforms.RandomGrayscale(p=0.2),
            transforms.ToTensor(), transforms.Normalize(MEAN, STD)])

    def __call__(self, picture):
        return self.view(picture), self.view(picture)


class MoCo(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.query = Encoder()
        self.key = copy.deepcopy(self.query).requires_grad_(False)
        self.register_buffer("queue", torch.nn.functional.normalize(torch.randn(QUEUE, DIM)))
        self.next = 0

    def forward(self, first, second):
        queries = self.query(first)
        with torch.no_grad():
            for slow, fast in zip(self.key.parameters(), self.query.parameters()):
                slow.mul_(KEY_MOMENTUM).add_(fast, alpha=1 - KEY_MOMENTUM)
            order = torch.randperm(len(second), device=second.device)
            keys = self.key(second[order])[torch.argsort(order)]
        logits = torch.cat([(queries * keys).sum(1, keepdim=True), queries @ self.queue.clone().T], 1) / TEMPERATURE
        loss = torch.nn.functional.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long, device=logits.device))
        with torch.no_grad():
            self.queue[self.next:self.next + len(keys)] = keys
            self.next = (self.next + len(keys)) % QUEUE
        return loss


def train(options):
    torch.manual_seed(options.seed)
    torch.backends.cudnn.benchmark = True
    dataset = torchvision.datasets.ImageFolder(options.images, transform=TwoViews())
    loader = torch.utils.data.DataLoader(dataset, BATCH, shuffle=True, drop_last=True, num_workers=options.loaders,
                                         pin_memory=True, persistent_workers=True, prefetch_factor=8)
    model = MoCo().cuda().to(memory_format=getattr(torch, options.memory_format))
    optimizer = torch.optim.SGD(model.query.parameters(), lr=RATE, momentum=0.9, weight_decay=5e-4)
    begin = None
    for epoch in range(options.epochs):
        total = torch.zeros((), device="cuda")
        for step, ((first, second), _) in enumerate(loader):
            begin = begin or time.perf_counter()
            for group in optimizer.param_groups:
                group["lr"] = RATE * (1 + math.cos(math.pi * (epoch + step / len(loader)) / options.epochs)) / 2
            first, second = (views.to("cuda", non_blocking=True) for views in (first, second))
            with torch.autocast("cuda", torch.bfloat16):
                loss = model(first, second)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.detach()
        seconds = time.perf_counter() - begin
        print(json.dumps({"epoch": epoch + 1, "loss": total.item() / len(loader), "seconds": seconds,
                          "pictures_per_second": (epoch + 1) * len(loader) * BATCH / seconds}), flush=True)
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", required=True, help="a folder of class folders")
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--loaders", type=int, default=max(1, (os.cpu_count() or 2) - 2), help="loader processes")
    parser.add_argument("--memory-format", choices=["channels_last", "contiguous_format"], default="channels_last")
    parser.add_argument("--save", help="where to write the backbone")
    options = parser.parse_args()
    model = train(options)
    if options.save:
        state = {name: tensor.cpu().contiguous() for name, tensor in model.query.backbone.state_dict().items()
                 if not name.endswith("num_batches_tracked")}
        safetensors.torch.save_file(state, options.save, metadata={
            "format": "pt", "net": "resnet18", "stem": "cifar", "image_size": "32", "mean": " ".join(map(str, MEAN)),
            "std": " ".join(map(str, STD)), "shoal": "PyTorch"})


if __name__ == "__main__":
    main()
