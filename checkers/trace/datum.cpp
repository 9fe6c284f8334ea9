#include "checkers/trace/datum.h"

#include <algorithm>
#include <charconv>
#include <string>

#include "node/base/check.h"
#include "node/base/random.h"

namespace holdfast::checkers {
namespace {

std::uint64_t hash_of(std::span<const Datum> elements) {
  std::uint64_t hash = elements.size();
  for (const Datum element : elements) hash = (hash ^ element.bits()) * 0x9e3779b97f4a7c15ULL;
  return mix64(hash);
}

}  // namespace

Data::Data() { atom("nil"); }

// The index refers to the names of its own object.
Data::Data(const Data& other)
    : names_(other.names_),
      lists_(other.lists_),
      list_ids_(other.list_ids_),
      pool_(other.pool_),
      atom_bytes_(other.atom_bytes_),
      text_numbers_(other.text_numbers_) {
  for (std::size_t i = 0; i < names_.size(); ++i) ids_.emplace(names_[i], i);
}

Data& Data::operator=(Data other) {
  ids_.swap(other.ids_);
  names_.swap(other.names_);
  lists_.swap(other.lists_);
  list_ids_.swap(other.list_ids_);
  pool_.swap(other.pool_);
  atom_bytes_ = other.atom_bytes_;
  text_numbers_ = other.text_numbers_;
  return *this;
}

Datum Data::number(std::int64_t number) {
  if (number >= -Datum::kLargest && number <= Datum::kLargest) return Datum::of(number);
  return atom(std::to_string(number));
}

Datum Data::atom(std::string_view text) {
  if (text_numbers_ && text.starts_with('"')) {
    const std::string_view inside = unquoted(text);
    std::int64_t value = 0;
    const auto [end, code] = std::from_chars(inside.begin(), inside.end(), value);
    if (code == std::errc{} && end == inside.end()) return number(value);
  }
  const auto known = ids_.find(text);
  if (known != ids_.end()) return Datum::atom(known->second);
  names_.emplace_back(text);
  atom_bytes_ += text.size() + 96;
  ids_.emplace(names_.back(), names_.size() - 1);
  return Datum::atom(names_.size() - 1);
}

Datum Data::list(std::span<const Datum> elements) {
  if (lists_.size() * 2 >= list_ids_.size()) grow_list_ids();
  const std::uint64_t hash = hash_of(elements);
  std::uint32_t& id = list_ids_[list_place(elements, hash)];
  if (id == 0) {
    lists_.push_back({pool_.size(), elements.size(), hash});
    pool_.insert(pool_.end(), elements.begin(), elements.end());
    id = static_cast<std::uint32_t>(lists_.size());
  }
  return Datum::list(id - 1);
}

// Where the list with these elements is, or would be.
std::size_t Data::list_place(std::span<const Datum> elements, std::uint64_t hash) const {
  const std::size_t mask = list_ids_.size() - 1;
  std::size_t at = hash & mask;
  for (; list_ids_[at] != 0; at = (at + 1) & mask) {
    const Span& span = lists_[list_ids_[at] - 1];
    const auto first = pool_.begin() + static_cast<std::ptrdiff_t>(span.first);
    if (span.hash == hash && span.count == elements.size() &&
        std::equal(elements.begin(), elements.end(), first)) {
      break;
    }
  }
  return at;
}

void Data::grow_list_ids() {
  list_ids_.assign(std::max<std::size_t>(16, list_ids_.size() * 2), 0);
  const std::size_t mask = list_ids_.size() - 1;
  for (std::uint32_t i = 0; i < lists_.size(); ++i) {
    std::size_t at = lists_[i].hash & mask;
    while (list_ids_[at] != 0) at = (at + 1) & mask;
    list_ids_[at] = i + 1;
  }
}

std::span<const Datum> Data::elements(Datum list) const {
  CHECK(list.is_list());
  const Span& span = lists_[list.index()];
  return {pool_.data() + span.first, span.count};
}

std::string Data::text(Datum value) const {
  if (value.is_number()) return std::to_string(value.number());
  if (value.is_atom()) return names_[value.index()];
  std::string out = "[";
  for (const Datum element : elements(value)) {
    if (out.size() > 1) out += ' ';
    out += text(element);
  }
  return out + "]";
}

std::string_view unquoted(std::string_view atom) {
  if (atom.size() >= 2 && atom.front() == '"' && atom.back() == '"') {
    return atom.substr(1, atom.size() - 2);
  }
  return atom;
}

}  // namespace holdfast::checkers
