"""Trains SimCLR on pictures in memory in PyTorch, in one process or in several by DistributedDataParallel over gloo: the peer
of allreduce_bench, whose pictures and initial parameters it takes. Prints the same line of JSON.

    $(bench/peers torchvision safetensors) bench/allreduce_peer.py START.safetensors [--processes 2] [--steps 20]
        [--norm local|synchronised] [--order channels_last|default]

One thread a process. PyTorch's SyncBatchNorm does not compute on CPUs, so `synchronised` is a batch norm of our own here,
which sums over processes by differentiable all-reduces: it is for the loss, not for the speed.
"""

import argparse
import json
import os
import socket
import time

import safetensors
import safetensors.torch
import torch
import torch.distributed
import torch.distributed.nn.functional as differentiable
import torch.multiprocessing

import torch_nets

UNCOUNTED_STEPS = 2
LEARNING_RATE, MOMENTUM, TEMPERATURE = 0.001, 0.9, 0.5


def mean_over_processes(values):
    if torch.distributed.get_world_size() == 1:
        return values
    return differentiable.all_reduce(values) / torch.distributed.get_world_size()


class SynchronisedNorm(torch.nn.Module):
    """Of training: by the mean and variance of all processes' batches, which are equally large."""

    def __init__(self, norm):
        super().__init__()
        self.eps, self.weight, self.bias = norm.eps, norm.weight, norm.bias

    def forward(self, x):
        over = [dim for dim in range(x.dim()) if dim != 1]
        shape = [1, -1] + [1] * (x.dim() - 2)
        centred = x - mean_over_processes(x.mean(over)).view(shape)
        deviation = (mean_over_processes(centred.square().mean(over)) + self.eps).sqrt().view(shape)
        normal = centred / deviation
        return normal if self.weight is None else normal * self.weight.view(shape) + self.bias.view(shape)


def synchronise(module):
    for name, child in module.named_children():
        if isinstance(child, (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)):
            setattr(module, name, SynchronisedNorm(child))
        else:
            synchronise(child)


class Gather(torch.autograd.Function):
    """All processes' rows; each gets the gradients that all have for its own."""

    @staticmethod
    def forward(context, rows):
        every = [torch.empty_like(rows) for _ in range(torch.distributed.get_world_size())]
        torch.distributed.all_gather(every, rows.contiguous())
        return torch.cat(every)

    @staticmethod
    def backward(context, gradient):
        gradient = gradient.contiguous()
        torch.distributed.all_reduce(gradient)
        return gradient.chunk(torch.distributed.get_world_size())[torch.distributed.get_rank()]


class SimClr(torch.nn.Module):
    def __init__(self, net):
        super().__init__()
        self.backbone = torch_nets.make_net(net, "cifar")
        width = torch_nets.FEATURES[net]
        self.head = torch.nn.Sequential(torch.nn.Linear(width, width, bias=False), torch.nn.BatchNorm1d(width),
                                        torch.nn.ReLU(), torch.nn.Linear(width, 128, bias=False),
                                        torch.nn.BatchNorm1d(128, affine=False))

    def forward(self, views):
        return torch.nn.functional.normalize(self.head(self.backbone(views)))


def nt_xent(mine):
    """Of this process' anchors, against all processes' embeddings."""
    views, rank, processes = len(mine), torch.distributed.get_rank(), torch.distributed.get_world_size()
    logits = mine @ (Gather.apply(mine) if processes > 1 else mine).T / TEMPERATURE
    own = torch.arange(views) + rank * views
    logits = logits.scatter(1, own[:, None], float("-inf"))
    return torch.nn.functional.cross_entropy(logits, own.roll(views // 2))


def take_parameters(model, parameters, layout):
    """`layout` has a line "name 64x3x7x7" for each. Weights of convolutions lie as [out, height, width, in]."""
    at, state = 0, dict(model.named_parameters())
    for line in layout.splitlines()[:len(state)]:
        name, shape = line.split()
        shape = [int(extent) for extent in shape.split("x")]
        size = torch.Size(shape).numel()
        values = parameters[at:at + size]
        values = values.view(shape[0], *shape[2:], shape[1]).permute(0, 3, 1, 2) if len(shape) == 4 else values.view(shape)
        target = state.pop(name if name.startswith("head.") else f"backbone.{name}")
        assert target.shape == values.shape, (name, target.shape, values.shape)
        with torch.no_grad():
            target.copy_(values)
        at += size
    assert not state and at == len(parameters), (list(state), at, len(parameters))


def train(rank, options, port):
    torch.set_num_threads(1)
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port), GLOO_SOCKET_IFNAME="lo")
    torch.distributed.init_process_group("gloo", rank=rank, world_size=options.processes)
    order = torch.channels_last if options.order == "channels_last" else torch.contiguous_format
    model = SimClr(options.net)
    with safetensors.safe_open(options.start, "pt") as file:
        take_parameters(model, file.get_tensor("parameters"), file.metadata()["layout"])
        views = [view.chunk(options.processes)[rank] for view in file.get_tensor("pictures")]
    views = torch.cat(views).permute(0, 3, 1, 2).contiguous(memory_format=order)
    if options.norm == "synchronised":
        synchronise(model)
    model = model.to(memory_format=order)
    if options.processes > 1:
        # There are statistics only where they are this process' own.
        model = torch.nn.parallel.DistributedDataParallel(model, gradient_as_bucket_view=True, broadcast_buffers=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)
    seconds, losses = [], []
    for step in range(UNCOUNTED_STEPS + options.steps):
        torch.distributed.barrier()
        begin = time.perf_counter()
        optimizer.zero_grad()
        loss = nt_xent(model(views))
        loss.backward()
        optimizer.step()
        if step >= UNCOUNTED_STEPS:
            seconds.append(time.perf_counter() - begin)
        total = loss.detach().clone()
        torch.distributed.all_reduce(total)
        losses.append(total.item() / options.processes)
    if rank == 0:
        print(json.dumps({"seconds": seconds, "losses": losses}), flush=True)
    torch.distributed.barrier()
    # Where one process of gloo ends before the other, the other may wait for it in its own end for ever.
    os._exit(0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("start")
    parser.add_argument("--net", default="small", choices=torch_nets.FEATURES)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--norm", default="local", choices=["local", "synchronised"])
    parser.add_argument("--order", default="channels_last", choices=["channels_last", "default"])
    options = parser.parse_args()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    torch.multiprocessing.spawn(train, (options, port), nprocs=options.processes)


if __name__ == "__main__":
    main()
