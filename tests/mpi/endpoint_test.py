"""MpiEndpoint seen from outside: how long a job takes to end, with which exit code, and what it leaves behind.

Usage: endpoint_test.py PATH_OF_endpoint_scenarios TESTCASE.TEST MPIRUN ARGUMENTS...
"""

import os
import subprocess
import sys
import time
import unittest

PROGRAM, MPIRUN = sys.argv[1], sys.argv[3:]


def run(scenario, ranks):
    """Runs a scenario to its end, at most a minute: (exit code, output, seconds)."""
    start = time.monotonic()
    job = subprocess.Popen(MPIRUN + ["-np", str(ranks), PROGRAM, scenario], text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        output, _ = job.communicate(timeout=60)
    finally:
        job.kill()
    return job.returncode, output, time.monotonic() - start


def processes_left(scenario):
    """Those of this test's program, which runs one scenario at a time in one test."""
    left = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                command = file.read().split(b"\0")
        except OSError:
            continue
        if command[:2] == [PROGRAM.encode(), scenario.encode()]:
            left.append(int(pid))
    return left


class EndpointTest(unittest.TestCase):
    def test_a_killed_rank_ends_the_job_within_seconds(self):
        code, output, seconds = run("killed", ranks=3)
        self.assertEqual(code, 128 + 9, output)
        self.assertLess(seconds, 15, output)
        self.assertEqual(processes_left("killed"), [])

    def test_an_aborting_rank_ends_the_job_with_its_exit_code(self):
        code, output, seconds = run("aborted", ranks=3)
        self.assertEqual(code, 3, output)
        self.assertLess(seconds, 15, output)
        self.assertEqual(processes_left("aborted"), [])

    def test_a_message_that_nobody_takes_does_not_keep_the_job_from_ending(self):
        code, output, seconds = run("abandoned", ranks=2)
        self.assertEqual(code, 0, output)
        self.assertIn("rank 1 did not take 1 messages (4194304 bytes) of rank 0 in time", output)
        self.assertLess(seconds, 20, output)

    def test_idle_roles_that_exchange_heartbeats_cost_under_two_percent_of_a_core_each(self):
        # What a sleep costs depends on what else the machine does, so the quietest of three looks counts.
        for _ in range(3):
            code, output, _ = run("idle", ranks=5)
            if code == 0:
                break
        self.assertEqual(code, 0, output)
        self.assertEqual(output.count("of a core while idle"), 5, output)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", sys.argv[2]])
