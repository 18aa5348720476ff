"""The encoders in PyTorch, under torchvision's names: what peers train, and what exported backbones are held against."""

import torch
import torchvision


class Small(torch.nn.Module):
    """The small net, from torchvision's own block: 64 features."""

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
    """small, resnet18, resnet34 or resnet50, without its classifier; `stem` cifar or imagenet, of the ResNets."""
    if name == "small":
        return Small()
    net = getattr(torchvision.models, name)(weights=None)
    net.fc = torch.nn.Identity()
    if stem == "cifar":
        net.conv1 = torch.nn.Conv2d(3, 64, 3, padding=1, bias=False)
        net.maxpool = torch.nn.Identity()
    return net


FEATURES = {"small": 64, "resnet18": 512, "resnet34": 512, "resnet50": 2048}
