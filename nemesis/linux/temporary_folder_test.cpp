#include "nemesis/linux/temporary_folder.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "nemesis/linux/testing/in_sandbox.h"

namespace holdfast::nemesis {
namespace {

namespace fs = std::filesystem;

class LeftoversTest : public testing::Test {
 protected:
  LeftoversTest() {
    std::string name = (fs::temp_directory_path() / "leftovers-XXXXXX").string();
    parent_ = ::mkdtemp(name.data());
  }
  ~LeftoversTest() override { fs::remove_all(parent_); }

  fs::path parent_;
};

TEST_F(LeftoversTest, AFolderGoesWithItsObject) {
  fs::path path;
  {
    const TemporaryFolder folder = TemporaryFolder::make(parent_).value();
    path = folder.path();
    std::ofstream(path / "file") << "x";
    EXPECT_TRUE(path.filename().string().starts_with("holdfast-"));
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(LeftoversTest, OnlyWhatAKilledProcessLeftIsRemoved) {
  const TemporaryFolder used = TemporaryFolder::make(parent_).value();
  for (const char* name : {"holdfast-mine", "other"}) fs::create_directory(parent_ / name);
  std::ofstream(parent_ / "holdfast-file") << "x";
  fs::create_directory_symlink(used.path(), parent_ / "holdfast-symlink");
  Word word;
  const pid_t pid = ::fork();
  if (pid == 0) {
    const TemporaryFolder folder = TemporaryFolder::make(parent_).value();
    fs::create_directories(folder.path() / "nodes/n1");
    std::ofstream(folder.path() / "nodes/n1/data") << "x";
    word.say(folder.path().string());
    ::pause();
  }
  const fs::path left = word.hear();
  EXPECT_EQ(remove_leftovers(parent_), std::vector<fs::path>{}) << "it is in use";
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  EXPECT_EQ(remove_leftovers(parent_), std::vector<fs::path>{left});
  EXPECT_FALSE(fs::exists(left));
  for (const char* name : {"holdfast-mine", "other", "holdfast-file", "holdfast-symlink"}) {
    EXPECT_TRUE(fs::exists(parent_ / name)) << name;
  }
  EXPECT_TRUE(fs::exists(used.path()));
}

TEST_F(LeftoversTest, AMissingParentHasNone) {
  EXPECT_EQ(remove_leftovers(parent_ / "missing"), std::vector<fs::path>{});
  EXPECT_TRUE(TemporaryFolder::make(parent_ / "missing").has_error());
}

}  // namespace
}  // namespace holdfast::nemesis
