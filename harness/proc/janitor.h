// A process that removes files which must not outlive this one, whatever ends this one.
#pragma once

#include <sys/types.h>

#include <filesystem>

#include "node/base/result.h"

namespace holdfast::harness {

class Janitor {
 public:
  // Call it before the sandbox is entered (all inside dies with the harness, the janitor must not)
  // and while there is one thread. The janitor holds nothing of this process open.
  static Result<Janitor> start();
  // It goes to work once every copy of this process is gone, or here: waits until it has ended.
  ~Janitor();
  Janitor(Janitor&& other) noexcept;
  Janitor& operator=(Janitor&& other) = delete;

  // The file or folder is to be removed in the end, with what is in it. A folder in which a file
  // "lock" is locked is in use: the janitor waits for that.
  void mind(const std::filesystem::path& path) const;

 private:
  Janitor(int line, pid_t pid) : line_(line), pid_(pid) {}

  int line_;  // the writing end of a pipe
  pid_t pid_;
};

}  // namespace holdfast::harness
