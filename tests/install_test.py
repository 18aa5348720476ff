#!/usr/bin/env python3
"""What `cmake --install` leaves starts from where it lies: tests/install_test.py BUILD."""

import os
import subprocess
import sys
import tempfile
import unittest

BUILD = sys.argv.pop(1)


class InstallTest(unittest.TestCase):
    def test_every_program_finds_its_libraries_from_where_it_is_installed(self):
        environment = {name: value for name, value in os.environ.items() if name != "LD_LIBRARY_PATH"}

        def output_of(*command):
            done = subprocess.run(command, capture_output=True, text=True, env=environment)
            self.assertEqual(done.returncode, 0, f"{command}: {done.stdout}{done.stderr}")
            return done.stdout

        with tempfile.TemporaryDirectory() as prefix:
            output_of("cmake", "--install", BUILD, "--prefix", prefix)
            programs = sorted(os.listdir(os.path.join(prefix, "bin")))
            self.assertIn("shoal", programs)
            for program in programs:
                self.assertNotIn("not found", output_of("ldd", os.path.join(prefix, "bin", program)), program)
            self.assertIn("usage: shoal", output_of(os.path.join(prefix, "bin/shoal"), "--help"))
            if "shoal-image-worker" in programs:
                self.assertIn("{", output_of(os.path.join(prefix, "bin/shoal-image-worker"), "--facts"))
                self.assertIn("VERB", output_of(os.path.join(prefix, "bin/shoal-evaluate-images"), "--help"))


if __name__ == "__main__":
    unittest.main()
