#include "harness/proc/child.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

// Boost.Process 1.81 on std::filesystem does not include all that it needs.
#include <boost/asio/detail/throw_error.hpp>
#include <boost/optional.hpp>
#include <boost/type_traits/is_constructible.hpp>
#include <boost/type_traits/is_convertible.hpp>
#include <boost/type_traits/remove_pointer.hpp>
//
#include <boost/process/v2/process.hpp>
#include <boost/process/v2/stdio.hpp>

namespace holdfast::harness {
namespace {

namespace process = boost::process::v2;

// Runs in the child between fork and exec: only calls that are safe there.
struct ChildSetup {
  pid_t parent;
  const ChildCommand& command;

  template <class Launcher>
  process::error_code on_exec_setup(Launcher&, const process::filesystem::path&,
                                    const char* const*(&)) const {
    sigset_t none;
    sigemptyset(&none);
    if (::setpgid(0, 0) != 0 || ::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
        ::sigprocmask(SIG_SETMASK, &none, nullptr) != 0 ||
        (command.network_fd >= 0 && ::setns(command.network_fd, CLONE_NEWNET) != 0) ||
        ::syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */) != 0) {
      return process::error_code(errno, boost::system::system_category());
    }
    for (const int fd : command.keeps) ::fcntl(fd, F_SETFD, 0);
    if (::getppid() != parent) ::_exit(1);  // it died before the death signal was set
    ::signal(SIGINT, SIG_DFL);
    ::signal(SIGPIPE, SIG_DFL);
    return {};
  }

  // The launcher would call exit(): what the harness has not flushed yet would appear twice.
  template <class Launcher>
  void on_exec_error(Launcher&, const process::filesystem::path&, const char* const*(&),
                     const process::error_code&) const {
    ::_exit(127);
  }
};

}  // namespace

std::string to_string(const ExitReason& reason) {
  if (!reason.signalled) return "exit code " + std::to_string(reason.number);
  return "signal " + std::to_string(reason.number) + " (" + ::strsignal(reason.number) + ")";
}

std::filesystem::path beside_this_program(const char* name) {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() / name;
}

Result<Child> Child::start(boost::asio::io_context& context, const ChildCommand& command) {
  const int log = ::open(command.log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0) {
    return fail("cannot write " + command.log_file + ": " + std::strerror(errno));
  }
  const int output = command.output >= 0 ? command.output : log;
  process::default_process_launcher launcher;
  boost::system::error_code error;
  try {
    auto started =
        launcher(context.get_executor(), error, process::filesystem::path(command.program),
                 command.arguments, process::process_stdio{{command.lifeline}, {output}, {log}},
                 ChildSetup{::getpid(), command});
    started.detach();  // reaped here: the library's exit codes do not tell signals from codes
  } catch (const std::exception& thrown) {  // what the library throws beside its error code
    ::close(log);
    return fail("cannot start " + command.program + ": " + thrown.what());
  }
  ::close(log);
  const pid_t pid = launcher.pid;
  if (error) {
    if (pid > 0) ::waitpid(pid, nullptr, 0);  // forked, but the program could not be executed
    return fail("cannot start " + command.program + ": " + error.message());
  }
  const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (pidfd < 0) {
    const std::string reason = std::strerror(errno);
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return fail("cannot watch " + command.program + ": " + reason);
  }
  return Child(pid, pidfd);
}

Child::~Child() {
  if (pid_ < 0) return;
  if (!ended_) {
    signal(SIGKILL);
    (void)wait(std::chrono::milliseconds(10000));
  }
  ::close(pidfd_);
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::exchange(other.pidfd_, -1)),
      ended_(std::exchange(other.ended_, std::nullopt)) {}

Child& Child::operator=(Child&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(pidfd_, other.pidfd_);
  std::swap(ended_, other.ended_);
  return *this;
}

void Child::signal(int number) const {
  // Through the descriptor: a number may name somebody else by now, a descriptor never does.
  if (!ended_) ::syscall(SYS_pidfd_send_signal, pidfd_, number, nullptr, 0U);
}

std::optional<ExitReason> Child::wait(std::chrono::milliseconds most) {
  if (ended_) return ended_;
  pollfd ready{pidfd_, POLLIN, 0};
  int polled = 0;
  do {
    polled = ::poll(&ready, 1, static_cast<int>(most.count()));
  } while (polled < 0 && errno == EINTR);
  siginfo_t info{};
  if (polled <= 0 || ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED) != 0) {
    return std::nullopt;
  }
  ended_ = ExitReason{info.si_code != CLD_EXITED, info.si_status};
  return ended_;
}

}  // namespace holdfast::harness
