// One node of a real cluster: its host, and the harness's connections to it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/proc/host.h"
#include "harness/proc/node_client.h"
#include "node/base/ids.h"
#include "node/base/result.h"
#include "node/core/event.h"

namespace holdfast::harness {

struct MemberSetup {
  NodeId node = 0;
  std::vector<std::string> arguments;  // daemon_arguments()
  std::string ip;
  std::uint16_t client_port = 0;
  std::string secret;  // that clients must show; empty: none
};

class Member {
 public:
  // `host` must outlive it. `died` is called when the process ended though nobody made it end: from
  // the event loop, or from kill() and end() if these were the first to see it.
  Member(Host& host, boost::asio::io_context& context, Timers& timers,
         std::function<std::int64_t()> now_ns, MemberSetup setup, std::function<void(Death)> died);

  bool is_running() const { return host_.is_running(); }
  bool is_paused() const { return paused_; }
  NodeClient& client() { return client_; }

  // REQUIRES: not running.
  Result<> start();
  // These have no effect on a node that is not running.
  Result<> kill();
  // Kills it; its next start acts out what a power loss does to a disk, as the seed decides.
  Result<> lose_power(std::uint64_t seed);
  Result<> pause();
  Result<> resume();
  // Asks it to end, without waiting for that; after `most` it is killed, which is a death.
  Result<> stop(std::chrono::milliseconds most);
  // Starts it again as soon as it has ended. No effect on one that was not asked to.
  void start_when_ended(std::function<void(const Result<>&)> done);
  // Asks it to end (a paused one too); end() waits for that, and kills it if it takes too long.
  Result<> ask_to_end();
  Result<> end(std::chrono::milliseconds most);
  // Flips one bit of its database, if it has one.
  Result<> flip_bit(std::uint64_t seed) { return host_.flip_bit(seed); }
  // Empties its disk. REQUIRES: not running.
  Result<> wipe();
  // Removes what is of no use after the run. REQUIRES: not running.
  Result<> clean_up() { return host_.clean_up(); }

  // Appended to its event log since the last call.
  Result<std::vector<node::Event>> take_events();

 private:
  void take(Death death);
  void forget();
  void mourn(Death death);

  Host& host_;
  MemberSetup setup_;
  std::function<void(Death)> died_;
  NodeClient client_;
  Timers& timers_;
  std::function<std::int64_t()> now_ns_;
  bool paused_ = false;
  bool ending_ = false;  // stop() asked it
  std::uint64_t starts_ = 0;
  std::function<void(const Result<>&)> then_;  // start again, once it has ended
  std::optional<std::uint64_t> power_loss_;    // a seed, for the next start
  std::uint64_t events_read_ = 0;              // bytes of the event log
};

}  // namespace holdfast::harness
