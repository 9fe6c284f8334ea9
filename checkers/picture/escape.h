// Text for HTML and XML.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::checkers {

// Safe between tags and inside quotes. What XML cannot hold (control characters) becomes "?".
std::string escape(std::string_view text);

}  // namespace holdfast::checkers
