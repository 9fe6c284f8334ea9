#include "harness/ssh/remote_host.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

namespace holdfast::harness {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

Result<> done(const Result<Json>& answer) {
  if (!answer) return answer.error();
  return {};
}

}  // namespace

RemoteHost::RemoteHost(HostConnection& connection, fs::path folder)
    : connection_(connection), folder_(std::move(folder)) {
  connection_.watch([this](std::uint64_t start, const std::string& why, bool in_good_order) {
    take_news(start, why, in_good_order);
  });
}

void RemoteHost::take_news(std::uint64_t start, const std::string& why, bool in_good_order) {
  // Start 0: the agent is gone, and its node with it. Otherwise it may be old news.
  if (!running_ || (start != 0 && start != starts_)) return;
  running_ = false;
  const bool host_lost = start == 0;
  died_(
      {host_lost ? "the connection to its host has ended: " + why : why, host_lost, in_good_order});
}

Result<> RemoteHost::start(const std::vector<std::string>& arguments,
                           std::function<void(Death)> died) {
  died_ = std::move(died);
  auto started =
      done(connection_.call({{"do", "start"}, {"start", ++starts_}, {"arguments", arguments}}));
  running_ = started.has_value();
  return started;
}

Result<> RemoteHost::signal(int number) {
  if (!running_) return {};
  return done(connection_.call({{"do", "signal"}, {"number", number}}));
}

Result<std::optional<Death>> RemoteHost::end(std::chrono::milliseconds most) {
  if (!running_) return std::nullopt;
  running_ = false;
  const auto answer = connection_.call({{"do", "end"}, {"most_ms", most.count()}},
                                       HostConnection::kAnswerMost + most);
  if (!answer) return answer.error();
  if (!answer->contains("crash")) return std::nullopt;
  return std::optional(
      Death{answer->value("crash", ""), false, answer->value("in_good_order", false)});
}

Result<> RemoteHost::flip_bit(std::uint64_t seed) {
  return done(connection_.call({{"do", "flip_bit"}, {"seed", seed}}));
}

Result<> RemoteHost::wipe() { return done(connection_.call({{"do", "wipe"}})); }

Result<std::string> RemoteHost::read(const std::string& file, std::uint64_t from) {
  const auto answer = connection_.call({{"do", "read"}, {"file", file}, {"from", from}});
  if (!answer) return answer.error();
  return connection_.read_bytes(answer->value("bytes", std::uint64_t{0}));
}

Result<> RemoteHost::fetch_log() {
  const auto log = read(kNodeLog, 0);
  if (!log) return log.error();
  std::error_code error;
  fs::create_directories(folder_, error);
  std::ofstream out(folder_ / kNodeLog, std::ios::binary);
  if (!out.write(log->data(), static_cast<std::streamsize>(log->size())).flush()) {
    return fail("cannot write " + (folder_ / kNodeLog).string());
  }
  return {};
}

Result<> RemoteHost::clean_up() {
  Result<> fetched = fetch_log();
  connection_.close();
  return fetched;
}

}  // namespace holdfast::harness
