#include "node/daemon/event_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "node/codec/event_codec.h"
#include "node/daemon/log.h"

namespace holdfast::node {

Result<EventLog> EventLog::open(const std::string& path) {
  EventLog log;
  log.fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log.fd_ < 0) return fail("event log " + path + ": " + std::strerror(errno));
  return log;
}

EventLog::~EventLog() {
  if (fd_ >= 0) ::close(fd_);
}

EventLog::EventLog(EventLog&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

EventLog& EventLog::operator=(EventLog&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

void EventLog::append(const std::vector<Event>& events) {
  if (fd_ < 0 || events.empty()) return;
  lines_.clear();
  for (const Event& event : events) encode_line(event, lines_);
  for (std::size_t done = 0; done < lines_.size();) {
    const ssize_t part = ::write(fd_, lines_.data() + done, lines_.size() - done);
    if (part < 0 && errno == EINTR) continue;
    if (part < 0) {
      log_error(std::string("event log: ") + std::strerror(errno) + "; it ends here");
      ::close(std::exchange(fd_, -1));
      return;
    }
    done += static_cast<std::size_t>(part);
  }
}

}  // namespace holdfast::node
