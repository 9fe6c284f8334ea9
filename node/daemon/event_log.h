// The file of a node's events: lines of JSON (node/codec/event_codec.h), appended, outside the data
// directory so that it survives a wiped disk.
#pragma once

#include <string>
#include <vector>

#include "node/base/result.h"
#include "node/core/event.h"

namespace holdfast::node {

class EventLog {
 public:
  // Without a path nothing is kept.
  EventLog() = default;
  static Result<EventLog> open(const std::string& path);
  ~EventLog();
  EventLog(EventLog&& other) noexcept;
  EventLog& operator=(EventLog&& other) noexcept;

  // Hands the lines to the kernel: they survive the process.
  void append(const std::vector<Event>& events);

 private:
  int fd_ = -1;
  std::string lines_;
};

}  // namespace holdfast::node
