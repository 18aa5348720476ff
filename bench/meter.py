"""Runs a command and tells what it and all processes below it cost: CPU seconds, wall seconds, peak memory.

CPU is what the kernel charged to every process of the tree, read when they are reaped: this process makes itself the
parent of orphans (PR_SET_CHILD_SUBREAPER), so that a rank whose launcher went first is counted too. Memory is the sum
of the tree's proportional set sizes, so that a page which five processes share counts once; it is sampled, and a peak
shorter than the interval between samples can be missed.
"""

import ctypes
import dataclasses
import os
import resource
import subprocess
import threading
import time

PR_SET_CHILD_SUBREAPER = 36
SAMPLE_SECONDS = 0.5
# Orphans of a command that has ended may take so long to end themselves.
ORPHAN_SECONDS = 20


@dataclasses.dataclass
class Cost:
    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int
    output: str


class CommandFailed(Exception):
    pass


def descendants(root):
    """Process ids of `root` and all below it."""
    children = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as file:
                parent = int(file.read().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(name))
    found, open_ids = [], [root]
    while open_ids:
        found.append(open_ids.pop())
        open_ids += children.get(found[-1], [])
    return found


def proportional_bytes(process):
    """The process's pages, each divided by the number of processes that map it; 0 where it is gone."""
    try:
        with open(f"/proc/{process}/smaps_rollup") as file:
            for line in file:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


class PeakMemory(threading.Thread):
    """Samples the tree below `root` until stopped."""

    def __init__(self, root):
        super().__init__(daemon=True)
        self.root = root
        self.bytes = 0
        self.stopped = threading.Event()

    def run(self):
        while not self.stopped.wait(SAMPLE_SECONDS):
            self.bytes = max(self.bytes, sum(map(proportional_bytes, descendants(self.root))))

    def stop(self):
        self.stopped.set()
        self.join()
        return self.bytes


def adopt_orphans():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def reap_orphans():
    deadline = time.monotonic() + ORPHAN_SECONDS
    while time.monotonic() < deadline:
        try:
            process, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if process == 0:
            time.sleep(0.01)
    raise CommandFailed(f"processes {descendants(os.getpid())[1:]} outlived their command by {ORPHAN_SECONDS} s")


def children_cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run(command, timeout=3600, environment=None):
    """Cost of `command` (a list). CommandFailed has its output where it fails or takes more than `timeout` seconds."""
    adopt_orphans()
    cpu_before, start = children_cpu_seconds(), time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env=dict(os.environ, **(environment or {})))
    memory = PeakMemory(process.pid)
    memory.start()
    try:
        output, errors = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.terminate()
        output, errors = process.communicate()
        errors += f"\nstopped after {timeout} s"
    wall = time.monotonic() - start
    peak = memory.stop()
    reap_orphans()
    if process.returncode != 0:
        raise CommandFailed(f"{' '.join(map(str, command))}\nended with {process.returncode}:\n{output}\n{errors}")
    return Cost(children_cpu_seconds() - cpu_before, wall, peak, output)
