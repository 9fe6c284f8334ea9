#include "checkers/linear/list_steps.h"

#include <string_view>

namespace holdfast::checkers {
namespace {

bool is_append(const Data& data, Datum f) {
  if (!f.is_atom()) return false;
  std::string_view word = unquoted(data.atom_text(f));
  if (word.starts_with(':')) word.remove_prefix(1);
  return word == "append";
}

}  // namespace

std::vector<ListStep> list_steps(const Trace& trace, const Op& op, bool ok) {
  if (op.action == Action::append) return {{false, op.input}};
  if (op.action == Action::read) {
    return ok ? std::vector<ListStep>{{true, op.output}} : std::vector<ListStep>();
  }
  std::vector<ListStep> steps;
  const Datum list = ok ? op.output : op.input;
  if (!list.is_list()) return steps;
  for (const Datum part : trace.data.elements(list)) {
    if (!part.is_list()) continue;
    const auto words = trace.data.elements(part);
    if (words.size() != 3) continue;
    const bool append = is_append(trace.data, words[0]);
    if (append || ok) steps.push_back({!append, words[2]});
  }
  return steps;
}

}  // namespace holdfast::checkers
