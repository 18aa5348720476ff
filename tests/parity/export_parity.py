"""Holds `shoal export --to torchvision` and `--to timm` against the tools themselves: they load what is written by the lines
of docs/formats/encoders.md, and their features are shoal's to 1e-4.

usage: export_parity.py EXPORT_BACKBONE SHOAL

Makes its own nets and pictures (seeded), so that it needs no data; ends with code 77, which CTest takes for "skipped", and
a reason where a peer is missing.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

try:
    import safetensors.torch
    import timm
    import torch
    import torchvision
except ImportError as missing:
    print(f"skipped: {missing}; bench/peers torchvision timm safetensors installs it")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOLERANCE = 1e-4
CROP = 0.8
JOB = """objective { simclr { } }
data { images { } }
encoder { net: %s stem: %s augmentation { evaluation_crop: %g } }
"""


def snippet(begin):
    """The code block of docs/formats/encoders.md that has the line `begin`."""
    page = (ROOT / "docs/formats/encoders.md").read_text()
    blocks = re.findall(r"(?:^(?: {4}.*)?\n)+", page, re.M)
    [block] = [block for block in blocks if f"    {begin}\n" in block]
    return re.sub(r"^ {4}", "", block, flags=re.M)


class Run:
    """The output folder of a training, with features of some pictures that shoal reckoned."""

    def __init__(self, programs, folder, name, stem, size):
        self.programs, self.folder, self.name, self.stem, self.size = programs, pathlib.Path(folder), name, stem, size
        subprocess.run([programs[0], name, stem, str(size), folder], check=True)
        (self.folder / "job.textproto").write_text(JOB % (name.upper(), stem.upper(), CROP))
        self.stored = safetensors.torch.load_file(self.folder / "features.safetensors")

    def export(self, form, output):
        done = subprocess.run([self.programs[1], "export", self.folder, "--to", form, "--output", self.folder / output],
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return self.folder / output

    def check(self, what, net):
        net.eval()
        with torch.no_grad():
            features = net(self.stored["pictures"].permute(0, 3, 1, 2))
        expected = self.stored["features"]
        assert features.shape == expected.shape, (features.shape, expected.shape)
        scale = expected.abs().max().item()
        furthest = (features - expected).abs().max().item() / scale
        assert scale > 0 and furthest < TOLERANCE, f"{what}: features differ by {furthest} of {scale}"
        print(f"{self.name}, {self.stem} stem, {self.size} pixels, {what}: features differ by {furthest:.1e} of the largest")


def check_torchvision(run):
    tensors = safetensors.torch.load_file(run.export("torchvision", "net.safetensors"))
    net = getattr(torchvision.models, run.name)()
    if run.stem == "cifar":
        exec(snippet("net.maxpool = torch.nn.Identity()"), {"net": net, "torch": torch})
    assert set(net.load_state_dict(tensors, strict=False).missing_keys) == {"fc.weight", "fc.bias"}
    net.fc = torch.nn.Identity()
    net.load_state_dict(tensors)
    run.check("torchvision", net)


def check_timm(run):
    folder = run.export("timm", "net")
    net = timm.create_model(f"local-dir:{folder}", pretrained=True)
    run.check("timm", net)
    assert net.num_features == run.stored["features"].shape[1]
    views = timm.data.resolve_model_data_config(net)
    expected = {"input_size": (3, run.size, run.size), "interpolation": "bilinear", "crop_pct": CROP, "crop_mode": "center",
                "mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}
    assert {key: tuple(views[key]) if isinstance(views[key], list) else views[key] for key in expected} == expected, views


def check_timm_with_the_stem_for_small_pictures(run):
    net = timm.create_model(run.name, num_classes=0)
    exec(snippet("net.maxpool = torch.nn.Identity()"), {"net": net, "torch": torch})
    net.load_state_dict(safetensors.torch.load_file(run.export("torchvision", "net.safetensors")))
    run.check("timm by hand", net)


def check_small(run):
    names = {}
    lines = snippet("net = Small()").replace("backbone.safetensors", str(run.folder / "backbone.safetensors"))
    exec(lines, names)
    run.check("by hand", names["net"])


CASES = [("resnet18", "imagenet", 64, [check_torchvision, check_timm]),
         ("resnet34", "imagenet", 96, [check_torchvision, check_timm]),
         ("resnet50", "imagenet", 64, [check_torchvision, check_timm]),
         ("resnet18", "cifar", 32, [check_torchvision, check_timm_with_the_stem_for_small_pictures]),
         ("resnet50", "cifar", 32, [check_torchvision]),
         ("small", "cifar", 32, [check_small])]


def main():
    for name, stem, size, checks in CASES:
        with tempfile.TemporaryDirectory() as folder:
            run = Run(sys.argv[1:3], folder, name, stem, size)
            for check in checks:
                check(run)


if __name__ == "__main__":
    main()
