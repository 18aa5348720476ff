"""Makes the mistakes of docs/errors.md through the built programs: the page is the table, and there is no other.

Usage: mistakes_test.py FOLDER_OF_BINARIES PAGE SECTION

Each row of the section's table is done in a folder of its own, with the files of files.py. What is printed on standard
error must be the row's message to the letter, the exit code the row's; nothing may hang, no process and no half of a
file may be left. How the page writes what is done and what stands for what, it says at its top.
"""

import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
import unittest

import files

BINARIES, PAGE, SECTION = sys.argv[1:]
PATIENCE = 30
TRAIN = "shoal train words --data text.txt --output out "
# Of the job's file, what its section says.
JOB_FILE = "The job's file"
TRAIN_FILE = "shoal train a.textproto --data text.txt --output out"
FULL_DISK = "A full disk"
IMAGES = ("Pictures and encoders", "Measuring image encoders")
READ_ON = re.compile(r"shoal: nothing was done; shoal (\w+ )*--help tells how it is used\n\Z")
# What a build for GPUs has no cause to say.
NO_CUDA = "this build's LibTorch has no CUDA"
# What a run tells of its progress, which is no one's mistake.
PROGRESS = re.compile(r"^coordinator: (data: |epoch |preparing the data: |preparing pictures: ).*\n", re.M)
ROLES = {"shoal": "SHOAL", "shoal-coordinator": "COORDINATOR", "shoal-paramserver": "SERVER", "shoal-worker": "WORKER"}


class Row:
    def __init__(self, cells):
        cells = [cell.strip().replace("\\|", "|") for cell in cells]
        self.done, self.message = (re.findall(r"`([^`]+)`", cells[i]) for i in (0, 2))
        self.exit_code = int(cells[1])
        self.kill = self.done.pop() if self.done[-1].startswith("kill ") else ""


