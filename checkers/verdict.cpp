#include "checkers/verdict.h"

namespace holdfast::checkers {

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::valid:
      return "valid";
    case Verdict::unknown:
      return "unknown";
    case Verdict::invalid:
      return "invalid";
  }
  return "";
}

std::optional<Verdict> parse_verdict(std::string_view text) {
  for (const Verdict verdict : {Verdict::valid, Verdict::unknown, Verdict::invalid}) {
    if (to_string(verdict) == text) return verdict;
  }
  return std::nullopt;
}

}  // namespace holdfast::checkers
