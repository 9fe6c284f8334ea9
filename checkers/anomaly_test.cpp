#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "checkers/checker.h"

namespace holdfast::checkers {
namespace {

TEST(Anomalies, AreDocumentedAsTheyAreListed) {
  std::ifstream file(HOLDFAST_SOURCE_DIR "/docs/formats.md");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  for (std::size_t i = 0; i < kAnomalyClasses; ++i) {
    const AnomalyEntry& entry = entry_of(static_cast<AnomalyClass>(i));
    const std::string row = "| `" + std::string(entry.name) + "` | " + std::string(entry.checker) +
                            " | " + std::string(entry.promise) + " | " + std::string(entry.text) +
                            " |\n";
    EXPECT_NE(text.find(row), std::string::npos) << row;
    EXPECT_NE(find_checker(entry.checker), nullptr) << entry.name;
  }
}

}  // namespace
}  // namespace holdfast::checkers
