// For the process tests: a daemon as a child on 127.0.0.1, and a client that waits for replies.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "node/codec/client_codec.h"
#include "node/codec/resp.h"

namespace holdfast::node {

using TestClock = std::chrono::steady_clock;

inline double ms_since(TestClock::time_point begin) {
  return std::chrono::duration<double, std::milli>(TestClock::now() - begin).count();
}

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// Keeps a port from being given to others; a daemon may still listen on it.
class ReservedPort {
 public:
  ReservedPort() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    ::setsockopt(fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }
  ~ReservedPort() { ::close(fd_); }
  ReservedPort(const ReservedPort&) = delete;
  ReservedPort& operator=(const ReservedPort&) = delete;
  std::uint16_t port = 0;

 private:
  int fd_;
};

class TestClient {
 public:
  explicit TestClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_in address = loopback(port);
    connected = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~TestClient() { ::close(fd_); }
  TestClient(TestClient&& other) noexcept
      : connected(other.connected), fd_(std::exchange(other.fd_, -1)) {}
  TestClient(const TestClient&) = delete;

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  // As much as the kernel takes now.
  std::size_t send_some(std::string_view bytes) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent > 0 ? static_cast<std::size_t>(sent) : 0;
  }
  void end_sending() { ::shutdown(fd_, SHUT_WR); }

  // The next reply; an error value "closed" or "no reply" otherwise.
  RespValue receive(int most_ms = 5000) {
    RespValue value;
    for (;;) {
      const RespState state = reader_.next(value);
      if (state == RespState::complete) return value;
      if (state == RespState::damaged) return problem("damaged");
      std::string bytes = receive_bytes(most_ms);
      if (bytes.empty()) return problem(closed ? "closed" : "no reply");
      reader_.append(bytes);
    }
  }
  // Empty if nothing comes in time, or the connection is closed (then `closed`).
  std::string receive_bytes(int most_ms) {
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, most_ms) <= 0) return {};
    std::string bytes(65536, '\0');
    const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), 0);
    closed = got <= 0;
    bytes.resize(closed ? 0 : static_cast<std::size_t>(got));
    return bytes;
  }
  bool is_closed_within(int most_ms) {
    const auto begin = TestClock::now();
    while (!closed && ms_since(begin) < most_ms) receive_bytes(50);
    return closed;
  }

  RespValue command(const std::vector<std::string>& arguments) {
    std::string bytes;
    append_command(arguments, bytes);
    send(bytes);
    return receive();
  }
  // Its text, number, "(nil)", or error.
  std::string ask(const std::vector<std::string>& arguments) {
    const RespValue value = command(arguments);
    if (value.kind == RespValue::Kind::integer) return std::to_string(value.integer);
    return value.kind == RespValue::Kind::null ? "(nil)" : value.text;
  }
  template <class Reply>
  Result<Reply> request(const Message& message) {
    std::string bytes;
    encode_command(message, bytes);
    send(bytes);
    return decode_reply<Reply>(receive());
  }

  bool connected = false;
  bool closed = false;

 private:
  static RespValue problem(std::string text) {
    RespValue value;
    value.kind = RespValue::Kind::error;
    value.text = std::move(text);
    return value;
  }

  int fd_;
  RespReader reader_;
};

// A directory of its own, removed in the end.
class TestFolder {
 public:
  TestFolder() {
    char name[] = "/tmp/holdfast_daemon_XXXXXX";
    path = ::mkdtemp(name);
  }
  ~TestFolder() { std::filesystem::remove_all(path); }
  std::string path;
};

inline std::string read_file(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class TestNode {
 public:
  // `arguments` besides --log-file, --ready-fd and --die-with-parent.
  explicit TestNode(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {}
  ~TestNode() { kill(); }
  TestNode(TestNode&&) = delete;

  // Whether it said that it is ready. Otherwise it has ended: `exit_code` and `errors` say how.
  bool start() {
    int ready[2], errors_pipe[2];
    EXPECT_EQ(::pipe2(ready, O_CLOEXEC), 0);
    EXPECT_EQ(::pipe2(errors_pipe, O_CLOEXEC), 0);
    std::vector<std::string> all = {std::string(HOLDFAST_BIN_DIR) + "/holdfast-node"};
    all.insert(all.end(), arguments_.begin(), arguments_.end());
    all.insert(all.end(), {"--ready-fd", "3", "--die-with-parent"});
    std::vector<char*> argv;
    for (std::string& one : all) argv.push_back(one.data());
    argv.push_back(nullptr);
    started = TestClock::now();
    pid = ::fork();
    if (pid == 0) {
      ::dup2(errors_pipe[1], 2);
      ::dup2(ready[1], 3);
      ::execv(argv[0], argv.data());
      ::_exit(127);
    }
    ::close(ready[1]);
    ::close(errors_pipe[1]);
    const std::string line = drain(ready[0]);
    start_ms = ms_since(started);
    client_port = port_in(line, "client=");
    http_port = port_in(line, "http=");
    peer_port = port_in(line, "peer=");
    if (line.empty()) {
      errors = drain(errors_pipe[0]);
      wait();
    }
    ::close(errors_pipe[0]);
    return !line.empty();
  }

  void signal(int number) { ::kill(pid, number); }
  void kill() {
    if (pid <= 0) return;
    ::kill(pid, SIGKILL);
    wait();
  }
  // Its exit code, or minus the signal.
  int wait() {
    int status = 0;
    if (pid > 0) ::waitpid(pid, &status, 0);
    pid = -1;
    exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    return exit_code;
  }
  bool is_running() { return pid > 0 && ::waitpid(pid, nullptr, WNOHANG) == 0; }
  std::size_t resident_kib() const {
    std::istringstream status(read_file("/proc/" + std::to_string(pid) + "/status"));
    for (std::string line; std::getline(status, line);) {
      if (line.substr(0, 6) == "VmRSS:") return std::stoul(line.substr(6));
    }
    return 0;
  }
  TestClient client() const { return TestClient(client_port); }

  pid_t pid = -1;
  int exit_code = 0;
  std::string errors;
  double start_ms = 0;
  TestClock::time_point started;
  std::uint16_t client_port = 0, http_port = 0, peer_port = 0;

 private:
  static std::string drain(int fd) {
    std::string text;
    char bytes[1024];
    ssize_t got;
    while ((got = ::read(fd, bytes, sizeof bytes)) > 0)
      text.append(bytes, static_cast<std::size_t>(got));
    ::close(fd);
    return text;
  }
  static std::uint16_t port_in(const std::string& line, const std::string& field) {
    const std::size_t at = line.find(field);
    if (at == std::string::npos) return 0;
    const std::size_t colon = line.find(':', at);
    return static_cast<std::uint16_t>(std::stoi(line.substr(colon + 1)));
  }

  std::vector<std::string> arguments_;
};

// Waits for something to become true.
inline bool eventually(const std::function<bool()>& done, int most_ms = 10000) {
  const auto begin = TestClock::now();
  while (!done()) {
    if (ms_since(begin) > most_ms) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return true;
}

}  // namespace holdfast::node
