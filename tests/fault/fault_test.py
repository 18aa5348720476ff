"""Kills and stops the processes of real jobs, and times what follows.

    fault_test.py BIN TEST [N]      one test, N times what it does: Kills.test_...
    tests/fault/run                 all of them, as long as the bars ask for; prints the figures
"""

import json
import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from units import History

BINARIES = os.path.abspath(sys.argv[1])
PATIENCE = 300
ROLES = {"worker": "shoal-worker", "server": "shoal-paramserver", "coordinator": "shoal-coordinator", "mpirun": "mpirun"}


def times(default):
    return int(sys.argv[3]) if len(sys.argv) > 3 else default


class Job:
    """`shoal train words` on a small text, in a folder of its own."""

    objective, data, worker = "words", "text.txt", "shoal-worker"

    def __init__(self, *flags, **data):
        self.folder = tempfile.mkdtemp(prefix="shoal-fault-")
        self.output = os.path.join(self.folder, "out")
        self.flags = flags
        self.prefix, self.environment = [], None
        self.write_data(**data)
        self.process = None

    def write_data(self, words=40, sentences=3000):
        with open(os.path.join(self.folder, "text.txt"), "w") as file:
            for s in range(sentences):
                file.write(" ".join(f"w{(s * 12 + w * (s % 5 + 1)) % words}" for w in range(12)) + "\n")

    def start(self):
        command = [os.path.join(BINARIES, "shoal"), "train", self.objective, "--data", self.data, "--output", "out",
                   "--set", "progress.interval_seconds=0.2", *self.flags]
        with open(os.path.join(self.folder, "log"), "a") as log:
            self.process = subprocess.Popen([*self.prefix, *command], cwd=self.folder, env=self.environment, stdout=log,
                                            stderr=log)

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()
        for pid in self.pids():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        shutil.rmtree(self.folder, ignore_errors=True)

    def said(self):
        with open(os.path.join(self.folder, "log")) as file:
            return file.read()

    def events(self, name):
        try:
            with open(os.path.join(self.output, "log.jsonl")) as file:
                return [line for line in file if line.startswith(f'{{"event":"{name}"')]
        except FileNotFoundError:
            return []

    def result(self):
        with open(os.path.join(self.output, "result.json")) as file:
            return json.load(file)

    def pids(self, role=None):
        """Processes of the job, by their folder: of one role, or mpirun and all roles."""
        programs = {**ROLES, "worker": self.worker}
        wanted = [programs[role]] if role else list(programs.values())
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                program = os.path.basename(os.readlink(f"/proc/{pid}/exe")).replace("orterun", "mpirun")
                if os.readlink(f"/proc/{pid}/cwd") == self.folder and program in wanted:
                    found.append(int(pid))
            except OSError:
                continue
        return found

    def places(self):
        """Places of the whole plan, as the log tells them."""
        units = json.loads(self.events("prepared")[-1])["units_per_epoch"]
        return units * json.loads(self.events("start")[-1])["epochs"]

    def wait_for(self, condition, what):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"no {what}:\n{self.said()}")
            if self.process.poll() is not None and not condition():
                raise AssertionError(f"it ended without {what}:\n{self.said()}")
            time.sleep(0.005)

    def wait_for_event(self, name, count):
        self.wait_for(lambda: len(self.events(name)) >= count, f"{name} number {count}")


class PictureJob(Job):
    """`shoal train moco` on small grey pictures."""

    objective, data, worker = "moco", "train-images-idx3-ubyte", "shoal-image-worker"

    def write_data(self, pictures=640, side=12):
        draw = random.Random(1)
        with open(os.path.join(self.folder, self.data), "wb") as file:
            file.write(b"".join(number.to_bytes(4, "big") for number in (2051, pictures, side, side)))
            file.write(draw.randbytes(pictures * side * side))


