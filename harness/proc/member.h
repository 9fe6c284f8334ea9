// One node of a real cluster: its folder, its process, and the harness's connections to it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "harness/proc/child.h"
#include "harness/proc/node_client.h"
#include "node/base/ids.h"
#include "node/base/result.h"
#include "node/core/event.h"

namespace holdfast::harness {

// In a node's folder: its own event log, as it writes it. The harness writes events.jsonl from it,
// on the history's clock, and removes it.
inline constexpr const char* kEventLog = "own-events.jsonl";

struct MemberSetup {
  NodeId node = 0;
  std::string program;                 // holdfast-node
  std::vector<std::string> arguments;  // all but the data folder's
  std::filesystem::path folder;        // of this node: node.log, kEventLog, data/
  std::string ip;
  std::uint16_t client_port = 0;
  int lifeline = -1;       // the child's standard input
  int network_fd = -1;     // of the network namespace that it enters; -1: the harness's
  std::vector<int> keeps;  // descriptors that it inherits under their numbers
};

class Member {
 public:
  // `died` is called, from the event loop, when the process ended though nobody made it end; with
  // the reason in words.
  Member(boost::asio::io_context& context, Timers& timers, std::function<std::int64_t()> now_ns,
         MemberSetup setup, std::function<void(std::string)> died);
  ~Member();

  bool is_running() const { return child_.has_value(); }
  bool is_paused() const { return paused_; }
  NodeClient& client() { return client_; }
  const std::filesystem::path& folder() const { return setup_.folder; }

  // REQUIRES: not running.
  Result<> start();
  // These have no effect on a node that is not running.
  void kill();
  // Kills it; its next start acts out what a power loss does to a disk, as the seed decides.
  void lose_power(std::uint64_t seed);
  void pause();
  void resume();
  // Asks it to end (a paused one too); end() waits for that, and kills it if it takes too long.
  void ask_to_end();
  void end(std::chrono::milliseconds most);
  // Flips one bit of its database, if it has one.
  void flip_bit(std::uint64_t seed);
  // Empties its disk. REQUIRES: not running.
  void wipe();
  // Removes what is of no use after the run: its disk and its own event log. REQUIRES: not running.
  void clean_up();

  // Appended to its event log since the last call.
  std::vector<node::Event> take_events();

 private:
  struct Watch;

  void forget();
  // The last line that it logged, to say why it died.
  std::string last_words() const;

  boost::asio::io_context& context_;
  MemberSetup setup_;
  std::function<void(std::string)> died_;
  NodeClient client_;
  std::optional<Child> child_;
  std::shared_ptr<Watch> watch_;  // of the running child
  bool paused_ = false;
  std::optional<std::uint64_t> power_loss_;  // a seed, for the next start
  std::uint64_t events_read_ = 0;            // bytes of the event log
};

}  // namespace holdfast::harness
