// The program holdfast, called as a user would, in a folder of the test's own.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>
#include <thread>

namespace holdfast::harness {

class ProgramTest : public testing::Test {
 protected:
  struct Outcome {
    int code = -1;
    std::string text;  // standard output and error
  };

  ProgramTest() {
    char name[] = "/tmp/holdfast-program-XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  // A killed run's janitor may be removing the same files.
  ~ProgramTest() override {
    std::error_code error;
    for (int i = 0; i < 100 && std::filesystem::exists(folder_); ++i) {
      std::filesystem::remove_all(folder_, error);
      if (error) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }

  static std::string program() { return HOLDFAST_BIN_DIR "/holdfast"; }

  // The pipe is what it prints; end() takes it.
  std::FILE* begin(const std::string& words) const {
    const std::string line = "cd " + folder_.string() + " && " + program() + " " + words + " 2>&1";
    return ::popen(line.c_str(), "r");
  }
  static Outcome end(std::FILE* pipe) {
    Outcome outcome;
    char bytes[4096];
    while (const std::size_t size = std::fread(bytes, 1, sizeof bytes, pipe)) {
      outcome.text.append(bytes, size);
    }
    outcome.code = WEXITSTATUS(::pclose(pipe));
    return outcome;
  }
  Outcome holdfast(const std::string& words) const { return end(begin(words)); }

  std::filesystem::path folder_;
};

}  // namespace holdfast::harness
