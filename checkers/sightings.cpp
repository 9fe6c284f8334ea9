#include "checkers/sightings.h"

#include <algorithm>
#include <tuple>

namespace holdfast::checkers {
namespace {

class SightingJudge {
 public:
  SightingJudge(const Inputs& inputs, const WriteIndex& writes, std::vector<Anomaly>& to)
      : inputs_(inputs), history_(inputs.history), writes_(writes), to_(to) {}

  void judge() {
    for (OperationIndex i = 0; i < history_.operations.size(); ++i) {
      const Operation& operation = history_.operations[i];
      if (operation.function == Function::read && operation.outcome == Outcome::ok) judge_read(i);
    }
    makers_.reserve(inputs_.final_state.mutations().size());
    for (const Mutation& mutation : inputs_.final_state.mutations()) {
      makers_.push_back(judge_mutation(mutation));
    }
    judge_late_versions();
    judge_shared_versions();
  }

  std::vector<OperationIndex>& makers() { return makers_; }

 private:
  // A version seen of a write whose reply named none.
  struct Seen {
    OperationIndex write = kNoOperation;
    Version version;
    OperationIndex read = kNoOperation;  // that saw it, if it was a read
  };

  void phantom(KeyId key, OperationIndex write, OperationIndex read) {
    Anomaly anomaly;
    anomaly.kind = AnomalyClass::phantom;
    anomaly.operation = read == kNoOperation ? write : read;
    anomaly.other = read == kNoOperation ? kNoOperation : write;
    anomaly.key = key;
    to_.push_back(anomaly);
  }

  // Whether `write` may be what left this behind.
  bool matches(OperationIndex write, KeyId key, bool deleted, std::int64_t value) const {
    const Operation& operation = history_.operations[write];
    if (operation.key != key || operation.outcome == Outcome::fail) return false;
    return operation.function == Function::del ? deleted : !deleted && operation.value == value;
  }

  void judge_read(OperationIndex read) {
    const Operation& operation = history_.operations[read];
    const bool found = operation.value != kNil;
    if (!operation.id.is_set()) {
      // Without an id only a value that nobody can have written tells anything.
      if (operation.value == kForeignValue) phantom(operation.key, kNoOperation, read);
      return;
    }
    const OperationIndex write = writes_.find(operation.id);
    if (write == kNoOperation || !matches(write, operation.key, !found, operation.value) ||
        history_.operations[write].invoked_ns > operation.completed_ns) {
      return phantom(operation.key, write, read);
    }
    judge_version(write, operation.version, read);
  }

  OperationIndex judge_mutation(const Mutation& mutation) {
    const RowState& row = mutation.row;
    const OperationIndex write = row.id.is_set() ? writes_.find(row.id) : kNoOperation;
    if (write == kNoOperation || !matches(write, mutation.key, row.deleted, row.value)) {
      phantom(mutation.key, write, kNoOperation);
      return kNoOperation;
    }
    judge_version(write, row.version, kNoOperation);
    return write;
  }

  void judge_version(OperationIndex write, const Version& version, OperationIndex read) {
    const Operation& operation = history_.operations[write];
    if (!version.is_set() || version == operation.version) return;
    if (operation.version.is_set()) return rewritten(write, read);
    late_.push_back({write, version, read});
  }

  void rewritten(OperationIndex write, OperationIndex read) {
    Anomaly anomaly;
    anomaly.kind = AnomalyClass::rewritten;
    anomaly.operation = write;
    anomaly.other = read;
    anomaly.key = history_.operations[write].key;
    to_.push_back(anomaly);
  }

  // Writes of unknown outcome have the version they are first seen with, and no other.
  void judge_late_versions() {
    std::sort(late_.begin(), late_.end(), [](const Seen& a, const Seen& b) {
      return std::tie(a.write, a.version, a.read) < std::tie(b.write, b.version, b.read);
    });
    const auto same = [](const Seen& a, const Seen& b) {
      return a.write == b.write && a.version == b.version;
    };
    late_.erase(std::unique(late_.begin(), late_.end(), same), late_.end());
    for (std::size_t i = 1; i < late_.size(); ++i) {
      if (late_[i].write == late_[i - 1].write) rewritten(late_[i].write, late_[i].read);
    }
  }

  // No two writes of a key may have one version, or replicas could keep either.
  void judge_shared_versions() {
    struct Given {
      Version version;
      OperationIndex write;
    };
    std::vector<Given> given;
    std::size_t next_late = 0;
    std::vector<Seen> late = late_;
    std::sort(late.begin(), late.end(), [&](const Seen& a, const Seen& b) {
      const KeyId key_a = history_.operations[a.write].key;
      const KeyId key_b = history_.operations[b.write].key;
      return std::tie(key_a, a.write, a.version) < std::tie(key_b, b.write, b.version);
    });
    for (KeyId key = 0; key < history_.keys.size(); ++key) {
      given.clear();
      for (const OperationIndex write : writes_.writes_of(key)) {
        const Version& version = history_.operations[write].version;
        if (version.is_set()) given.push_back({version, write});
      }
      while (next_late < late.size() && history_.operations[late[next_late].write].key == key) {
        given.push_back({late[next_late].version, late[next_late].write});
        ++next_late;
      }
      std::sort(given.begin(), given.end(), [](const Given& a, const Given& b) {
        return std::tie(a.version, a.write) < std::tie(b.version, b.write);
      });
      for (std::size_t i = 1; i < given.size(); ++i) {
        if (given[i].version == given[i - 1].version && given[i].write != given[i - 1].write) {
          shared(given[i].write, given[i - 1].write, key);
        }
      }
    }
  }

  void shared(OperationIndex write, OperationIndex other, KeyId key) {
    Anomaly anomaly;
    anomaly.kind = AnomalyClass::shared_version;
    anomaly.operation = write;
    anomaly.other = other;
    anomaly.key = key;
    to_.push_back(anomaly);
  }

  const Inputs& inputs_;
  const History& history_;
  const WriteIndex& writes_;
  std::vector<Anomaly>& to_;
  std::vector<Seen> late_;
  std::vector<OperationIndex> makers_;  // of the mutations
};

}  // namespace

std::vector<OperationIndex> judge_sightings(const Inputs& inputs, const WriteIndex& writes,
                                            std::vector<Anomaly>& to) {
  SightingJudge judge(inputs, writes, to);
  judge.judge();
  return std::move(judge.makers());
}

}  // namespace holdfast::checkers
