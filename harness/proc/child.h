// A child process: a node's daemon. It dies with the harness, whatever kills the harness.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "node/base/result.h"

namespace boost::asio {
class io_context;
}

namespace holdfast::harness {

// How a process ended.
struct ExitReason {
  bool signalled = false;
  int number = 0;  // of the signal, or the exit code

  bool operator==(const ExitReason&) const = default;
};
// "exit code 1", "signal 9 (Killed)".
std::string to_string(const ExitReason& reason);

struct ChildCommand {
  std::string program;
  std::vector<std::string> arguments;
  std::string log_file;    // takes its standard output and error, appended
  int lifeline = -1;       // becomes its standard input: the end of it means the harness is gone
  int network_fd = -1;     // the network namespace that it enters; -1: none
  std::vector<int> keeps;  // descriptors that it inherits under their numbers, above 2
  int output = -1;         // becomes its standard output; -1: that goes to the log
};

// A program in the folder of the running one.
std::filesystem::path beside_this_program(const char* name);

class Child {
 public:
  // Returns once the program runs. It is in a process group of its own (Ctrl-C in a terminal does
  // not reach it), inherits no descriptor but those named, and gets SIGKILL when the calling
  // thread dies.
  static Result<Child> start(boost::asio::io_context& context, const ChildCommand& command);
  // Kills and reaps it.
  ~Child();
  Child(Child&& other) noexcept;
  Child& operator=(Child&& other) noexcept;

  pid_t pid() const { return pid_; }
  // Readable once the process has ended.
  int pidfd() const { return pidfd_; }
  void signal(int number) const;
  // Waits until it has ended, at most so long, and reaps it. Nothing if it goes on.
  std::optional<ExitReason> wait(std::chrono::milliseconds most);

 private:
  Child(pid_t pid, int pidfd) : pid_(pid), pidfd_(pidfd) {}

  pid_t pid_ = -1;
  int pidfd_ = -1;
  std::optional<ExitReason> ended_;
};

}  // namespace holdfast::harness
