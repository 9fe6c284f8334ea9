// Data of foreign histories as 64 bits: what was written, read, compared, added.
//
// Integers are kept as they are; nil, strings, keywords and other atoms are interned by their
// canonical text; lists (what a read of a whole set returned, a compound value) are spans in a
// common pool, each kept once. Equal data have equal bits.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holdfast::checkers {

class Datum {
 public:
  constexpr Datum() = default;  // nil
  static constexpr std::int64_t kLargest = (std::int64_t{1} << 62) - 1;
  // REQUIRES: -kLargest <= number <= kLargest; Data::number takes any.
  static constexpr Datum of(std::int64_t number) {
    return Datum(static_cast<std::uint64_t>(number) << 1);
  }
  static constexpr Datum atom(std::uint64_t index) { return Datum(index << 2 | 1); }
  static constexpr Datum list(std::uint64_t index) { return Datum(index << 2 | 3); }

  static constexpr Datum of_bits(std::uint64_t bits) { return Datum(bits); }

  constexpr bool is_nil() const { return bits_ == 1; }
  constexpr bool is_number() const { return (bits_ & 1) == 0; }
  constexpr bool is_atom() const { return (bits_ & 3) == 1; }
  constexpr bool is_list() const { return (bits_ & 3) == 3; }
  constexpr std::int64_t number() const { return static_cast<std::int64_t>(bits_) >> 1; }
  constexpr std::uint64_t index() const { return bits_ >> 2; }
  constexpr std::uint64_t bits() const { return bits_; }
  constexpr bool operator==(const Datum&) const = default;

 private:
  explicit constexpr Datum(std::uint64_t bits) : bits_(bits) {}
  std::uint64_t bits_ = 1;
};

inline constexpr Datum kNilDatum{};

// The atoms and lists of one history.
class Data {
 public:
  Data();
  Data(const Data& other);
  Data(Data&&) = default;
  Data& operator=(Data other);

  // From now on a string that is a whole number is that number.
  void take_text_numbers(bool take) { text_numbers_ = take; }

  Datum number(std::int64_t number);
  // `text` is canonical: strings with their quotes, keywords with their colon.
  Datum atom(std::string_view text);
  Datum list(std::span<const Datum> elements);
  std::span<const Datum> elements(Datum list) const;

  // As EDN: 3, nil, "x", :a, [1 2].
  std::string text(Datum value) const;
  // The text of an atom, without a copy.
  std::string_view atom_text(Datum value) const { return names_[value.index()]; }
  std::size_t bytes() const {
    return pool_.size() * sizeof(Datum) + lists_.size() * sizeof(Span) + atom_bytes_ +
           list_ids_.size() * sizeof(std::uint32_t);
  }

 private:
  struct Span {
    std::uint64_t first;
    std::uint64_t count;
    std::uint64_t hash;
  };
  std::size_t list_place(std::span<const Datum> elements, std::uint64_t hash) const;
  void grow_list_ids();

  std::unordered_map<std::string_view, std::uint64_t> ids_;
  std::deque<std::string> names_;  // whose elements do not move
  std::vector<Span> lists_;
  std::vector<std::uint32_t> list_ids_;  // open addressing by hash: a list's number and 1, or 0
  std::vector<Datum> pool_;
  std::size_t atom_bytes_ = 0;
  bool text_numbers_ = false;
};

// An atom's text without its quotes, if it is a string; else as it is.
std::string_view unquoted(std::string_view atom);

}  // namespace holdfast::checkers