class TwoHosts(Job):
    """A job on two hosts: network namespaces with a cable between them. Coordinator and server are on the first."""

    def __init__(self, *flags):
        super().__init__("--workers", "2", "--servers", "1", "--hostfile", "hosts", "--set", "placement.network=10.77.0.0/24",
                         "--set", "parameter_server.access=REMOTE", *flags)
        self.names = [f"shoal-{os.getpid()}-{i}" for i in (1, 2)]
        for i, name in enumerate(self.names, 1):
            run("ip", "netns", "add", name)
            run("ip", "-n", name, "link", "set", "lo", "up")
        run("ip", "-n", self.names[0], "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", self.names[1])
        for i, name in enumerate(self.names, 1):
            run("ip", "-n", name, "addr", "add", f"10.77.0.{i}/24", "dev", "cable")
            run("ip", "-n", name, "link", "set", "cable", "up")
        with open(os.path.join(self.folder, "hosts"), "w") as file:
            file.write("10.77.0.1 slots=2\n10.77.0.2 slots=2\n")
        # Stands for ssh, which mpirun calls with the host and a shell's line.
        agent = os.path.join(self.folder, "agent")
        with open(agent, "w") as file:
            file.write("#!/bin/sh\nshift\nexec " + shlex.join(self.on_host(2)) + ' sh -c "$*"\n')
        os.chmod(agent, 0o755)
        self.prefix = self.on_host(1)
        self.environment = dict(os.environ, OMPI_MCA_plm_rsh_agent=agent)

    def on_host(self, number):
        name = self.names[number - 1]
        return ["ip", "netns", "exec", name, "unshare", "--uts", "sh", "-c", f'hostname {name}; exec "$@"', "sh"]

    def link(self, state):
        run("ip", "-n", self.names[1], "link", "set", "cable", state)

    def end(self):
        super().end()
        for name in self.names:
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


class PicturesOnTwoHosts(TwoHosts, PictureJob):
    """A worker on each of two hosts, which sum their gradients over the cable."""


def run(*command):
    subprocess.run(command, check=True, capture_output=True)


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


