// The outcomes of an operation that did not succeed, and whether each is definite.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace holdfast {

enum class ErrorCode : std::uint8_t {
#define ERROR(name, definite, text) name,
#include "node/base/errors.def"
#undef ERROR
};

// Whether the operation certainly did not happen (see errors.def).
bool is_definite(ErrorCode code);
std::string_view to_string(ErrorCode code);
std::string_view describe(ErrorCode code);
std::optional<ErrorCode> parse_error_code(std::string_view text);

}  // namespace holdfast
