#include "checkers/models/version_order.h"

#include <span>

#include "checkers/trace/almost_sorted.h"
#include "checkers/trace/grouped.h"

namespace holdfast::checkers {
namespace {

struct Place {
  Version version;
  std::uint32_t op;
  bool is_read;
};

// A version's writes before its reads, each in the order of the file.
bool comes_before(const Place& a, const Place& b) {
  const auto order = a.version <=> b.version;
  if (order != 0) return order < 0;
  if (a.is_read != b.is_read) return b.is_read;
  return a.op < b.op;
}

}  // namespace

VersionOrder::VersionOrder(const Trace& trace, unsigned threads)
    : trace_(trace), of_(trace.ops.size(), kNone) {
  Grouped<Place> by_key(
      std::max<std::size_t>(1, trace.keys.size()), static_cast<std::uint32_t>(trace.ops.size()),
      threads,
      [&](std::uint32_t i) {
        const bool has = trace.ops[i].outcome != Outcome::fail && trace.versions[i].is_set();
        return has ? trace.ops[i].key : kLeftOut;
      },
      [&](std::uint32_t i) {
        return Place{trace.versions[i], i, trace.ops[i].action == Action::read};
      });
  oldest_.assign(by_key.groups(), kNone);
  for (std::uint32_t key = 0; key < by_key.groups(); ++key) {
    const std::span<Place> places = by_key.of(key);
    if (places.empty()) continue;
    sort_almost_sorted(places, comes_before);
    oldest_[key] = size();
    const Place* before = nullptr;
    for (const Place& place : places) {
      if (before == nullptr || before->version != place.version) {
        writer_.push_back(place.is_read ? kNone : place.op);
        newest_.push_back(false);
      }
      of_[place.op] = size() - 1;
      before = &place;
    }
    newest_.back() = true;
  }
}

}  // namespace holdfast::checkers
