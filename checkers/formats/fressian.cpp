#include "checkers/formats/fressian.h"

#include <algorithm>
#include <utility>

#include "checkers/formats/clojure_text.h"
#include "checkers/formats/fressian_codes.h"

namespace holdfast::checkers {

using namespace fressian;

bool Fressian::is_map() const { return code() == kMap; }

bool Fressian::is_type() const {
  return (code() >= kKnownType && code() < kArrays) || code() == kKnownTypeFar ||
         code() == kNewType;
}

bool Fressian::skip() {
  skipping_ = true;
  Datum ignored;
  const bool good = value(ignored, 0);
  skipping_ = false;
  return good;
}

bool Fressian::value(Datum& out, int depth) {
  if (at_end()) return torn();
  const auto first = static_cast<std::uint8_t>(*at_++);
  if (first < kKept || first == 0xff || first == kInteger) {
    std::int64_t number = 0;
    if (!integer(first, number)) return false;
    out = data_.number(number);
    return true;
  }
  if (first < kKnownType || first == kKeptFar) {
    Kept* known = nullptr;
    if (!kept(first, known)) return false;
    out = known->value;
    return true;
  }
  if (first >= kString && first <= kStringCounted) return string(first, out);
  switch (first) {
    case kNil:
      out = kNilDatum;
      return true;
    case kTrue:
      out = data_.atom("true");
      return true;
    case kFalse:
      out = data_.atom("false");
      return true;
    case kFloat:
    case kDouble:
      return real(first, out);
    case kDoubleZero:
      out = data_.atom("0.0");
      return true;
    case kDoubleOne:
      out = data_.atom("1.0");
      return true;
    case kBigInteger:
      return big_integer(out);
    case kBigDecimal:
      return big_decimal(out);
    case kUuid:
      return uuid(out);
    case kInstant:
      return instant(out);
    case kSymbol:
    case kKeyword:
      return named(first == kKeyword, out);
    default:
      return depth < kDeepest ? compound(first, out, depth + 1)
                              : error("less than 256 levels of values within values");
  }
}

// What has values within, or before it.
bool Fressian::compound(std::uint8_t first, Datum& out, int depth) {
  --at_;  // lists and types begin with their code
  if ((first >= kList && first <= kListOpen)) return list(out, depth);
  if (is_type()) return of_type(out, depth);
  if (first == kMap) return map(out, depth);
  if (first >= kBytes && first <= kBytesChunk + 1) {
    std::string text;
    if (!bytes(text)) return false;
    out = atom("#bytes\"" + clojure_uuid(text) + '"');
    return true;
  }
  ++at_;
  switch (first) {
    case kSet:
      return value(out, depth) && sort_set(out);
    case kKeep:
      return keep(out, depth);
    case kForget:
      kept_.clear();
      types_.clear();
      return value(out, depth);
    case kMeta: {
      Datum ignored;
      return value(ignored, depth) && value(out, depth);
    }
    case kRegex:
    case kUri:
      return value(out, depth);
    default:
      break;
  }
  if (first >= kArrays && first < kMap) return array(out, depth);
  --at_;
  return error("a value");
}

bool Fressian::kept(std::uint8_t first, Kept*& out) {
  std::uint64_t slot = first - kKept;
  if (first == kKeptFar && !count(slot)) return false;
  if (slot >= kept_.size()) return error("a value that was kept before");
  out = &kept_[slot];
  return true;
}

// The slot is taken before the value is read: a keyword stands before its own name. Only texts are
// kept. (Lists of kept lists of kept lists would be texts without end.)
bool Fressian::keep(Datum& out, int depth) {
  const std::size_t slot = kept_.size();
  kept_.emplace_back();
  const std::uint8_t first = code();
  const bool is_text =
      (first >= kString && first <= kStringCounted) || first == kKeyword || first == kSymbol;
  if (!is_text) return at_end() ? torn() : error("a string, a keyword or a symbol to keep");
  const bool was_skipping = std::exchange(skipping_, false);
  const bool good = value(out, depth);
  skipping_ = was_skipping;
  if (good) kept_[slot].value = out;
  return good;
}

// A name's part: a string, or nil.
bool Fressian::name_part(Datum& out) {
  if (!value(out, kDeepest - 1)) return false;
  const bool is_string = out.is_atom() && data_.atom_text(out).starts_with('"');
  return is_string || out.is_nil() || error("a name, which is a string");
}

bool Fressian::named(bool keyword, Datum& out) {
  // Mostly a keyword without namespace whose name is known.
  if (keyword && end_ - at_ >= 2 && code() == kNil) {
    const auto second = static_cast<std::uint8_t>(at_[1]);
    if (second >= kKept && second < kKnownType && second - kKept < static_cast<int>(kept_.size())) {
      out = kept_[second - kKept].keyword;
      if (!out.is_nil()) {
        at_ += 2;
        return true;
      }
    }
  }
  const bool was_skipping = std::exchange(skipping_, false);
  Datum space;
  const char* name_at = nullptr;
  Datum name;
  bool good = name_part(space);
  name_at = at_;
  good = good && name_part(name);
  skipping_ = was_skipping;
  if (!good) return false;
  std::string text = keyword ? ":" : "";
  if (!space.is_nil()) text += std::string(unquoted(data_.atom_text(space))) + '/';
  text += unquoted(data_.atom_text(name));
  // What no reader of EDN takes for one word is a string here.
  constexpr std::string_view kNoWord = " \t\n\r\f\v,;\"()[]{}\\#";
  const bool is_word = text.size() > (keyword ? 1 : 0) && text.find_first_of(kNoWord) == text.npos;
  out = data_.atom(is_word ? text : '"' + text + '"');
  const auto second = static_cast<std::uint8_t>(*name_at);
  const bool known = second >= kKept && second < kKnownType;
  if (keyword && space.is_nil() && known) kept_[second - kKept].keyword = out;
  return true;
}

bool Fressian::begin_list(List& list) {
  if (at_end()) return torn();
  const auto first = static_cast<std::uint8_t>(*at_++);
  list = {};
  if (first >= kList && first < kListCounted) {
    list.left = static_cast<std::uint64_t>(first - kList);
  } else if (first == kListCounted) {
    if (!count(list.left)) return false;
  } else if (first == kListClosed || first == kListOpen) {
    list.open = true;
  } else {
    --at_;
    return error("a list");
  }
  return list.left <= static_cast<std::uint64_t>(end_ - at_) || torn();
}

bool Fressian::more(List& list) {
  if (!list.open) return list.left-- > 0;
  if (at_end()) return false;
  if (code() != kEndOfList) return true;
  ++at_;
  return false;
}

bool Fressian::list(Datum& out, int depth) {
  List list;
  if (!begin_list(list)) return false;
  const std::size_t base = stack_.size();
  bool good = true;
  while (good && more(list)) {
    Datum element;
    good = value(element, depth);
    if (!skipping_) stack_.push_back(element);
  }
  if (good && !skipping_) out = data_.list(std::span(stack_).subspan(base));
  stack_.resize(base);
  return good;
}

// A set has no order: equal sets become equal lists.
bool Fressian::sort_set(Datum& set) {
  if (!set.is_list()) return true;
  const auto by_bits = [](Datum a, Datum b) { return a.bits() < b.bits(); };
  const std::span<const Datum> elements = data_.elements(set);
  if (std::is_sorted(elements.begin(), elements.end(), by_bits)) return true;
  std::vector<Datum> sorted(elements.begin(), elements.end());
  std::sort(sorted.begin(), sorted.end(), by_bits);
  set = data_.list(sorted);
  return true;
}

bool Fressian::array(Datum& out, int depth) {
  std::uint64_t size = 0;
  if (!count(size)) return false;
  const std::size_t base = stack_.size();
  bool good = true;
  for (; good && size > 0; --size) {
    Datum element;
    good = value(element, depth);
    if (!skipping_) stack_.push_back(element);
  }
  if (good && !skipping_) out = data_.list(std::span(stack_).subspan(base));
  stack_.resize(base);
  return good;
}

bool Fressian::begin_map(List& list) {
  if (!is_map()) return at_end() ? torn() : error("a map");
  ++at_;
  if (!begin_list(list)) return false;
  if (list.left % 2 != 0) return error("a map of as many values as keys");
  list.left /= 2;
  return true;
}

// Entries in the order of their keys' texts: equal maps are equal, however they were made.
bool Fressian::map(Datum& out, int depth) {
  List list;
  if (!begin_map(list)) return false;
  std::vector<std::string> entries;
  while (more(list)) {
    Datum key;
    Datum held;
    if (!value(key, depth) || !value(held, depth)) return false;
    if (!skipping_) entries.push_back(data_.text(key) + ' ' + data_.text(held));
  }
  if (skipping_) return true;
  std::sort(entries.begin(), entries.end());
  std::string text = "{";
  for (const std::string& entry : entries) text += (text.size() > 1 ? ", " : "") + entry;
  out = data_.atom(text + '}');
  return true;
}

bool Fressian::begin_type(Type& type) {
  if (at_end()) return torn();
  const auto first = static_cast<std::uint8_t>(*at_++);
  if (first != kNewType) {
    std::uint64_t slot = first - kKnownType;
    if (first == kKnownTypeFar && !count(slot)) return false;
    if (slot >= types_.size()) return error("a type that was named before");
    type = types_[slot];
    return true;
  }
  const bool was_skipping = std::exchange(skipping_, false);
  const bool good = name_part(type.name) && count(type.parts);
  skipping_ = was_skipping;
  if (!good) return false;
  if (type.parts > static_cast<std::uint64_t>(end_ - at_)) return torn();
  types_.push_back(type);
  return true;
}

bool Fressian::try_entry(Datum& key, Datum& held) {
  if (!is_type()) return false;
  const char* const start = at_;
  const std::size_t kept = kept_.size();
  const std::size_t types = types_.size();
  Type type;
  if (begin_type(type) && type.parts == 2 && data_.atom_text(type.name) == "\"map-entry\"" &&
      value(key) && value(held)) {
    return true;
  }
  at_ = start;
  kept_.resize(kept);
  types_.resize(types);
  return false;
}

bool Fressian::of_type(Datum& out, int depth) {
  Type type;
  if (!begin_type(type)) return false;
  bool known = false;
  if (!known_type(type, out, depth, known)) return false;
  if (known) return true;
  std::vector<Datum> all = {type.name};
  for (std::uint64_t i = 0; i < type.parts; ++i) {
    Datum part;
    if (!value(part, depth)) return false;
    if (!skipping_) all.push_back(part);
  }
  if (!skipping_) out = data_.list(all);
  return true;
}

// The types that Jepsen's own handlers write.
bool Fressian::known_type(const Type& type, Datum& out, int depth, bool& known) {
  const std::string_view name = unquoted(data_.atom_text(type.name));
  known = true;
  if (type.parts == 1) {
    if (name == "persistent-hash-set" || name == "persistent-sorted-set") {
      if (!value(out, depth)) return false;
      if (out.is_nil() && !skipping_) out = data_.list({});  // the empty set
      return sort_set(out);
    }
    if (name == "instant" || name == "date-time" || name == "atom" || name == "byte") {
      return value(out, depth);
    }
    if (name == "multiset") return multiset(out, depth);
    if (name == "char") {
      std::int64_t unit = 0;
      if (!integer(unit)) return false;
      out = atom(clojure_character(unit));
      return true;
    }
  }
  if (type.parts == 2) {
    if (name == "ratio") return ratio(out);
    Datum first;
    Datum second;
    if (name == "map-entry" || name == "record") {
      if (!value(first, depth) || !value(second, depth)) return false;
      if (skipping_) return true;
      const Datum both[] = {first, second};
      out = data_.list(both);
      return true;
    }
  }
  known = false;
  return true;
}

// A map from each element to how often it is there: that many elements.
bool Fressian::multiset(Datum& out, int depth) {
  List list;
  if (!begin_map(list)) return false;
  constexpr std::uint64_t kMost = 10'000;
  std::vector<Datum> elements;
  while (more(list)) {
    Datum element;
    std::uint64_t times = 0;
    if (!value(element, depth) || !count(times)) return false;
    if (skipping_) continue;
    if (times > kMost - elements.size()) return error("a multiset of at most 10,000 elements");
    elements.insert(elements.end(), times, element);
  }
  if (!skipping_) out = data_.list(elements);
  return sort_set(out);
}

}  // namespace holdfast::checkers
