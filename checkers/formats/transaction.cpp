#include "checkers/formats/transaction.h"

#include <algorithm>
#include <string>

namespace holdfast::checkers {
namespace {

std::string_view word_of(const Data& data, Datum f) {
  std::string_view word = unquoted(data.atom_text(f));
  if (word.starts_with(':')) word.remove_prefix(1);
  return word;
}

bool is_list_of_parts(const Data& data, Datum value) {
  if (!value.is_list()) return false;
  const std::span<const Datum> parts = data.elements(value);
  return !parts.empty() && std::all_of(parts.begin(), parts.end(), [&](Datum part) {
    return micro_operation(data, part).has_value();
  });
}

// The transaction in [key transaction], or the value itself.
Datum behind_key(const Data& data, Datum value) {
  if (!value.is_list()) return value;
  const std::span<const Datum> pair = data.elements(value);
  return pair.size() == 2 && !pair[0].is_list() ? pair[1] : value;
}

}  // namespace

std::optional<MicroOperation> micro_operation(const Data& data, Datum part) {
  if (!part.is_list()) return std::nullopt;
  const std::span<const Datum> words = data.elements(part);
  if (words.size() != 3 || !words[0].is_atom()) return std::nullopt;
  const std::string_view f = word_of(data, words[0]);
  using F = MicroOperation::F;
  if (f == "r" || f == "read") return MicroOperation{F::read, words[1], words[2]};
  if (f == "w" || f == "write") return MicroOperation{F::write, words[1], words[2]};
  if (f == "append") return MicroOperation{F::append, words[1], words[2]};
  return std::nullopt;
}

bool is_transaction(const Data& data, Datum value) {
  return is_list_of_parts(data, behind_key(data, value));
}

Result<> check_transaction(const Data& data, Datum value) {
  const Datum list = behind_key(data, value);
  if (list.is_nil()) return {};
  const char* const shape =
      "expected a transaction, a list of [:r key value], [:w key value] and [:append key value]";
  if (!list.is_list()) return fail(shape);
  bool appends = false;
  bool writes = false;
  bool one_key = true;
  std::optional<Datum> key;
  for (const Datum part : data.elements(list)) {
    const std::optional<MicroOperation> micro = micro_operation(data, part);
    if (!micro) {
      const std::span<const Datum> words =
          part.is_list() ? data.elements(part) : std::span<const Datum>();
      if (words.size() != 3 || !words[0].is_atom()) return fail(shape);
      return fail(std::string(shape) + "; not \"" +
                  std::string(word_of(data, words[0]).substr(0, 40)) +
                  "\": transactions of other types are not judged");
    }
    appends |= micro->f == MicroOperation::F::append;
    writes |= micro->f == MicroOperation::F::write;
    one_key &= !key || *key == micro->key;
    key = micro->key;
  }
  if (appends && writes) return fail("expected lists or registers: one transaction has both");
  if (appends && !one_key) {
    return fail(
        "expected one key a transaction: transactions on lists of several keys are not judged");
  }
  return {};
}

}  // namespace holdfast::checkers
