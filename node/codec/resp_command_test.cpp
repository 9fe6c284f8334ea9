#include "node/codec/resp_command.h"

#include <gtest/gtest.h>

#include "node/base/random.h"

namespace holdfast::node {
namespace {

using Command = std::vector<std::string>;

// All commands found in `stream`, given in one piece; `last` is how it ended.
std::vector<Command> read_all(CommandReader& reader, RespState& last) {
  std::vector<Command> commands;
  std::vector<std::string_view> arguments;
  while ((last = reader.next(arguments)) == RespState::complete) {
    commands.emplace_back(arguments.begin(), arguments.end());
  }
  return commands;
}

std::vector<Command> read(std::string_view stream, RespState expected = RespState::incomplete) {
  CommandReader reader;
  reader.append(stream);
  RespState last = RespState::complete;
  std::vector<Command> commands = read_all(reader, last);
  EXPECT_EQ(last, expected) << stream;
  return commands;
}

TEST(CommandReader, ReadsArrays) {
  EXPECT_EQ(read("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"), (std::vector<Command>{{"GET", "k"}}));
  EXPECT_EQ(read("*2\r\n$3\r\nGET\r\n$0\r\n\r\n"), (std::vector<Command>{{"GET", ""}}));
  const std::string binary("*2\r\n$1\r\nA\r\n$4\r\n\r\n\0\xff\r\n", 21);
  EXPECT_EQ(read(binary), (std::vector<Command>{{"A", std::string("\r\n\0\xff", 4)}}));
}

TEST(CommandReader, ReadsLines) {
  EXPECT_EQ(read("PING\r\n"), (std::vector<Command>{{"PING"}}));
  EXPECT_EQ(read("  SET k\tv \n\r\n\nGET k\n"),
            (std::vector<Command>{{"SET", "k", "v"}, {"GET", "k"}}));
  EXPECT_EQ(read("SET 'it\\'s' \"a b\\n\\x41\\\"\"\n"),
            (std::vector<Command>{{"SET", "it's", "a b\nA\""}}));
  EXPECT_EQ(read("SET k \"\"\n"), (std::vector<Command>{{"SET", "k", ""}}));
}

TEST(CommandReader, EmptyCommandsSayNothing) {
  EXPECT_EQ(read("*0\r\n*-1\r\n\r\nPING\r\n"), (std::vector<Command>{{"PING"}}));
}

TEST(CommandReader, FindsCommandsInArbitraryPieces) {
  Random random(1);
  for (int round = 0; round < 300; ++round) {
    std::vector<Command> sent;
    std::string stream;
    for (int i = 0; i < 10; ++i) {
      Command command;
      if (random.chance(1, 4)) {
        command = {"INLINE", std::to_string(random.next())};
        stream += command[0] + " " + command[1] + "\r\n";
      } else {
        const std::uint64_t count = 1 + random.below(5);
        for (std::uint64_t a = 0; a < count; ++a) {
          std::string argument(random.below(random.chance(1, 8) ? 3000 : 12), '\0');
          for (char& c : argument) c = static_cast<char>(random.next());
          command.push_back(std::move(argument));
        }
        append_command(command, stream);
      }
      sent.push_back(std::move(command));
    }
    CommandReader reader;
    std::vector<Command> received;
    for (std::size_t at = 0; at < stream.size();) {
      const std::size_t size = 1 + random.below(random.chance(1, 2) ? 4 : 2000);
      reader.append(std::string_view(stream).substr(at, size));
      at += size;
      RespState last = RespState::complete;
      for (Command& command : read_all(reader, last)) received.push_back(std::move(command));
      ASSERT_EQ(last, RespState::incomplete);
    }
    ASSERT_EQ(received, sent);
    ASSERT_EQ(reader.buffered(), 0U);
  }
}

TEST(CommandReader, RefusesDamage) {
  for (const std::string stream :
       {"*x\r\n", "*99999999\r\n", "*1\r\n:3\r\n", "*1\r\n$-1\r\n", "*1\r\n$999999999999\r\n",
        "*1\r\n$3\r\nabcde", "*1234567890123456789012345678901234", "SET \"k\n", "SET \"k\"v\n",
        "a\x01"
        "b",
        "\x16\x03\x01\x02"}) {
    EXPECT_TRUE(read(stream, RespState::damaged).empty()) << stream;
  }
  EXPECT_TRUE(read(std::string(CommandReader::kMaxInlineBytes, 'x'), RespState::damaged).empty());
}

TEST(CommandReader, TheLimitHoldsForTheSumOfArguments) {
  CommandReader reader;
  const std::string half(CommandReader::kMaxCommandBytes / 2 + 1, 'x');
  std::string first = "*2\r\n$" + std::to_string(half.size()) + "\r\n" + half + "\r\n";
  reader.append(first);
  std::vector<std::string_view> arguments;
  EXPECT_EQ(reader.next(arguments), RespState::incomplete);
  reader.append("$" + std::to_string(half.size()) + "\r\n");
  EXPECT_EQ(reader.next(arguments), RespState::damaged);
  EXPECT_NE(reader.error().find("above the limit"), std::string::npos);
}

TEST(CommandReader, StaysDamagedAndKeepsWhatCameBefore) {
  CommandReader reader;
  reader.append("PING\r\n*x\r\n");
  std::vector<std::string_view> arguments;
  EXPECT_EQ(reader.next(arguments), RespState::complete);
  EXPECT_EQ(reader.next(arguments), RespState::damaged);
  reader.append("PING\r\n");
  EXPECT_EQ(reader.next(arguments), RespState::damaged);
}

TEST(CommandReader, RandomBytesAreSafe) {
  Random random(2);
  const std::string alphabet = "*$0123456789\r\nab\"' -x";
  for (int i = 0; i < 50000; ++i) {
    std::string bytes(random.below(60), '\0');
    for (char& c : bytes) {
      c = random.chance(9, 10) ? alphabet[random.below(alphabet.size())]
                               : static_cast<char>(random.next());
    }
    CommandReader reader;
    RespState last = RespState::complete;
    for (std::size_t at = 0; at < bytes.size(); at += 7) {
      reader.append(std::string_view(bytes).substr(at, 7));
      for (const Command& command : read_all(reader, last)) ASSERT_FALSE(command.empty());
    }
  }
}

}  // namespace
}  // namespace holdfast::node
