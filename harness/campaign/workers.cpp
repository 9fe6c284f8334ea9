#include "harness/campaign/workers.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "node/base/check.h"

namespace holdfast::harness {
namespace {

std::int64_t now_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

bool write_all(int file, const char* from, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(file, from, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    from += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

bool read_all(int file, char* to, std::size_t size) {
  while (size > 0) {
    const ssize_t got = ::read(file, to, size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    to += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

// A message: its length, then its bytes.
bool send_text(int file, std::string_view text) {
  const std::uint64_t size = text.size();
  return write_all(file, reinterpret_cast<const char*>(&size), sizeof size) &&
         write_all(file, text.data(), text.size());
}

[[noreturn]] void serve(int from, int to, const Workers::Job& job) {
  std::string task;
  for (;;) {
    std::uint64_t size = 0;
    if (!read_all(from, reinterpret_cast<char*>(&size), sizeof size)) ::_exit(0);
    task.resize(size);
    if (!read_all(from, task.data(), size)) ::_exit(0);
    if (!send_text(to, job(task))) ::_exit(0);
  }
}

std::string last_lines(int file) {
  constexpr off_t kMost = 2000;
  const off_t size = ::lseek(file, 0, SEEK_END);
  const off_t from = std::max<off_t>(0, size - kMost);
  std::string text(static_cast<std::size_t>(std::max<off_t>(0, size - from)), '\0');
  const ssize_t got = ::pread(file, text.data(), text.size(), from);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

Workers::Workers(std::size_t count, Job job, int task_timeout_s)
    : job_(std::move(job)), task_timeout_s_(task_timeout_s), workers_(count) {
  std::signal(SIGPIPE, SIG_IGN);  // a worker may be gone when it is written to
  std::fflush(stdout);
  for (Worker& worker : workers_) spawn(worker);
}

Workers::~Workers() {
  for (Worker& worker : workers_) end(worker);
}

void Workers::spawn(Worker& worker) {
  int task[2];
  int result[2];
  CHECK(::pipe2(task, O_CLOEXEC) == 0 && ::pipe2(result, O_CLOEXEC) == 0);
  std::FILE* const errors = std::tmpfile();
  CHECK(errors != nullptr);
  worker.errors = ::dup(::fileno(errors));
  std::fclose(errors);
  const pid_t parent = ::getpid();
  worker.pid = ::fork();
  CHECK(worker.pid >= 0);
  if (worker.pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(0);
    std::signal(SIGINT, SIG_IGN);  // the parent decides
    std::signal(SIGTERM, SIG_DFL);
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::dup2(worker.errors, 2);
    for (const Worker& other : workers_) {
      if (other.to >= 0) ::close(other.to);
      if (other.from >= 0) ::close(other.from);
    }
    ::close(task[1]);
    ::close(result[0]);
    serve(task[0], result[1], job_);
  }
  ::close(task[0]);
  ::close(result[1]);
  worker.to = task[1];
  worker.from = result[0];
  worker.busy = false;
  worker.received.clear();
}

void Workers::end(Worker& worker) {
  if (worker.pid < 0) return;
  ::close(worker.to);
  ::close(worker.from);
  ::close(worker.errors);
  ::kill(worker.pid, SIGKILL);
  while (::waitpid(worker.pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  worker.pid = worker.to = worker.from = worker.errors = -1;
}

bool Workers::has_idle() const {
  return std::ranges::any_of(workers_, [](const Worker& worker) { return !worker.busy; });
}

bool Workers::all_idle() const {
  return std::ranges::none_of(workers_, [](const Worker& worker) { return worker.busy; });
}

void Workers::start(std::uint64_t id, std::string task) {
  const auto idle = std::ranges::find_if(workers_, [](const Worker& each) { return !each.busy; });
  CHECK(idle != workers_.end());
  idle->busy = true;
  idle->id = id;
  idle->started_s = now_s();
  // A worker that died since is noticed when its result is awaited.
  (void)send_text(idle->to, task);
}

Workers::Done Workers::give_up(Worker& worker, const std::string& why) {
  Done done;
  done.id = worker.id;
  done.crashed = true;
  done.crash = last_lines(worker.errors);
  if (done.crash.empty()) done.crash = why;
  end(worker);
  spawn(worker);
  return done;
}

std::optional<Workers::Done> Workers::read(Worker& worker) {
  char buffer[65536];
  const ssize_t got = ::read(worker.from, buffer, sizeof buffer);
  if (got < 0 && errno == EINTR) return std::nullopt;
  if (got <= 0) return give_up(worker, "the process died");
  worker.received.append(buffer, static_cast<std::size_t>(got));
  std::uint64_t size = 0;
  if (worker.received.size() < sizeof size) return std::nullopt;
  std::memcpy(&size, worker.received.data(), sizeof size);
  if (worker.received.size() < sizeof size + size) return std::nullopt;
  Done done;
  done.id = worker.id;
  done.result = worker.received.substr(sizeof size);
  worker.received.clear();
  worker.busy = false;
  return done;
}

std::optional<Workers::Done> Workers::wait(int timeout_ms) {
  std::vector<pollfd> files;
  for (const Worker& worker : workers_) {
    files.push_back({worker.busy ? worker.from : -1, POLLIN, 0});
  }
  const int ready = ::poll(files.data(), files.size(), timeout_ms);
  for (std::size_t i = 0; ready > 0 && i < workers_.size(); ++i) {
    if (files[i].revents == 0) continue;
    if (auto done = read(workers_[i])) return done;
  }
  for (Worker& worker : workers_) {
    if (!worker.busy || now_s() - worker.started_s < task_timeout_s_) continue;
    return give_up(worker, "took longer than " + std::to_string(task_timeout_s_) + " s");
  }
  return std::nullopt;
}

}  // namespace holdfast::harness
