#include "harness/proc/janitor.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;

// Until nobody uses the folder, but no longer than a dying process may take.
void await_end_of_use(const fs::path& folder) {
  const int lock = ::open((folder / "lock").c_str(), O_RDONLY | O_CLOEXEC);
  if (lock < 0) return;
  for (int tried = 0; tried < 1000 && ::flock(lock, LOCK_EX | LOCK_NB) != 0; ++tried) {
    ::usleep(5000);
  }
  ::close(lock);
}

// Paths come separated by zero bytes; the end of them means that it is time.
[[noreturn]] void work(int line) {
  std::string text;
  char bytes[4096];
  for (ssize_t size = 0; (size = ::read(line, bytes, sizeof bytes)) != 0;) {
    if (size > 0) text.append(bytes, static_cast<std::size_t>(size));
  }
  std::error_code ignored;
  for (std::size_t at = 0; at < text.size();) {
    const std::string path = text.substr(at, text.find('\0', at) - at);
    at += path.size() + 1;
    await_end_of_use(path);
    fs::remove_all(path, ignored);
  }
  ::_exit(0);
}

}  // namespace

Result<Janitor> Janitor::start() {
  int line[2];
  if (::pipe2(line, O_CLOEXEC) != 0) {
    return fail(std::string("cannot make a pipe: ") + std::strerror(errno));
  }
  const pid_t pid = ::fork();
  if (pid < 0) {
    const std::string reason = std::strerror(errno);
    ::close(line[0]);
    ::close(line[1]);
    return fail("cannot start the janitor: " + reason);
  }
  if (pid > 0) {
    ::close(line[0]);
    return Janitor(line[1], pid);
  }
  ::setsid();  // Ctrl-C is not meant for it
  for (const int number : {SIGHUP, SIGINT, SIGTERM, SIGPIPE}) ::signal(number, SIG_IGN);
  ::prctl(PR_SET_NAME, "holdfast-janitor");
  // Nobody shall wait for the end of a file that only the janitor holds.
  ::dup2(line[0], STDIN_FILENO);
  ::syscall(SYS_close_range, 1U, ~0U, 0U);
  work(STDIN_FILENO);
}

Janitor::~Janitor() {
  if (line_ < 0) return;
  ::close(line_);
  ::waitpid(pid_, nullptr, 0);  // in a sandbox it is the outermost process that reaps it
}

Janitor::Janitor(Janitor&& other) noexcept
    : line_(std::exchange(other.line_, -1)), pid_(other.pid_) {}

void Janitor::mind(const fs::path& path) const {
  const std::string text = fs::absolute(path).string();
  [[maybe_unused]] const auto written = ::write(line_, text.c_str(), text.size() + 1);
}

}  // namespace holdfast::harness
