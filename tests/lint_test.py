#!/usr/bin/env python3
"""tests/lint finds each kind of violation where one is planted, and nothing in a tree that keeps the rules."""

import os
import subprocess
import sys
import tempfile
import unittest

LINT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lint")

HEADER = "// Row: what a table is made of.\n\n#pragma once\n\nint Row();\n"
SOURCE = '#include "data/row.h"\n\nint Row() { return 1; }\n'
LISTS = "shoal_library(data SOURCES row.cc)\n"
FORMAT = "BasedOnStyle: Google\nColumnLimit: 120\n"


class LintTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        self.write(".clang-format", FORMAT)
        self.write("data/row.h", HEADER)
        self.write("data/row.cc", SOURCE)
        self.write("data/CMakeLists.txt", LISTS)

    def write(self, path, text):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(text)

    def lint(self):
        done = subprocess.run([sys.executable, LINT, self.root], capture_output=True, text=True)
        *findings, _ = done.stdout.splitlines()
        self.assertEqual(done.returncode, 1 if findings else 0, done.stdout + done.stderr)
        return findings

    def assert_one_finding(self, *parts):
        findings = self.lint()
        self.assertEqual(len(findings), 1, findings)
        for part in parts:
            self.assertIn(part, findings[0])

    def test_a_tree_that_keeps_the_rules_has_no_findings(self):
        self.assertEqual(self.lint(), [])

    def test_without_git_folders_that_begin_with_a_dot_are_passed_over(self):
        self.write(".libtorch/include/row.h", "int Row();\n")
        self.assertEqual(self.lint(), [])

    def test_in_a_worktree_of_git_what_git_ignores_is_passed_over(self):
        def git(*arguments):
            subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *arguments], cwd=self.root, check=True,
                           capture_output=True)

        self.write(".gitignore", "/made/\n/tree/\n")
        git("init")
        git("add", ".")
        git("commit", "-m", "a tree")
        git("worktree", "add", "tree")
        self.root = os.path.join(self.root, "tree")
        self.write("made/row.h", "int Row();\n")
        self.assertEqual(self.lint(), [])

    def test_an_empty_tree_is_not_passed(self):
        with tempfile.TemporaryDirectory() as empty:
            self.assertEqual(subprocess.run([sys.executable, LINT, empty], capture_output=True).returncode, 1)

    def test_a_badly_formatted_line_is_found(self):
        self.write("data/row.cc", '#include "data/row.h"\n\nint Row()   { return 1; }\n')
        self.assert_one_finding("data/row.cc:3:", "clang-format")

    def test_a_function_of_71_lines_is_found_and_one_of_70_is_not(self):
        def body(lines):
            return '#include "data/row.h"\n\nint Row() {\n' + "  Row();\n" * (lines - 3) + "  return 1;\n}\n"

        self.write("data/row.cc", body(70))
        self.assertEqual(self.lint(), [])
        self.write("data/row.cc", body(71))
        self.assert_one_finding("data/row.cc:3:", "Row has 71 lines")

    def test_a_long_test_body_is_found(self):
        self.write("tests/row_test.cc", "TEST(RowTest, IsLong) {\n" + "  Row();\n" * 80 + "}\n")
        self.write("tests/CMakeLists.txt", "shoal_test(row_test SOURCES row_test.cc)\n")
        self.assert_one_finding("tests/row_test.cc:1:", "lines, more than 70")

    def test_a_file_of_501_lines_is_found(self):
        self.write("data/row.h", HEADER + "// More.\n" * 496)
        self.assert_one_finding("data/row.h", "501 lines, more than 500")

    def test_a_test_file_may_have_800_lines(self):
        self.write("tests/row.py", "pass\n" * 800)
        self.assertEqual(self.lint(), [])
        self.write("tests/row.py", "pass\n" * 801)
        self.assert_one_finding("tests/row.py", "801 lines, more than 800")

    def test_an_include_against_the_direction_is_found(self):
        self.write("data/row.cc", '#include "data/row.h"\n\n#include "worker/step_loop.h"\n\nint Row() { return 1; }\n')
        self.assert_one_finding("data/row.cc:3:", "data must not include worker/step_loop.h")

    def test_a_worker_may_include_the_client_and_not_the_server(self):
        self.write("worker/CMakeLists.txt", "shoal_library(worker SOURCES a.cc)\n")
        self.write("worker/a.cc", '#include "paramserver/client.h"\n#include "paramserver/server.h"\n')
        self.assert_one_finding("worker/a.cc:2:", "paramserver/server.h")

    def test_torch_outside_worker_and_evaluate_is_found(self):
        self.write("data/row.cc", '#include "data/row.h"\n\n#include <torch/torch.h>\n\nint Row() { return 1; }\n')
        self.assert_one_finding("data/row.cc:3:", "Torch outside")

    def test_torch_and_protobuf_in_one_unit_are_found_through_other_headers(self):
        self.write("worker/CMakeLists.txt", "shoal_library(worker SOURCES a.cc)\n")
        self.write("worker/a.h", '// A: a model.\n\n#pragma once\n\n#include "proto/job.pb.h"\n')
        self.write("worker/a.cc", '#include "worker/a.h"\n\n#include <ATen/ATen.h>\n')
        self.assert_one_finding("worker/a.cc:", "ATen/ATen.h", "proto/job.pb.h")

    def test_a_header_without_a_contract_is_found(self):
        self.write("data/row.h", HEADER.replace("// Row: what a table is made of.\n\n", ""))
        self.assert_one_finding("data/row.h:1:", "does not open with what it is for")

    def test_a_header_without_a_guard_is_found(self):
        self.write("data/row.h", HEADER.replace("#pragma once\n\n", ""))
        self.assert_one_finding("data/row.h:1:", "no #pragma once")

    def test_a_source_that_nothing_builds_is_found(self):
        self.write("data/CMakeLists.txt", "shoal_library(data SOURCES arrow.cc)\n")
        self.assert_one_finding("data/row.cc: not named in data/CMakeLists.txt")

    def test_unfinished_work_is_found(self):
        self.write("data/notes.md", "TO" + "DO: more rows\n")
        self.assert_one_finding("data/notes.md:1:", "unfinished work")

    def test_a_path_of_one_machine_is_found(self):
        self.write("launch/start", "#!/bin/sh\ncat /ho" + "me/ada/corpus.txt\n")
        self.assert_one_finding("launch/start:2:", "a path of one machine")

    def test_white_space_at_the_end_of_a_line_is_found(self):
        self.write("data/CMakeLists.txt", "shoal_library(data SOURCES row.cc) \n")
        self.assert_one_finding("data/CMakeLists.txt:1:", "white space")


if __name__ == "__main__":
    unittest.main()
