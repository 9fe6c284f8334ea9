// The phases after the load: all nodes back, hints delivered, owners repaired, repair silent. Each
// says in words what it is waiting for.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "harness/await.h"
#include "harness/promises/promises.h"

namespace holdfast::harness {

// What anti-entropy cost, and whether it then fell silent.
struct Repair {
  std::uint32_t rounds = 0;  // in each of which every node compared itself with its peers
  // Whether the last two transferred no row; unset: it was still repairing when time was up.
  std::optional<bool> silent;
  std::int64_t last_change_ns = 0;  // when the last round that transferred one had ended
  std::uint64_t repaired_keys = 0;
  std::uint64_t hash_comparisons = 0;
  std::uint64_t bytes = 0;
};

class Settling {
 public:
  // `say` gets what is awaited, and the hints pending.
  using Say = std::function<void(std::string waiting_for, std::uint64_t hints)>;
  // `watch` gets every status on the way.
  using Watch = std::function<void(const Statuses&)>;
  Settling(Await& await, Say say, Watch watch = nullptr)
      : await_(await), say_(std::move(say)), watch_(std::move(watch)) {}

  // Each returns false if it gave up at `most`, or was interrupted; gave_up() then says on what:
  // empty if nothing was known yet.
  bool wait_until_all_are_back(Duration most);
  bool wait_until_drained(Duration most);
  // Triggers rounds on all nodes in turn until two in a row were silent.
  // After a round that found differences and repaired nothing it waits for `pause`.
  std::optional<Repair> repair(std::uint32_t rounds_most, Duration pause);
  // Starts nothing: waits until the rounds that nodes begin by themselves every `period` have found
  // no difference for long enough, at most as long as `most`.
  std::optional<Repair> await_periodic_repair(Duration period, Duration most);

  // Hints pending now.
  std::optional<Backlog> backlog();
  const std::string& gave_up() const { return gave_up_; }
  bool interrupted() const { return await_.interrupted(); }

 private:
  using Reason = std::function<std::string(const Statuses&)>;  // empty: nothing is awaited

  bool wait(Duration most, const Reason& reason);
  bool run_round(NodeId node, NodeId peer);

  Await& await_;
  Say say_;
  Watch watch_;
  std::string gave_up_;
};

}  // namespace holdfast::harness