class Faults(unittest.TestCase):
    def job(self, *flags, **text):
        job = Job(*flags, **text)
        self.addCleanup(job.end)
        return job

    def kill(self, job, kills, draw, roles):
        """Kills processes of a job that has been started, at random moments, so many times."""
        job.wait_for_event("training", 1)
        killed = 0
        while killed < kills and job.process.poll() is None:
            time.sleep(draw.uniform(0, 2.5))
            pids = job.pids(draw.choice(roles))
            if pids:
                os.kill(draw.choice(pids), signal.SIGKILL)
                killed += 1
        self.assertEqual(killed, kills, f"the job was over before:\n{job.said()}")

    def check_audit(self, job, places):
        history = History().read(os.path.join(job.output, "units.jsonl"))
        self.assertEqual(history.lost(places), [])
        self.assertEqual(history.doubled, [])
        self.assertEqual(history.gaps(), [])
        return history

    def test_after_kills_at_random_moments_and_roles_every_unit_is_in_the_history_once(self):
        kills, epochs = times(8), 1600 + 250 * times(8)
        job = self.job("--epochs", str(epochs), "--workers", "2", "--servers", "2", "--dim", "16",
                       "--set", "checkpoint.interval_seconds=0.3", "--set", f"max_restarts={10 * kills}")
        draw = random.Random(7)
        job.start()
        self.kill(job, kills, draw, list(ROLES))
        # One more for the supervisor: the same command goes on.
        if job.process.poll() is None:
            job.process.kill()
            job.process.wait()
            deadline = time.monotonic() + 10
            while job.pids() and time.monotonic() < deadline:  # The kernel ends mpirun and the roles.
                time.sleep(0.05)
            job.start()
        self.assertEqual(job.process.wait(PATIENCE), 0, job.said())
        units = job.places()
        history = self.check_audit(job, units)
        self.assertEqual(job.result()["words"], epochs * 36000)
        self.assertEqual(job.pids(), [])
        print(f"\n{kills} kills: {history.lives} lives, {history.trained} units trained, {units} in the history: "
              f"0 lost, 0 doubled", file=sys.stderr)

    def test_from_the_kill_of_a_role_to_training_again_it_takes_seconds(self):
        rows = times(20000)
        seconds = {}
        job = self.job("--epochs", "100000", "--workers", "1", "--servers", "2", "--dim", "128",
                       "--set", "data.corpus.min_count=1", "--set", "checkpoint.interval_seconds=0.5",
                       words=rows, sentences=rows // 12 + 1)
        job.start()
        for life, role in enumerate(("worker", "server", "coordinator"), start=1):
            job.wait_for_event("training", life)
            checkpoints = len(job.events("checkpoint"))
            job.wait_for_event("checkpoint", checkpoints + 2)
            os.kill(job.pids(role)[0], signal.SIGKILL)
            start = time.monotonic()
            job.wait_for_event("training", life + 1)
            seconds[role] = time.monotonic() - start
        print(f"\nkill to training again, tables of {2 * rows * 512 >> 20} MB, s: "
              + ", ".join(f"{role} {s:.1f}" for role, s in seconds.items()), file=sys.stderr)
        self.assertLess(max(seconds.values()), 5)

    def test_a_stopped_role_is_noticed_within_three_seconds(self):
        job = self.job("--epochs", "100000", "--workers", "2", "--servers", "2", "--dim", "16",
                       "--set", "max_restarts=1000", "--set", "checkpoint.interval_seconds=0.3")
        job.start()
        seconds = []
        for life in range(1, 1 + times(3)):
            job.wait_for_event("training", life)
            job.wait_for_event("checkpoint", len(job.events("checkpoint")) + 1)
            os.kill(job.pids(("worker", "server")[life % 2])[0], signal.SIGSTOP)
            start = time.monotonic()
            job.wait_for(lambda: len(job.events("failed")) >= life, "word of a failure")
            seconds.append(time.monotonic() - start)
        print(f"\na stopped role is noticed after {percentile(seconds, .5):.2f} s, at most {max(seconds):.2f}",
              file=sys.stderr)
        self.assertLess(max(seconds), 3)

    def test_a_role_that_pauses_for_a_second_is_never_called_dead(self):
        job = self.job("--epochs", "100000", "--workers", "2", "--servers", "2", "--dim", "16")
        job.start()
        job.wait_for_event("training", 1)
        draw = random.Random(3)
        for _ in range(times(4)):
            pid = draw.choice(job.pids(draw.choice(["worker", "server", "coordinator"])))
            os.kill(pid, signal.SIGSTOP)
            time.sleep(1)
            os.kill(pid, signal.SIGCONT)
            time.sleep(draw.uniform(0, 0.3))
        self.assertEqual(job.events("failed"), [], job.said())
        self.assertEqual(len(job.events("training")), 1)
        job.process.send_signal(signal.SIGTERM)
        self.assertEqual(job.process.wait(PATIENCE), 3, job.said())
        print(f"\n{times(4)} pauses of a second: nobody was called dead", file=sys.stderr)

    def test_a_cut_link_to_a_host_is_noticed_and_the_job_goes_on_when_it_is_back(self):
        try:
            job = TwoHosts("--epochs", "1000", "--dim", "16", "--set", "checkpoint.interval_seconds=0.5")
        except (OSError, subprocess.CalledProcessError):
            self.skipTest("no network namespaces can be made here")
        self.addCleanup(job.end)
        job.start()
        job.wait_for_event("checkpoint", 1)
        job.link("down")
        cut = time.monotonic()
        job.wait_for_event("failed", 1)
        noticed = time.monotonic() - cut
        self.assertIn("has been silent for", job.events("failed")[0])
        self.assertIn(f"host {job.names[1]}", job.events("failed")[0])
        job.wait_for(lambda: "it starts again" in job.said(), "restart")
        ended = time.monotonic() - cut
        time.sleep(3)
        self.assertEqual(len(job.events("training")), 1, "the other host cannot be reached yet")
        job.link("up")
        back = time.monotonic()
        job.wait_for_event("training", 2)
        again = time.monotonic() - back
        self.assertEqual(job.process.wait(PATIENCE), 0, job.said())
        self.check_audit(job, job.places())
        self.assertEqual(job.pids(), [])
        print(f"\na cut link: noticed after {noticed:.2f} s, ended after {ended:.1f} s; trains {again:.1f} s after it is back")
        self.assertLess(noticed, 3)

    def test_where_the_output_disk_hangs_the_job_ends_in_words_and_goes_on_when_the_disk_answers(self):
        job = self.job("--epochs", "600", "--workers", "2", "--dim", "16", "--set", "checkpoint.interval_seconds=0.5")
        disk = os.path.join(job.folder, "disk")
        os.makedirs(job.output)
        try:
            subprocess.run(["truncate", "-s", "64M", disk], check=True)
            subprocess.run(["mkfs.ext4", "-q", disk], check=True)
            subprocess.run(["mount", "-o", "loop", disk, job.output], check=True, stderr=subprocess.DEVNULL)
            self.addCleanup(subprocess.run, ["umount", "--lazy", job.output])
            subprocess.run(["fsfreeze", "--freeze", job.output], check=True)
            subprocess.run(["fsfreeze", "--unfreeze", job.output], check=True)
        except (OSError, subprocess.CalledProcessError):
            self.skipTest("no disk can be mounted and frozen here")
        job.start()
        job.wait_for_event("checkpoint", 1)
        subprocess.run(["fsfreeze", "--freeze", job.output], check=True)
        hung = time.monotonic()
        try:
            job.wait_for(lambda: "held by the kernel" in job.said(), "word of what is awaited")
            noticed = time.monotonic() - hung
        finally:
            subprocess.run(["fsfreeze", "--unfreeze", job.output], check=True)
        self.assertRegex(job.said(), r"shoal-coordinator \(process \d+\), held by the kernel")
        job.wait_for_event("training", 2)
        self.assertIn("has heard nothing from the coordinator (rank 0)", job.said())
        self.assertEqual(job.process.wait(PATIENCE), 0, job.said())
        self.check_audit(job, job.places())
        print(f"\na disk that hangs: told after {noticed:.1f} s", file=sys.stderr)

    def test_in_strict_determinism_kills_and_other_sizes_leave_the_same_bytes(self):
        kills = times(2)

        def strict(workers, servers, interval):
            return self.job("--epochs", str(200 + 125 * kills), "--workers", str(workers), "--servers", str(servers),
                            "--dim", "32", "--set", "determinism=STRICT", "--set", "data.corpus.unit_words=1000",
                            "--set", f"checkpoint.interval_seconds={interval}", "--set", f"max_restarts={10 * kills}")

        def vectors(job):
            self.assertEqual(job.process.wait(PATIENCE + 60 * kills), 0, job.said())
            with open(os.path.join(job.output, "vectors.bin"), "rb") as file:
                return file.read()

        undisturbed = strict(1, 1, 0)
        undisturbed.start()
        expected = vectors(undisturbed)
        draw = random.Random(3)
        for workers in (1, 2, 3):
            job = strict(workers, 4 - workers, 0.2)
            job.start()
            self.kill(job, kills, draw, list(ROLES))
            self.assertEqual(vectors(job), expected, f"{workers} workers, {kills} kills")
            self.check_audit(job, job.places())
        print(f"\n1, 2 and 3 workers, {kills} kills each: {len(expected)} bytes, equal to those of the undisturbed run")

    def test_in_moco_kills_of_any_role_leave_the_same_bytes(self):
        if not os.path.exists(os.path.join(BINARIES, PictureJob.worker)):
            self.skipTest("built without LibTorch: launch/install --torch")
        kills = times(3)

        def moco(interval):
            job = PictureJob("--epochs", str(6 + 6 * kills), "--workers", "2", "--servers", "2", "--batch", "32", "--set",
                             "determinism=STRICT", "objective.moco.queue=256", "encoder.threads=1",
                             f"checkpoint.interval_seconds={interval}", f"max_restarts={10 * kills}")
            self.addCleanup(job.end)
            job.start()
            return job

        def backbone(job):
            self.assertEqual(job.process.wait(PATIENCE + 60 * kills), 0, job.said())
            with open(os.path.join(job.output, "backbone.safetensors"), "rb") as file:
                return file.read()

        expected = backbone(moco(0))
        job = moco(0.3)
        self.kill(job, kills, random.Random(5), list(ROLES))
        self.assertEqual(backbone(job), expected, f"{kills} kills")
        self.check_audit(job, job.places())
        self.assertEqual(job.pids(), [])
        print(f"\nMoCo, {kills} kills: {len(expected)} bytes, equal to those of the undisturbed run", file=sys.stderr)

    def test_in_moco_two_hosts_learn_what_one_does(self):
        if not os.path.exists(os.path.join(BINARIES, PictureJob.worker)):
            self.skipTest("built without LibTorch: launch/install --torch")
        settings = ("--epochs", "3", "--batch", "32", "--set", "determinism=STRICT", "objective.moco.queue=256",
                    "encoder.threads=1", "encoder.reader_threads=1")

        def backbone(job):
            self.addCleanup(job.end)
            job.start()
            self.assertEqual(job.process.wait(PATIENCE), 0, job.said())
            with open(os.path.join(job.output, "backbone.safetensors"), "rb") as file:
                return file.read()

        try:
            two_hosts = PicturesOnTwoHosts(*settings)
        except (OSError, subprocess.CalledProcessError):
            self.skipTest("no network namespaces can be made here")
        one_host = PictureJob("--workers", "2", "--servers", "1", *settings, "parameter_server.access=REMOTE")
        self.assertEqual(backbone(two_hosts), backbone(one_host))

    def test_sigterm_writes_a_checkpoint_and_the_same_command_goes_on(self):
        job = self.job("--epochs", "3000", "--workers", "2", "--servers", "2", "--dim", "16")
        job.start()
        job.wait_for_event("progress", 2)
        start = time.monotonic()
        job.process.send_signal(signal.SIGTERM)
        self.assertEqual(job.process.wait(PATIENCE), 3, job.said())
        self.assertLess(time.monotonic() - start, 5)
        self.assertEqual(job.pids(), [])
        job.start()
        self.assertEqual(job.process.wait(PATIENCE), 0, job.said())
        history = self.check_audit(job, job.places())
        # Not a unit was trained twice.
        self.assertEqual(history.trained, len(history.done))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", "Faults." + sys.argv[2]])
