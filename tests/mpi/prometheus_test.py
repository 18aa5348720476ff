"""The metrics of all roles under Prometheus' own tools: promtool finds nothing, and a real prometheus scrapes them.

Usage: prometheus_test.py PATH_OF_metrics_probe TESTCASE.TEST
Skipped where prometheus or promtool is not installed.
"""

import json
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
import urllib.request

PROBE = sys.argv[1]

CONFIGURATION = """
global: {scrape_interval: 1s}
scrape_configs:
  - job_name: shoal
    static_configs: [{targets: ["%s"]}]
"""


def fetch(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return answer.read().decode()


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


class PrometheusTest(unittest.TestCase):
    def setUp(self):
        self.probe = subprocess.Popen([PROBE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.end_probe)
        self.address = self.probe.stdout.readline().strip()
        self.assertRegex(self.address, r"^127\.0\.0\.1:\d+$")

    def end_probe(self):
        self.probe.stdin.close()
        self.assertEqual(self.probe.wait(timeout=20), 0)
        self.probe.stdout.close()

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
    def test_promtool_finds_nothing_to_complain_about(self):
        text = fetch(f"http://{self.address}/metrics")
        # promtool is content with empty input.
        self.assertGreater(len(re.findall(r"^# TYPE shoal_\w+ ", text, re.MULTILINE)), 30)
        check = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True, timeout=60)
        self.assertEqual((check.returncode, check.stdout, check.stderr), (0, "", ""))

    @unittest.skipUnless(shutil.which("prometheus"), "prometheus is not installed")
    def test_prometheus_scrapes_values_labels_and_histograms(self):
        with tempfile.TemporaryDirectory() as folder:
            url = self.start_prometheus(folder)
            self.assertEqual(self.await_value(url, 'up{job="shoal"}'), 1)
            self.assertEqual(self.await_value(url, "shoal_worker_words_total"), 4321)
            self.assertEqual(self.await_value(url, 'shoal_worker_phase_seconds_total{phase="compute"}'), 1.5)
            self.assertEqual(self.await_value(url, 'shoal_server_rows_total{table="output",kind="push_changes"}'), 99)
            self.assertEqual(self.await_value(url, 'shoal_client_request_seconds_bucket{le="0.00025"}'), 1)
            self.assertEqual(self.await_value(url, "shoal_client_request_seconds_count"), 2)
            self.assertEqual(self.await_value(url, 'shoal_coordinator_heartbeat_age_seconds{role="worker",rank="3"}'),
                             0.25)
            self.assertEqual(self.await_value(url, "count(shoal_build_info)"), 1)

    def start_prometheus(self, folder):
        with open(f"{folder}/prometheus.yml", "w") as file:
            file.write(CONFIGURATION % self.address)
        port = free_port()
        server = subprocess.Popen(
            ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        return f"http://127.0.0.1:{port}/api/v1/query?query="

    def await_value(self, url, query):
        """The one value of a query, once there is one; the first scrapes take some seconds."""
        deadline = time.monotonic() + 60
        answer = None
        while time.monotonic() < deadline:
            try:
                answer = json.loads(fetch(url + urllib.parse.quote(query)))
                if answer["data"]["result"]:
                    [sample] = answer["data"]["result"]
                    return float(sample["value"][1])
            except OSError:
                pass  # It is still starting.
            time.sleep(0.2)
        self.fail(f"prometheus has no {query} after 60 s: {answer}")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", sys.argv[2]])
