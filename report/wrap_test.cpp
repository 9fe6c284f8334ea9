#include "report/wrap.h"

#include <gtest/gtest.h>

namespace holdfast::report {
namespace {

TEST(Wrap, BreaksAtSpacesAndIndents) {
  EXPECT_EQ(wrap("one two three four", 12, "- ", "  "), "- one two\n  three four\n");
}

TEST(Wrap, KeepsLineBreaksOfTheText) { EXPECT_EQ(wrap("a\nb c", 80, "", "  "), "a\n  b c\n"); }

TEST(Wrap, ALongWordStandsAlone) {
  EXPECT_EQ(wrap("a abcdefghijkl b", 5, "", ""), "a\nabcdefghijkl\nb\n");
}

TEST(Wrap, NothingIsOneEmptyLine) { EXPECT_EQ(wrap("", 10, "", ""), "\n"); }

TEST(Wrap, CountsCharactersNotBytes) {
  EXPECT_EQ(width("µs…"), 3u);
  EXPECT_EQ(wrap("µµµ µµµ", 7, "", ""), "µµµ µµµ\n");
}

}  // namespace
}  // namespace holdfast::report
