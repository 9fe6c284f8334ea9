#include "checkers/formats/fressian.h"

#include <gtest/gtest.h>

#include <string>

namespace holdfast::checkers {
namespace {

// Bytes from digits: "e6 00 ff".
std::string bytes_of(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 3) {
    bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

// The texts of all values; ends with what was expected where one cannot be read.
std::string read(std::string_view digits) {
  const std::string bytes = bytes_of(digits);
  Data data;
  Fressian in(bytes, data);
  std::string out;
  while (!in.at_end()) {
    Datum value;
    if (!in.value(value)) return out + "expected " + in.expected();
    out += data.text(value) + (in.at_end() ? "" : ", ");
  }
  return out;
}

// skip() must leave behind what value() does: a place, and what later values refer to.
std::string read_behind_the_first(std::string_view digits) {
  const std::string bytes = bytes_of(digits);
  Data data;
  Fressian in(bytes, data);
  if (!in.skip()) return std::string("expected ") + in.expected();
  Datum value;
  return in.value(value) ? data.text(value) : std::string("expected ") + in.expected();
}

TEST(Fressian, ReadsIntegersOfEverySize) {
  EXPECT_EQ(read("00 3f ff"), "0, 63, -1");
  EXPECT_EQ(read("50 40 40 00 5f ff 4f fe"), "64, -4096, 4095, -2");
  EXPECT_EQ(read("68 10 00 6f ff ff 60 00 00"), "4096, 524287, -524288");
  EXPECT_EQ(read("72 08 00 00 73 ff ff ff 70 00 00 00"), "524288, 33554431, -33554432");
  EXPECT_EQ(read("76 02 34 31 2f"), "36974895");
  EXPECT_EQ(read("7a 00 00 00 00 01 7e 00 00 00 00 00 01"), "1, 1");
  EXPECT_EQ(read("7c 00 00 00 00 00 00"), "-562949953421312");
  EXPECT_EQ(read("f8 7f ff ff ff ff ff ff ff f8 80 00 00 00 00 00 00 00"),
            "9223372036854775807, -9223372036854775808");
}

TEST(Fressian, ReadsNumbersOfOtherKinds) {
  EXPECT_EQ(read("fb fc fa 3f f8 00 00 00 00 00 00"), "0.0, 1.0, 1.5");
  EXPECT_EQ(read("fa 40 c3 88 00 00 00 00 00 fa 41 63 12 d0 00 00 00 00"), "10000.0, 1.0E7");
  EXPECT_EQ(read("fa 3f 1a 36 e2 eb 1c 43 2d f9 3f c0 00 00"), "1.0E-4, 1.5");
  EXPECT_EQ(read("fa 7f f8 00 00 00 00 00 00 fa ff f0 00 00 00 00 00 00"), "##NaN, ##-Inf");
  EXPECT_EQ(read("c6 d1 0a c6 d1 ff c6 d2 ff 00"), "10, -1, -256");  // as EDN's 10N is 10
  EXPECT_EQ(read("c6 d9 09 01 00 00 00 00 00 00 00 00"), "18446744073709551616N");
  EXPECT_EQ(read("c6 d9 09 ff 00 00 00 00 00 00 00 00"), "-18446744073709551616N");
  EXPECT_EQ(read("c7 d1 0f 01 c7 d1 0f 50 0a c7 d1 0f 4f fe"), "1.5M, 1.5E-9M, 1.5E+3M");
  EXPECT_EQ(read("ef df 72 61 74 69 6f 02 c6 d1 01 c6 d1 03"), "1/3");
}

TEST(Fressian, ReadsTexts) {
  EXPECT_EQ(read("da dc 61 62 e3 08 61 22 5c 0a 09 63 64 65"), R"("", "ab", "a\"\\\n\tcde")");
  EXPECT_EQ(read("e2 02 61 62 e2 01 63 db 64"), R"("abcd")");       // in chunks
  EXPECT_EQ(read("e0 ed a0 bd ed b8 80"), "\"\xf0\x9f\x98\x80\"");  // two UTF-16 units
  EXPECT_EQ(read("dd ed a0 bd"), "\"?\"");                          // half a character
  EXPECT_EQ(read("ca f7 db 61 ca dc 6e 73 db 61 c9 f7 db 61"), ":a, :ns/a, a");
  EXPECT_EQ(read("ca f7 dc 61 2c"), "\":a,\"");  // no word of EDN
  EXPECT_EQ(read("c3 d9 10 01 23 45 67 89 ab cd ef 01 23 45 67 89 ab cd ef"),
            "\"01234567-89ab-cdef-0123-456789abcdef\"");
  EXPECT_EQ(read("c8 7b 8b cf e5 68 7b"), "\"2023-11-14T22:13:20.123-00:00\"");
  EXPECT_EQ(read("c8 ff"), "\"1969-12-31T23:59:59.999-00:00\"");
  EXPECT_EQ(read("ef de 63 68 61 72 01 50 61 a0 20"), "\\a, \\space");
}

TEST(Fressian, ReadsCollections) {
  EXPECT_EQ(read("e4 e6 04 e5 05 f7 f5 f6"), "[], [4 [5]], nil, true, false");
  EXPECT_EQ(read("ec 08 00 01 02 03 04 05 06 07 ed 01 02 fd ee 03"),
            "[0 1 2 3 4 5 6 7], [1 2], [3]");
  EXPECT_EQ(read("c0 e4 c0 e8 ca f7 db 62 01 ca f7 db 61 02"), "{}, {:a 2, :b 1}");
  EXPECT_EQ(read("c0 ed 01 02 fd b0 02 05 06"), "{1 2}, [5 6]");
  EXPECT_EQ(read("ef e3 13 70 65 72 73 69 73 74 65 6e 74 2d 68 61 73 68 2d 73 65 74 01 f7 "
                 "a0 e6 02 01"),
            "[], [1 2]");
  EXPECT_EQ(read("ef e3 08 6d 75 6c 74 69 73 65 74 01 c0 e8 01 02 05 01"), "[1 1 5]");
  EXPECT_EQ(read("ef e3 09 6d 61 70 2d 65 6e 74 72 79 02 00 e6 04 05"), "[0 [4 5]]");
}

// Types of other programs are read past.
TEST(Fressian, KeepsUnknownTypesAsLists) {
  EXPECT_EQ(read("ef dc 78 79 02 01 db 61 a0 02 f7"), R"(["xy" 1 "a"], ["xy" 2 nil])");
  EXPECT_EQ(read("f0 00"), "expected a type that was named before");
}

TEST(Fressian, RefersToWhatWasKept) {
  EXPECT_EQ(read("cd ca f7 cd dc 6f 6b 80 81 ca f7 81"), ":ok, :ok, \"ok\", :ok");
  EXPECT_EQ(read("ca f7 cd db 61 ca f7 80 ca f7 80"), ":a, :a, :a");
  EXPECT_EQ(read("cd db 61 80 fe 80"), "\"a\", \"a\", expected a value that was kept before");
  EXPECT_EQ(read("cd db 61 cc 00 cc 01"), "\"a\", \"a\", expected a value that was kept before");
  // What is skipped is kept all the same.
  EXPECT_EQ(read_behind_the_first("c0 e6 ca f7 cd db 61 cd db 62 ca f7 81"), ":b");
  EXPECT_EQ(read_behind_the_first("ef dc 78 79 01 dc 61 62 a0 05"), R"(["xy" 5])");
}

TEST(Fressian, SaysWhatItExpected) {
  for (const char* torn : {"f8 00", "50", "e3 05 61", "e6 01", "ca f7", "c0 e6 01",
                           "ef dc 78 79 02 01", "cd", "fa 00", "ec 50 ff 00", "c3 d2 00"}) {
    EXPECT_EQ(read(torn), "expected more: the bytes end inside a value") << torn;
  }
  EXPECT_EQ(read("fd"), "expected a value");
  EXPECT_EQ(read("c0 e5 01"), "expected a map of as many values as keys");
  EXPECT_EQ(read("cd e4"), "expected a string, a keyword or a symbol to keep");
  EXPECT_EQ(read("ca f7 01"), "expected a name, which is a string");
  EXPECT_EQ(read("e3 ff"), "expected a count");
  EXPECT_EQ(read("c3 d1 00"), "expected a UUID of 16 bytes");
  std::string deep;
  for (int i = 0; i < 300; ++i) deep += "e5 ";
  EXPECT_EQ(read(deep + "00"), "expected less than 256 levels of values within values");
}

}  // namespace
}  // namespace holdfast::checkers
