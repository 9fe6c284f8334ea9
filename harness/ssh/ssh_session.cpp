#include "harness/ssh/ssh_session.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "harness/ssh/program.h"

namespace holdfast::harness {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

constexpr milliseconds kWriteMost{15000};
constexpr milliseconds kEndingMost{2000};  // from the end of its output to its own

bool wait_for(int fd, short what, milliseconds most) {
  pollfd ready{fd, what, 0};
  int polled = 0;
  do {
    polled = ::poll(&ready, 1, static_cast<int>(std::max<std::int64_t>(most.count(), 0)));
  } while (polled < 0 && errno == EINTR);
  return polled > 0;
}

milliseconds rest_of(Steady::time_point deadline) {
  return std::chrono::duration_cast<milliseconds>(deadline - Steady::now());
}

}  // namespace

Result<SshSession> SshSession::start(boost::asio::io_context& context, const std::string& ssh,
                                     const std::vector<std::string>& arguments,
                                     const std::filesystem::path& log) {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return fail(std::string("cannot make a pair of sockets: ") + std::strerror(errno));
  }
  nemesis::Descriptor own(ends[0]);
  const nemesis::Descriptor theirs(ends[1]);
  ChildCommand command;
  command.program = ssh;
  command.arguments = arguments;
  command.log_file = log.string();
  command.lifeline = theirs.get();
  command.output = theirs.get();
  Result<Child> child = Child::start(context, command);
  if (!child) return child.error();
  return SshSession(std::move(child.value()), std::move(own), log);
}

Result<> SshSession::write(std::string_view text) {
  const auto deadline = Steady::now() + kWriteMost;
  while (!text.empty()) {
    const ssize_t sent =
        ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      text.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EAGAIN && errno != EINTR) {
      return ended();
    } else if (!wait_for(socket_.get(), POLLOUT, rest_of(deadline))) {
      return fail("the host takes nothing any more");
    }
  }
  return {};
}

Result<> SshSession::fill(milliseconds most) {
  if (!wait_for(socket_.get(), POLLIN, most)) {
    return fail("no answer within " + std::to_string(most.count() / 1000) + " s");
  }
  char bytes[65536];
  const ssize_t count = ::recv(socket_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
  if (count > 0) {
    buffer_.append(bytes, static_cast<std::size_t>(count));
  } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
    return ended();
  }
  return {};
}

std::optional<std::string> SshSession::cut_line() {
  const std::size_t end = buffer_.find('\n');
  if (end == buffer_.npos) return std::nullopt;
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  return line;
}

Result<std::string> SshSession::read_line(milliseconds most) {
  const auto deadline = Steady::now() + most;
  for (;;) {
    if (auto line = cut_line()) return std::move(*line);
    if (rest_of(deadline).count() <= 0) {
      return fail("no answer within " + std::to_string(most.count() / 1000) + " s");
    }
    if (auto filled = fill(rest_of(deadline)); !filled) return filled.error();
  }
}

Result<std::string> SshSession::read_bytes(std::uint64_t count, milliseconds most) {
  while (buffer_.size() < count) {  // `most` from one piece to the next
    if (auto filled = fill(most); !filled) return filled.error();
  }
  std::string bytes = buffer_.substr(0, count);
  buffer_.erase(0, count);
  return bytes;
}

Result<std::optional<std::string>> SshSession::take_line() {
  if (auto line = cut_line()) return line;
  if (!wait_for(socket_.get(), POLLIN, milliseconds(0))) return std::optional<std::string>();
  if (auto filled = fill(milliseconds(0)); !filled) return filled.error();
  return cut_line();
}

Error SshSession::ended() {
  const auto reason = child_.wait(kEndingMost);
  const std::string said = last_line_of(text_of_file(log_));
  if (!said.empty()) return fail(said);
  return fail("ssh ended: " + (reason ? to_string(*reason) : std::string("no reason")));
}

void SshSession::close(milliseconds most) {
  ::shutdown(socket_.get(), SHUT_WR);
  const auto deadline = Steady::now() + most;
  while (rest_of(deadline).count() > 0 && fill(rest_of(deadline))) buffer_.clear();
  if (!child_.wait(std::max(rest_of(deadline), milliseconds(0)))) child_.signal(9);
}

}  // namespace holdfast::harness
