#include "node/base/wrap.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

TEST(Wrap, BreaksAtSpacesAndIndents) {
  EXPECT_EQ(wrap("one two three four", 12, "- ", "  "), "- one two\n  three four\n");
}

TEST(Wrap, KeepsLineBreaksOfTheText) { EXPECT_EQ(wrap("a\nb c", 80, "", "  "), "a\n  b c\n"); }

TEST(Wrap, ALongWordStandsAlone) {
  EXPECT_EQ(wrap("a abcdefghijkl b", 5, "", ""), "a\nabcdefghijkl\nb\n");
}

TEST(Wrap, ANumberStaysWithItsUnit) {
  const std::string text = bind_units("lost at 7 h 10 min 0.250 s; n4 wiped at 8.000 s, 3 so far");
  EXPECT_EQ(wrap(text, 24, "", ""),
            "lost at\n7 h 10 min 0.250 s; n4\nwiped at 8.000 s, 3 so\nfar\n");
  EXPECT_EQ(wrap(bind_units("n5 at 6.325 s"), 11, "", ""), "n5 at\n6.325 s\n");
  EXPECT_EQ(bind_units("3 hints"), "3 hints");
}

TEST(Wrap, NothingIsOneEmptyLine) { EXPECT_EQ(wrap("", 10, "", ""), "\n"); }

TEST(Wrap, CountsCharactersNotBytes) {
  EXPECT_EQ(width("µs…"), 3u);
  EXPECT_EQ(wrap("µµµ µµµ", 7, "", ""), "µµµ µµµ\n");
}

}  // namespace
}  // namespace holdfast
