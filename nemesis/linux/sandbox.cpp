#include "nemesis/linux/sandbox.h"

#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include "nemesis/linux/descriptor.h"
#include "node/base/check.h"

namespace holdfast::nemesis {
namespace {

constexpr int kNamespaces = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID;
constexpr std::array kPassedOn = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};

// ---- Why a machine refuses -------------------------------------------------------------------

// The number in a file of /proc/sys; -1 if there is no such file.
long setting(const std::string& name) {
  long value = -1;
  std::ifstream("/proc/sys/" + name) >> value;
  return value;
}

Error refusal(int error) {
  constexpr const char* kElse = ", or use --on loopback";
  for (const char* kind : {"user", "net", "mnt", "pid"}) {
    const std::string name = std::string("max_") + kind + "_namespaces";
    if (setting("user/" + name) == 0) {
      return fail("this machine allows no namespaces: enable them with sysctl user." + name +
                  "=10000" + kElse);
    }
  }
  if (setting("kernel/unprivileged_userns_clone") == 0) {
    return fail(std::string("this machine lets only root make namespaces: run as root, or enable "
                            "them with sysctl kernel.unprivileged_userns_clone=1") +
                kElse);
  }
  if (setting("kernel/apparmor_restrict_unprivileged_userns") == 1) {
    return fail(std::string("AppArmor lets only root make namespaces: run as root, or enable them "
                            "with sysctl kernel.apparmor_restrict_unprivileged_userns=0") +
                kElse);
  }
  return fail(std::string("this machine allows no namespaces (") + std::strerror(error) +
              "): run as root, give a container --privileged" + kElse);
}

// ---- Making the namespaces -------------------------------------------------------------------

bool write_file(const char* path, const std::string& text) {
  const Descriptor file(::open(path, O_WRONLY | O_CLOEXEC));
  return file.is_open() && ::write(file.get(), text.data(), text.size()) == ssize_t(text.size());
}

// One user and one group, each mapped to root inside.
bool map_users(uid_t user, gid_t group) {
  return write_file("/proc/self/setgroups", "deny") &&
         write_file("/proc/self/uid_map", "0 " + std::to_string(user) + " 1") &&
         write_file("/proc/self/gid_map", "0 " + std::to_string(group) + " 1");
}

// Whether a user namespace was needed too.
Result<bool> make_namespaces() {
  const uid_t user = ::geteuid();
  const gid_t group = ::getegid();
  bool own_users = false;
  if (::unshare(kNamespaces) != 0) {
    if (errno != EPERM || ::unshare(kNamespaces | CLONE_NEWUSER) != 0) return refusal(errno);
    own_users = true;
    if (!map_users(user, group)) return refusal(errno);
  }
  // What is mounted inside stays inside. Where AppArmor takes a new user's rights, this tells.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return refusal(errno);
  return own_users;
}

bool raise_loopback() {
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  return ::ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0;
}

// ---- The processes that wait -----------------------------------------------------------------

// How the harness ended, as waitpid says it; shared by the three processes. The first process
// inside cannot tell it in another way: no signal of its own can end it.
struct Ending {
  bool known;
  int status;
};

sigset_t attended_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  for (const int number : kPassedOn) sigaddset(&set, number);
  return set;
}

// Reaps whoever has ended; true once `child` has.
bool reap(pid_t child, int& status) {
  int ended = 0;
  for (pid_t pid = 0; (pid = ::waitpid(-1, &ended, WNOHANG)) > 0;) {
    if (pid != child) continue;
    status = ended;
    return true;
  }
  return false;
}

// Waits until `child` ends, and returns its status. Passes signals on to it, but for those from
// the terminal (SI_KERNEL), which the whole process group gets. Ends this process when nobody
// holds the other end of `lifeline` any more.
int attend(pid_t child, int lifeline) {
  const sigset_t set = attended_signals();
  const Descriptor signals(::signalfd(-1, &set, SFD_CLOEXEC));
  std::array<pollfd, 2> ready{pollfd{signals.get(), POLLIN, 0}, pollfd{lifeline, POLLIN, 0}};
  for (int status = 0;;) {
    if (reap(child, status)) return status;
    if (::poll(ready.data(), ready.size(), -1) < 0) continue;
    if (ready[1].revents != 0) ::_exit(1);
    signalfd_siginfo info{};
    if (::read(signals.get(), &info, sizeof info) != sizeof info) continue;
    const int number = static_cast<int>(info.ssi_signo);
    if (number != SIGCHLD && info.ssi_code != SI_KERNEL) ::kill(child, number);
  }
}

// Ends this process as another one ended.
[[noreturn]] void end_as(int status) {
  if (WIFSIGNALED(status)) {
    const rlimit no_core{0, 0};  // it would be this process's, which did nothing wrong
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::signal(WTERMSIG(status), SIG_DFL);
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, WTERMSIG(status));
    ::kill(::getpid(), WTERMSIG(status));
    ::sigprocmask(SIG_UNBLOCK, &only, nullptr);
  }
  ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 255);
}

[[noreturn]] void stay_outside(pid_t first, const Ending& ending) {
  const int status = attend(first, -1);
  end_as(ending.known ? ending.status : status);
}

[[noreturn]] void be_first_inside(pid_t harness, int lifeline, Ending& ending) {
  ending.status = attend(harness, lifeline);
  ending.known = true;
  ::_exit(0);  // the kernel kills and reaps whatever is left inside before the caller sees this
}

// The pid by which the machine knows this process: /proc is still the one from outside.
pid_t outside_pid() {
  std::array<char, 16> text{};
  const ssize_t length = ::readlink("/proc/self", text.data(), text.size() - 1);
  return length > 0 ? std::atoi(text.data()) : 0;
}

}  // namespace

Result<Sandbox> enter_sandbox() {
  CHECK(::getpid() == ::gettid());
  const Result<bool> own_users = make_namespaces();
  if (own_users.has_error()) return own_users.error();
  if (!raise_loopback()) return refusal(errno);

  void* const shared =
      ::mmap(nullptr, sizeof(Ending), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  std::array<int, 2> lifeline{};
  if (shared == MAP_FAILED || ::pipe2(lifeline.data(), O_CLOEXEC) != 0) {
    return fail(std::string("cannot enter the sandbox: ") + std::strerror(errno));
  }
  auto& ending = *static_cast<Ending*>(shared);
  std::fflush(nullptr);        // or it would appear twice
  ::signal(SIGCHLD, SIG_DFL);  // or there would be nothing to wait for
  sigset_t before;
  const sigset_t attended = attended_signals();
  ::sigprocmask(SIG_BLOCK, &attended, &before);

  const pid_t first = ::fork();
  if (first < 0) return fail(std::string("cannot enter the sandbox: ") + std::strerror(errno));
  if (first > 0) {
    ::close(lifeline[0]);
    stay_outside(first, ending);  // its end of the lifeline closes when it dies
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::close(lifeline[1]);  // from now on a caller that died before the line above shows here
  const pid_t harness = ::fork();
  if (harness < 0) ::_exit(255);
  if (harness > 0) be_first_inside(harness, lifeline[0], ending);
  ::close(lifeline[0]);
  ::munmap(shared, sizeof(Ending));
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  const Sandbox sandbox{outside_pid(), own_users.value()};
  // Refused to some users in containers: then /proc shows the pids from outside.
  ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr);
  return sandbox;
}

}  // namespace holdfast::nemesis
