#include "node/base/spelling.h"

#include <algorithm>
#include <cstddef>

namespace holdfast {
namespace {

constexpr std::size_t kMostShown = 4;

// Edits between two words: letters inserted, removed, replaced, or swapped with the next (optimal
// string alignment).
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before;  // the row of a's prefix that is two letters shorter
  std::vector<std::size_t> last(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::vector<std::size_t> row(b.size() + 1, i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replaced, last[j] + 1, row[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before = std::move(last);
    last = std::move(row);
  }
  return last[b.size()];
}

std::vector<std::string_view> near(std::string_view word,
                                   const std::vector<std::string_view>& names) {
  constexpr std::size_t kLongest = 100;  // what is longer is no misspelt name
  if (word.empty() || word.size() > kLongest) return {};
  std::size_t fewest = word.size() < 6 ? 1 : 2;
  std::vector<std::string_view> found;
  for (const std::string_view name : names) {
    const std::size_t needed = edits(word, name);
    if (needed > fewest || needed >= std::max(word.size(), name.size())) continue;
    if (needed < fewest) found.clear();
    fewest = needed;
    found.push_back(name);
  }
  if (!found.empty() || word.size() < 3) return found;
  for (const std::string_view name : names) {
    if (name.starts_with(word)) found.push_back(name);
  }
  return found;
}

}  // namespace

std::string did_you_mean(std::string_view misspelt, const std::vector<std::string_view>& names) {
  const std::vector<std::string_view> found = near(misspelt, names);
  if (found.empty()) return "";
  const std::size_t shown = std::min(found.size(), kMostShown);
  std::string text = "did you mean ";
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) text += i + 1 == shown ? " or " : ", ";
    text += "\"" + std::string(found[i]) + "\"";
  }
  return text + "?";
}

std::string known_names(std::string_view misspelt, const std::vector<std::string_view>& names) {
  if (std::string text = did_you_mean(misspelt, names); !text.empty()) return text;
  std::string text = names.size() == 1 ? "there is only " : "there are ";
  for (std::size_t i = 0; i < names.size(); ++i) {
    text += (i == 0 ? "" : ", ") + std::string(names[i]);
  }
  return text;
}

}  // namespace holdfast
