#!/usr/bin/env python3
"""The scripts of launch/ and bench/ that bring things, with programs in the place of dpkg, apt-get, python3 and pip."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "bench"))

import source_key  # noqa: E402
import text  # noqa: E402


class ScriptsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def write(self, path, content, mode=0o644):
        path = os.path.join(self.folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(content)
        os.chmod(path, mode)
        return path

    def program(self, path, script):
        return self.write(path, "#!/bin/sh\n" + script, 0o755)

    def run_script(self, *command):
        environment = {**os.environ, "PATH": f"{self.folder}/programs:{os.environ['PATH']}"}
        return subprocess.run(command, capture_output=True, text=True, env=environment)

    def test_a_package_that_somebody_holds_is_installed(self):
        self.program("programs/dpkg-query", 'shift 3\nfor package; do echo "hi  $package"; done\n')
        self.program("programs/apt-get", "exit 1\n")
        done = self.run_script(os.path.join(ROOT, "launch/install"))
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_a_package_of_which_only_the_configuration_is_left_is_missing(self):
        self.program("programs/dpkg-query", 'shift 3\nfor package; do echo "rc  $package"; done\n')
        self.program("programs/apt-get", "exit 1\n")
        done = self.run_script(os.path.join(ROOT, "launch/install"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("cmake", done.stdout + done.stderr)

    def test_peers_are_installed_after_a_first_run_that_was_interrupted(self):
        os.makedirs(os.path.join(self.folder, "bench"))
        shutil.copy(os.path.join(ROOT, "bench/peers"), os.path.join(self.folder, "bench/peers"))
        whole = self.program("whole", "exit 0\n")
        self.program("programs/python3", f'mkdir -p "$4/bin" && cp {whole} "$4/bin/python"\n')
        # Without pip, which venv brings last.
        self.program("build/peers/bin/python", "exit 1\n")
        done = self.run_script(os.path.join(self.folder, "bench/peers"), "pillow")
        self.assertEqual((done.returncode, done.stdout.strip()),
                         (0, os.path.join(os.path.realpath(self.folder), "build/peers/bin/python")), done.stderr)

    def test_a_text_of_the_same_name_elsewhere_and_one_that_changed_are_prepared_anew(self):
        one, other = self.write("a/corpus.txt", "one two"), self.write("b/corpus.txt", "three")
        kept = os.path.join(self.folder, "kept")
        self.assertEqual(text.text8_form(one, kept).words, 2)
        self.assertEqual(text.text8_form(other, kept).words, 1)
        self.write("a/corpus.txt", "one two three")
        self.assertEqual(text.text8_form(one, kept).words, 3)

    def test_a_source_that_did_not_change_keeps_its_key(self):
        path = self.write("a/corpus.txt", "one two")
        self.assertEqual(source_key.key(path), source_key.key(os.path.relpath(path)))


if __name__ == "__main__":
    unittest.main()
