// For round-trip tests: arbitrary values of plain structs, and their comparison, field by field
// by reflection, so that a field that a codec forgets is found without a test that names it.
#pragma once

#include <array>
#include <boost/pfr.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "node/base/random.h"
#include "node/core/message.h"

namespace holdfast::node {

class Arbitrary {
 public:
  explicit Arbitrary(std::uint64_t seed) : random_(seed) {}

  template <class T>
  T make() {
    T value{};
    fill(value);
    return value;
  }

  Random& random() { return random_; }

  void fill(bool& value) { value = random_.chance(1, 2); }
  void fill(std::string& value) {
    value.resize(size());
    for (char& c : value) c = static_cast<char>(random_.next());
  }
  void fill(Duration& value) { value = Duration(static_cast<std::int64_t>(random_.next())); }
  void fill(Version& value) {
    fill(value.clock_us);
    value.clock_us &= std::numeric_limits<std::int64_t>::max();
    fill(value.counter);
    fill(value.node);
    fill(value.incarnation);
    if (value.clock_us == 0) value = {};
  }
  void fill(ErrorCode& value) { value = static_cast<ErrorCode>(random_.below(12)); }
  void fill(QuorumKind& value) { value = static_cast<QuorumKind>(random_.below(3)); }
  void fill(Role& value) { value = static_cast<Role>(random_.below(2)); }
  void fill(HintRefusal& value) { value = static_cast<HintRefusal>(random_.below(kHintRefusals)); }
  void fill(DeliveryStatus& value) { value = static_cast<DeliveryStatus>(random_.below(2)); }
  // Small numbers, edges and everything between.
  template <class T>
  requires std::is_integral_v<T>
  void fill(T& value) {
    const std::uint64_t shift = random_.below(64);
    value = static_cast<T>(random_.next() >> shift);
  }
  template <class T>
  void fill(std::optional<T>& value) {
    if (random_.chance(1, 2)) value = make<T>();
  }
  template <class T>
  void fill(std::vector<T>& value) {
    value.resize(size());
    for (T& one : value) fill(one);
  }
  template <class T, std::size_t kSize>
  void fill(std::array<T, kSize>& value) {
    for (T& one : value) fill(one);
  }
  template <class T>
  requires std::is_aggregate_v<T>
  void fill(T& value) {
    boost::pfr::for_each_field(value, [this](auto& field) { fill(field); });
  }

 private:
  std::size_t size() { return random_.chance(1, 4) ? 0 : random_.below(20); }

  Random random_;
};

template <class T>
bool same(const T& a, const T& b);

template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!same(a[i], b[i])) return false;
  }
  return true;
}

template <class T>
bool same(const T& a, const T& b) {
  if constexpr (requires { a == b; }) {
    return a == b;
  } else {
    bool equal = true;
    const auto left = boost::pfr::structure_tie(a);
    boost::pfr::for_each_field(b, [&](const auto& field, auto index) {
      equal = equal && same(std::get<index>(left), field);
    });
    return equal;
  }
}

}  // namespace holdfast::node
