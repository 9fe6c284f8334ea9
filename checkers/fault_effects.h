// What a fault does to a cluster, as far as a verdict depends on it. Each fault type declares its
// effects (nemesis/fault_type.h); promises, checkers, autopsies, the fault budget and the
// documentation derive everything else from that declaration, and never from a fault's name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "node/base/time.h"

namespace holdfast::checkers {

struct FaultEffects {
  // Whether the nodes it hits do nothing while it lasts.
  enum class Stop : std::uint8_t {
    no,
    dies,    // the process is gone, with what it had only in memory
    ends,    // the process ends in good order, within kEndsWithin, and what it had is on disk
    freezes  // the process stands still; a kill ends that early
  };
  // What it destroys on the nodes it hits.
  enum class Loss : std::uint8_t {
    nothing,
    unsynced,      // as it strikes: whatever no sync had made durable
    failed_syncs,  // while it lasts: whatever no sync makes durable by its end
    everything,    // as it strikes: the whole store
    latent         // at any time from then on: damage that shows when it is read
  };
  // What it does to messages along its links.
  enum class Traffic : std::uint8_t { untouched, degraded, cut };

  // How long the end of a process that is asked to end may take: its last requests are under way.
  static constexpr Duration kEndsWithin = std::chrono::seconds(30);

  Stop stop = Stop::no;
  Loss loss = Loss::nothing;
  Traffic traffic = Traffic::untouched;
  bool slows = false;    // the nodes answer late
  bool refuses = false;  // the nodes may fail requests, or leave for a moment
  // The nodes' wall clock is off by this much as it strikes, and gains so much from then on.
  bool moves_clock = false;
  Duration clock_offset{0};
  std::int32_t drift_ppm = 0;
  // What an operator does on purpose.
  bool drops_hints = false;
  bool pauses_delivering = false;
  bool pauses_accepting = false;
  bool changes_settings = false;

  // Whether it touches the requests and messages of its nodes or links. A wrong clock does not, nor
  // does an operator's action.
  bool impairs() const {
    return stop != Stop::no || traffic != Traffic::untouched || loss != Loss::nothing || slows ||
           refuses;
  }
  bool cuts() const { return traffic == Traffic::cut; }
  bool degrades() const { return traffic == Traffic::degraded; }
  // Whether the store may go back to an earlier state, or be emptied.
  bool may_forget() const { return loss != Loss::nothing; }
  // Whether copies that were synced are lost too.
  bool destroys_synced() const { return loss == Loss::everything || loss == Loss::latent; }
};

// For documentation: "the process dies; what was not synced is lost".
std::string describe(const FaultEffects& effects);

}  // namespace holdfast::checkers