def rows_of(page, section):
    """The rows of the table below the heading `section`."""
    with open(page) as file:
        text = file.read().split(f"\n## {section}\n")[1].split("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [Row(re.split(r"(?<!\\)\|", line)[1:-1]) for line in lines[2:]]


def pattern_of(line):
    """What `line` of the page matches: itself, but for the words that stand for this machine's."""
    stands_for = {"SIZE": r"[0-9.]+ [kMGT]?B", "SECONDS": r"[0-9.]+", "BYTES": "[0-9]+",
                  "TOKENS": r"DIR/\.shoal-cache/\S+?",
                  "LIMIT": "(the machine's free memory|what the control group's limit leaves)"}
    return re.sub(r"\b(" + "|".join(stands_for) + r")\b", lambda match: stands_for[match.group()], re.escape(line))


def contains(path, words):
    try:
        with open(path) as file:
            return words in file.read()
    except FileNotFoundError:
        return False


def build_has_cuda():
    facts = subprocess.run([os.path.join(BINARIES, "shoal-image-worker"), "--facts"], stdout=subprocess.PIPE, check=True)
    return json.loads(facts.stdout)["cuda"]


def free_ports():
    """Sockets on three ports in a row."""
    while True:
        sockets = [socket.socket() for _ in range(3)]
        try:
            sockets[0].bind(("127.0.0.1", 0))
            for offset in (1, 2):
                sockets[offset].bind(("127.0.0.1", sockets[0].getsockname()[1] + offset))
            return sockets
        except (OSError, OverflowError):
            for each in sockets:
                each.close()


class Mistake:
    """One row's doing, in a folder of its own."""

    def __init__(self, row):
        self.row = row
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="shoal-mistakes-"))
        files.make(self.folder)
        self.ports = free_ports()
        self.ports[0].listen()
        for port in self.ports[1:]:
            port.close()
        self.port = str(self.ports[0].getsockname()[1])

    def end(self):
        for pid in self.processes().values():
            os.kill(pid, signal.SIGKILL)
        self.ports[0].close()
        os.chmod(os.path.join(self.folder, "locked"), 0o755)
        shutil.rmtree(self.folder)

    def processes(self):
        """Programs of this job that run: {role's name on the page: process id}."""
        found = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                program = os.path.basename(os.readlink(f"/proc/{pid}/exe"))
                if program in ROLES and os.readlink(f"/proc/{pid}/cwd") == self.folder:
                    found[ROLES[program]] = int(pid)
            except OSError:
                continue
        return found

    def script(self):
        lines = [TRAIN + line if line.startswith("--") else line for line in self.row.done]
        if SECTION == JOB_FILE:
            with open(os.path.join(self.folder, "a.textproto"), "w") as file:
                file.write("objective { skip_gram { dim: 8 } }\n" + lines[0] + "\n")
            lines = [TRAIN_FILE]
        return "\n".join(lines).replace("PORT", self.port)

    def command(self):
        """The script, as someone who may not do everything, with the small disk where one is spoken of."""
        command = ["sh", "-c", self.script()]
        if SECTION == FULL_DISK:
            mount = 'mount -t tmpfs -o size=64k none full && "$@"; code=$?; find full -name "*.tmp.*" >&2; exit $code'
            return small_disk("sh", "-c", mount, "sh", *command)
        if "locked" in command[-1] and os.geteuid() == 0:
            return ["setpriv", "--bounding-set=-dac_override", *command]
        return command

    def run(self):
        """Exit code, standard output, standard error."""
        environment = dict(os.environ, PATH=BINARIES + ":" + os.environ["PATH"], LC_ALL="C")
        process = subprocess.Popen(self.command(), cwd=self.folder, env=environment, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            if self.row.kill:
                self.kill_in_training()
            out, error = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise AssertionError(f"it hangs:\n{process.communicate()[1]}")
        return process.returncode, out, error

    def kill_in_training(self):
        log, deadline = os.path.join(self.folder, "out", "log.jsonl"), time.monotonic() + PATIENCE
        while not contains(log, '"event":"training"'):
            if time.monotonic() > deadline:
                raise AssertionError("training did not begin")
            time.sleep(0.02)
        _, how, whom = self.row.kill.split()
        os.kill(self.processes()[whom], getattr(signal, "SIG" + how[1:]))

    def readable(self, output):
        """`output` with the page's words for what differs between machines."""
        names = {self.folder: "DIR", BINARIES: "BIN", socket.gethostname(): "HOST"}
        for name, word in names.items():
            output = output.replace(name, word)
        return re.sub(rf"\b{self.port}\b", "PORT", output)

    def left_behind(self):
        """Halves of files, results of a failed run, and processes."""
        left = list(self.processes())
        for folder, _, names in os.walk(self.folder):
            left += [os.path.join(folder, name) for name in names if ".tmp." in name or name.startswith(".spill")]
        return left


def small_disk(*command):
    """A command that runs `command` where it may mount, without anyone else seeing it."""
    return ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"]), *command]


class MistakesTest(unittest.TestCase):
    def check(self, row):
        mistake = Mistake(row)
        try:
            code, out, error = mistake.run()
            error = mistake.readable(error)
            self.assertEqual(code, row.exit_code, error)
            if code == 2:
                self.assertRegex(error, READ_ON)
                self.assertEqual(out, "")
                error = READ_ON.sub("", error)
            self.check_message(row, error)
            self.assertEqual(mistake.left_behind(), [])
            vectors_at = os.path.join(mistake.folder, "out", "vectors.bin")
            self.assertTrue(code == 0 or "evaluation" in row.done[-1] or not os.path.exists(vectors_at))
        finally:
            mistake.end()

    def check_message(self, row, error):
        if row.exit_code == 0:  # Among what is told of the run.
            found = re.search("^(shoal: )?" + pattern_of(row.message[0]) + "$", error, re.M)
        else:
            # Nothing of it may come where --quiet is.
            error = error if "--quiet" in row.done[-1] else PROGRESS.sub("", error)
            found = re.fullmatch("".join(pattern_of(f"shoal: {line}") + "\n" for line in row.message), error)
        self.assertTrue(found, "the page says:\n  " + "\n  ".join(row.message) + f"\nand printed was:\n{error}")

    def test_every_row_of_the_section_prints_its_message(self):
        if SECTION == FULL_DISK and subprocess.run(small_disk("mount", "-t", "tmpfs", "none", "/mnt"),
                                                   capture_output=True).returncode != 0:
            self.skipTest("no file system can be mounted here, so no disk can be filled")
        if SECTION in IMAGES and not os.path.exists(os.path.join(BINARIES, "shoal-evaluate-images")):
            self.skipTest("shoal-evaluate-images is not built, as there is no LibTorch: launch/install --torch")
        rows = rows_of(PAGE, SECTION)
        self.assertGreater(len(rows), 0)
        for row in rows:
            if any(NO_CUDA in line for line in row.message) and build_has_cuda():
                continue
            with self.subTest(done=row.done, then=row.kill):
                self.check(row)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
