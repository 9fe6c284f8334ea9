// What was observed of a run: every operation, from its invocation to its completion.
//
// In files a history is a stream of events (docs/formats.md): an invocation, and later its
// completion, `ok` (it happened), `fail` (it definitely did not) or `info` (unknown). In memory
// the two are one Operation. An operation that never completed is `info`.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "node/base/errors.h"
#include "node/base/ids.h"
#include "node/base/version.h"

namespace holdfast::checkers {

enum class Outcome : std::uint8_t { ok, fail, info };
enum class Function : std::uint8_t { read, write, del };

// The role of a node that took a write or answered a read: as one of the key's home replicas
// (its owners), or as holder of a hint for `destination`.
struct Copy {
  NodeId node = kNoNode;
  NodeId destination = kNoNode;  // set: a hint

  bool is_hint() const { return destination != kNoNode; }
  bool operator==(const Copy&) const = default;
};

// Up to 8 copies without an allocation: a history holds millions of operations.
class CopyList {
 public:
  void add(Copy copy) {
    if (size_ < kMost) copies_[size_++] = copy;
  }
  std::span<const Copy> all() const { return {copies_, size_}; }
  std::size_t size() const { return size_; }

 private:
  static constexpr std::size_t kMost = 8;
  Copy copies_[kMost];
  std::uint8_t size_ = 0;
};

// Keys as small numbers, in the order of their first appearance.
using KeyId = std::uint32_t;
class Keys {
 public:
  Keys() = default;
  Keys(Keys&&) = default;  // not to be copied: names_ points into chunks_
  Keys& operator=(Keys&&) = default;

  KeyId intern(std::string_view key);
  std::optional<KeyId> find(std::string_view key) const;
  std::string_view name(KeyId id) const { return names_[id]; }
  std::size_t size() const { return names_.size(); }

 private:
  static constexpr KeyId kMostKeys = 0xfffffffe;
  struct Slot {
    std::uint32_t tag = 0;  // of the hash, so that most misses cost no look at the name
    KeyId id = 0xffffffff;
  };
  std::size_t slot_of(std::string_view key, std::uint64_t hash) const;
  void grow();
  std::string_view keep(std::string_view key);

  std::vector<std::string_view> names_;  // into chunks_
  std::vector<Slot> slots_;              // open addressing, a power of two
  std::vector<std::unique_ptr<char[]>> chunks_;
  std::size_t room_ = 0;  // left in the last chunk
  char* next_ = nullptr;
};

// Written values are numbers, unique within a history.
inline constexpr std::int64_t kNil = std::numeric_limits<std::int64_t>::min();  // not found
// A read value that is none of the workload's: the run wrote nothing like it.
inline constexpr std::int64_t kForeignValue = kNil + 1;
// completed_ns of an operation whose completion is unknown.
inline constexpr std::int64_t kNever_ns = std::numeric_limits<std::int64_t>::max();

struct Operation {
  std::int64_t invoked_ns = 0;            // since the start of the run, on the history's one clock
  std::int64_t completed_ns = kNever_ns;  // also of `info`, if the client learned of it
  std::int64_t value = kNil;              // written; or read, kNil if not found
  Version version;  // given to the write; or of the row read, a tombstone's too
  OperationId id;   // of the write; or of the mutation read
  std::uint32_t process = 0;
  KeyId key = 0;
  CopyList copies;  // who acknowledged, in which role (as the reply said)
  Function function = Function::read;
  Outcome outcome = Outcome::info;
  ErrorCode error = ErrorCode::none;
  NodeId node = kNoNode;   // that coordinated it
  std::uint8_t phase = 0;  // index into History::phases

  bool is_write() const { return function != Function::read; }
};

struct Phase {
  std::string name;  // "load", "heal", "drain", …
  std::int64_t start_ns = 0;
};

// Operations are in the order of their invocations.
struct History {
  std::vector<Operation> operations;
  Keys keys;
  std::vector<Phase> phases;
};

}  // namespace holdfast::checkers
