"""Holds exported backbones against torchvision: the same names and shapes, strictly, and the same features to 1e-4.

usage: encoders_parity.py EXPORT_BACKBONE

Makes its own nets and pictures (seeded), so that it needs no data; ends with code 77, which CTest takes for "skipped", and
a reason where a peer is missing.
"""

import pathlib
import subprocess
import sys
import tempfile

try:
    import safetensors
    import safetensors.torch
    import torch
    import torchvision
except ImportError as missing:
    print(f"skipped: {missing}; bench/peers torchvision safetensors installs it")
    sys.exit(77)

CASES = [("resnet18", "imagenet", 64), ("resnet18", "cifar", 32), ("resnet34", "imagenet", 64),
         ("resnet50", "imagenet", 64), ("resnet50", "cifar", 32), ("small", "cifar", 32)]
TOLERANCE = 1e-4


class Small(torch.nn.Module):
    """The small net, from torchvision's own block."""

    def __init__(self):
        super().__init__()
        self.conv1 = torch.nn.Conv2d(3, 16, 3, stride=2, padding=1, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(16)
        for i, (width, out, stride) in enumerate([(16, 16, 1), (16, 32, 2), (32, 64, 2)], start=1):
            setattr(self, f"layer{i}", torch.nn.Sequential(self.block(width, out, stride)))

    @staticmethod
    def block(width, out, stride):
        downsample = None
        if stride != 1 or width != out:
            downsample = torch.nn.Sequential(torch.nn.Conv2d(width, out, 1, stride=stride, bias=False),
                                             torch.nn.BatchNorm2d(out))
        return torchvision.models.resnet.BasicBlock(width, out, stride, downsample)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        return self.layer3(self.layer2(self.layer1(x))).mean(dim=(2, 3))


def make_net(name, stem):
    if name == "small":
        return Small()
    net = getattr(torchvision.models, name)(weights=None)
    net.fc = torch.nn.Identity()
    if stem == "cifar":
        net.conv1 = torch.nn.Conv2d(3, 64, 3, padding=1, bias=False)
        net.maxpool = torch.nn.Identity()
    return net


def check(program, name, stem, size, folder):
    subprocess.run([program, name, stem, str(size), str(folder)], check=True)
    with safetensors.safe_open(folder / "backbone.safetensors", "pt") as file:
        metadata = file.metadata()
    expected = {"format": "pt", "net": name, "stem": stem, "image_size": str(size), "mean": "0.485 0.456 0.406",
                "std": "0.229 0.224 0.225"}
    assert {key: metadata[key] for key in expected} == expected, metadata
    net = make_net(name, stem)
    net.load_state_dict(safetensors.torch.load_file(folder / "backbone.safetensors"), strict=True)
    net.eval()
    stored = safetensors.torch.load_file(folder / "features.safetensors")
    with torch.no_grad():
        features = net(stored["pictures"].permute(0, 3, 1, 2))
    assert features.shape == stored["features"].shape, (features.shape, stored["features"].shape)
    scale = stored["features"].abs().max().item()
    furthest = (features - stored["features"]).abs().max().item() / scale
    assert scale > 0 and furthest < TOLERANCE, f"{name}, {stem}: features differ by {furthest} of {scale}"
    print(f"{name}, {stem} stem, {size} pixels: features differ by {furthest:.1e} of the largest")


def main():
    for name, stem, size in CASES:
        with tempfile.TemporaryDirectory() as folder:
            check(sys.argv[1], name, stem, size, pathlib.Path(folder))


if __name__ == "__main__":
    main()
