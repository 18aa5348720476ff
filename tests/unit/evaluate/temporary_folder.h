// TemporaryFolder: a folder of a test's own, gone with it.

#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>
#include <string_view>

#include "common/files.h"
#include "common/text.h"
#include "gtest/gtest.h"

namespace shoal {

class TemporaryFolder {
 public:
  TemporaryFolder() : path_(::testing::TempDir() + "/shoal_test.XXXXXX") {
    EXPECT_NE(::mkdtemp(path_.data()), nullptr) << path_;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }

  const std::string& path() const { return path_; }
  std::string Path(std::string_view name) const { return Cat(path_, "/", name); }
  // The path of a file with these bytes.
  std::string Write(std::string_view name, std::string_view bytes) const {
    EXPECT_TRUE(WriteFileAtomically(Path(name), bytes).ok());
    return Path(name);
  }

 private:
  std::string path_;
};

}  // namespace shoal
