#include "node/base/errors.h"

#include <iterator>

namespace holdfast {
namespace {

struct Entry {
  std::string_view name;
  bool definite;
  std::string_view text;
};

constexpr Entry kErrors[] = {
#define ERROR(name, definite, text) {#name, definite, text},
#include "node/base/errors.def"
#undef ERROR
};

const Entry& entry(ErrorCode code) { return kErrors[static_cast<std::size_t>(code)]; }

}  // namespace

bool is_definite(ErrorCode code) { return entry(code).definite; }
std::string_view to_string(ErrorCode code) { return entry(code).name; }
std::string_view describe(ErrorCode code) { return entry(code).text; }

std::optional<ErrorCode> parse_error_code(std::string_view text) {
  for (std::size_t i = 0; i < std::size(kErrors); ++i) {
    if (kErrors[i].name == text) return static_cast<ErrorCode>(i);
  }
  return std::nullopt;
}

}  // namespace holdfast
