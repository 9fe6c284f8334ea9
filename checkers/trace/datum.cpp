#include "checkers/trace/datum.h"

#include <string>

#include "node/base/check.h"

namespace holdfast::checkers {

Data::Data() { atom("nil"); }

Datum Data::number(std::int64_t number) {
  if (number >= -Datum::kLargest && number <= Datum::kLargest) return Datum::of(number);
  return atom(std::to_string(number));
}

Datum Data::atom(std::string_view text) {
  const auto known = ids_.find(text);
  if (known != ids_.end()) return Datum::atom(known->second);
  names_.emplace_back(text);
  atom_bytes_ += text.size() + 96;
  ids_.emplace(names_.back(), names_.size() - 1);
  return Datum::atom(names_.size() - 1);
}

Datum Data::list(std::span<const Datum> elements) {
  lists_.push_back({pool_.size(), elements.size()});
  pool_.insert(pool_.end(), elements.begin(), elements.end());
  return Datum::list(lists_.size() - 1);
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
