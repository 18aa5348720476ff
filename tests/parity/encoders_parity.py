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
    import torchvision  # noqa: F401: what the nets are made of.
except ImportError as missing:
    print(f"skipped: {missing}; bench/peers torchvision safetensors installs it")
    sys.exit(77)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))
from torch_nets import make_net  # noqa: E402

CASES = [("resnet18", "imagenet", 64), ("resnet18", "cifar", 32), ("resnet34", "imagenet", 64),
         ("resnet50", "imagenet", 64), ("resnet50", "cifar", 32), ("small", "cifar", 32)]
TOLERANCE = 1e-4


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
