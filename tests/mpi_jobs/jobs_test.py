"""Whole jobs under mpirun: they train, they end in words, and they leave nothing behind.

Usage: jobs_test.py FOLDER_OF_BINARIES TESTCASE.TEST MPIRUN ARGUMENTS...
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

BINARIES, MPIRUN = sys.argv[1], sys.argv[3:]
ROLES = ("shoal-coordinator", "shoal-paramserver", "shoal-worker")


def text(sentences):
    """Words by a Zipf-like law, from a few topics; the same each time."""
    draw = random.Random(1)
    lines = []
    for _ in range(sentences):
        topic = draw.randrange(5)
        lines.append(" ".join(f"t{topic}w{int(40 ** draw.random())}" for _ in range(12)))
    return "\n".join(lines) + "\n"


def processes(folder):
    """Of jobs that run in `folder`: {pid: program}."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            program = os.path.basename(os.readlink(f"/proc/{pid}/exe"))
            if program in ROLES and os.readlink(f"/proc/{pid}/cwd") == folder:
                found[int(pid)] = program
        except OSError:
            continue
    return found


class JobsTest(unittest.TestCase):
    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="shoal-jobs-"))

    def tearDown(self):
        for pid in processes(self.folder):
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.folder)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def start(self, servers, workers, job="", sentences=3000, ranks=None):
        """Starts a job of so many servers and workers, on `ranks` of them where that differs."""
        with open(self.path("text.txt"), "w") as file:
            file.write(text(sentences))
        with open(self.path("job.textproto"), "w") as file:
            file.write(f"servers: {servers} workers: {workers} {job}\n"
                       'objective { skip_gram { dim: 20 } } data { corpus { path: "text.txt" min_count: 1 } }\n')
        servers, workers = ranks or (servers, workers)
        line = MPIRUN + ["-np", "1", f"{BINARIES}/shoal-coordinator", "--job", "job.textproto", "--output", "out",
                         ":", "-np", str(servers), f"{BINARIES}/shoal-paramserver",
                         ":", "-np", str(workers), f"{BINARIES}/shoal-worker"]
        self.started = time.monotonic()
        self.job = subprocess.Popen(line, cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def finish(self, within=60):
        """Waits for the job's end: its output."""
        try:
            output, _ = self.job.communicate(timeout=within)
        except subprocess.TimeoutExpired:
            self.job.kill()
            self.fail(f"the job did not end within {within} s:\n{self.job.communicate()[0]}")
        deadline = time.monotonic() + 3
        while processes(self.folder) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(processes(self.folder), {}, output)
        return output

    def result(self):
        with open(self.path("out", "result.json")) as file:
            return json.load(file)

    def await_training(self):
        """Until the first progress is in the log."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                with open(self.path("out", "log.jsonl")) as file:
                    if '"event":"progress"' in file.read():
                        return
            except FileNotFoundError:
                pass
            time.sleep(0.02)
        self.job.kill()
        self.fail("training did not begin:\n" + self.job.communicate()[0])

    def pid_of(self, program):
        return min(pid for pid, name in processes(self.folder).items() if name == program)

    def check_trains(self, servers, workers, job=""):
        self.start(servers, workers, job)
        output = self.finish()
        self.assertEqual(self.job.returncode, 0, output)
        result = self.result()
        self.assertEqual(result["status"], "done", output)
        self.assertEqual(result["words"], 5 * 3000 * 12)
        self.assertLess(result["loss"], 0.95 * 6 * 0.693)
        with open(self.path("out", "vectors.bin"), "rb") as file:
            words, dim = map(int, file.readline().split())
        self.assertEqual(dim, 20)
        self.assertGreater(words, 150)
        with open(self.path("out", "metrics-addresses.txt")) as file:
            self.assertEqual(len(file.readlines()), 1 + servers + workers)

    def test_one_server_and_one_worker_train(self):
        self.check_trains(1, 1)

    def test_two_servers_and_two_workers_train(self):
        self.check_trains(2, 2)

    def test_three_servers_and_four_workers_train(self):
        self.check_trains(3, 4)

    def test_two_servers_and_two_workers_train_by_messages(self):
        self.check_trains(2, 2, "parameter_server { access: REMOTE }")

    def test_a_wrong_number_of_processes_is_answered_with_the_right_line(self):
        self.start(2, 2, ranks=(1, 2))
        output = self.finish()
        self.assertEqual(self.job.returncode, 1, output)
        self.assertIn("which are 5 processes, but mpirun started 4", output)
        self.assertIn("-np 2 shoal-paramserver : -np 2 shoal-worker", output)

    def test_servers_and_workers_in_each_others_seats_are_told(self):
        self.start(2, 1, ranks=(1, 2))
        output = self.finish()
        self.assertEqual(self.job.returncode, 1, output)
        self.assertIn("rank 2 is a worker, but this job wants a server there", output)

    def test_a_mistaken_job_ends_with_code_two_and_its_mistakes(self):
        self.start(1, 1, "epochs: 0 sed: 7")
        output = self.finish()
        self.assertEqual(self.job.returncode, 2, output)
        self.assertIn("sed", output)

    def test_a_killed_worker_ends_the_job_within_seconds_and_leaves_no_half_of_a_file(self):
        self.start(1, 2, "epochs: 100000 progress { interval_seconds: 0.1 }")
        self.await_training()
        os.kill(self.pid_of("shoal-worker"), signal.SIGKILL)
        output = self.finish(within=10)
        self.assertNotEqual(self.job.returncode, 0, output)
        self.assertEqual(set(os.listdir(self.path("out"))),
                         {"job.textproto", "log.jsonl", "metrics-addresses.txt", "result.json", "units.jsonl"})
        self.assertIn("mpirun ended the job: a process of it died", self.result()["reason"])

    def test_a_server_that_stops_answering_ends_the_job_by_its_name(self):
        self.start(2, 2, "epochs: 100000 progress { interval_seconds: 0.1 }")
        self.await_training()
        os.kill(self.pid_of("shoal-paramserver"), signal.SIGSTOP)
        output = self.finish(within=20)
        self.assertEqual(self.job.returncode, 1, output)
        self.assertRegex(self.result()["reason"], r"^server \d \(rank \d, host .*\) has been silent for [23]\.\d s")

    def test_a_worker_paused_for_a_second_is_not_dead(self):
        self.start(1, 2, "epochs: 60 progress { interval_seconds: 0.1 }", sentences=20000)
        self.await_training()
        worker = self.pid_of("shoal-worker")
        os.kill(worker, signal.SIGSTOP)
        time.sleep(1)
        os.kill(worker, signal.SIGCONT)
        output = self.finish()
        self.assertEqual(self.job.returncode, 0, output)

    def test_a_coordinator_paused_for_a_second_goes_on(self):
        self.start(1, 2, "epochs: 60 progress { interval_seconds: 0.1 }", sentences=20000)
        self.await_training()
        coordinator = self.pid_of("shoal-coordinator")
        os.kill(coordinator, signal.SIGSTOP)
        time.sleep(1)
        os.kill(coordinator, signal.SIGCONT)
        output = self.finish()
        self.assertEqual(self.job.returncode, 0, output)

    def test_a_terminated_job_says_so_and_ends_within_two_seconds(self):
        self.start(1, 2, "epochs: 100000 progress { interval_seconds: 0.1 }")
        self.await_training()
        start = time.monotonic()
        self.job.send_signal(signal.SIGTERM)
        output = self.finish(within=10)
        self.assertLess(time.monotonic() - start, 2.5, output)
        self.assertEqual(self.result()["status"], "failed", output)
        self.assertIn("mpirun was told to stop", self.result()["reason"])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", sys.argv[2]])
