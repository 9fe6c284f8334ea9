// Text in lines of a given width.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace holdfast {

// Breaks at spaces; the first line begins with `first`, the others with `rest`. A word longer than
// a line stands alone. A no-break space keeps its line and is printed as a space. Ends with a line
// break. Columns count characters, not bytes.
std::string wrap(std::string_view text, std::size_t columns, std::string_view first,
                 std::string_view rest);

// The text with no-break spaces between numbers and their units: "6.325 s", "7 h 10 min 0.250 s".
std::string bind_units(std::string_view text);

// Characters of UTF-8.
std::size_t width(std::string_view text);

}  // namespace holdfast
