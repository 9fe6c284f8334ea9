// One call of the ssh program: lines and bytes to and from what it runs on the host. Blocking, with
// deadlines. The program dies with the harness; what it ran sees the end of its standard input.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/proc/child.h"
#include "nemesis/linux/descriptor.h"
#include "node/base/result.h"

namespace holdfast::harness {

class SshSession {
 public:
  // `log` takes what ssh and the host say on standard error.
  static Result<SshSession> start(boost::asio::io_context& context, const std::string& ssh,
                                  const std::vector<std::string>& arguments,
                                  const std::filesystem::path& log);

  Result<> write(std::string_view text);
  // Without its end. The error says why the connection ended, or that nothing came in time.
  Result<std::string> read_line(std::chrono::milliseconds most);
  Result<std::string> read_bytes(std::uint64_t count, std::chrono::milliseconds most);
  // A line that has arrived already; nothing if there is none. An error once there will be none.
  Result<std::optional<std::string>> take_line();
  // Readable when take_line() has something to do.
  int fd() const { return socket_.get(); }

  // Ends the standard input of what it runs, and waits until the program has ended; kills it if
  // that takes too long.
  void close(std::chrono::milliseconds most);

 private:
  SshSession(Child child, nemesis::Descriptor socket, std::filesystem::path log)
      : child_(std::move(child)), socket_(std::move(socket)), log_(std::move(log)) {}

  // Takes what is there into buffer_; waits for it, at most so long.
  Result<> fill(std::chrono::milliseconds most);
  std::optional<std::string> cut_line();
  Error ended();

  Child child_;
  nemesis::Descriptor socket_;
  std::filesystem::path log_;
  std::string buffer_;
};

}  // namespace holdfast::harness
