#include "node/daemon/options.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace holdfast::node {
namespace {

const OptionTexts kEnough = {
    {"id", "n2"}, {"members", "n2=127.0.0.1:72,n1=127.0.0.1:71,n3=[::1]:73"}, {"data", "d"}};

Result<Options> with(std::string name, std::string text) {
  OptionTexts texts = kEnough;
  texts.emplace_back(std::move(name), std::move(text));
  return make_options(texts);
}

std::string error_with(std::string name, std::string text) {
  const Result<Options> options = with(std::move(name), std::move(text));
  return options.has_value() ? "accepted" : options.error().message;
}

TEST(Options, HaveDefaults) {
  const Result<Options> options = make_options(kEnough);
  ASSERT_TRUE(options.has_value()) << options.error().message;
  EXPECT_EQ(options->id, 1);
  EXPECT_EQ(options->members,
            (std::vector<Endpoint>{{"127.0.0.1", 71}, {"127.0.0.1", 72}, {"::1", 73}}));
  EXPECT_EQ(options->peer, (Endpoint{"127.0.0.1", 72}));
  EXPECT_EQ(options->bind, "127.0.0.1");
  EXPECT_EQ(options->client_port, 0);
}

TEST(Options, LaterOnesWin) {
  EXPECT_EQ(with("id", "n3")->id, 2);
  EXPECT_EQ(with("peer_port", "99")->peer, (Endpoint{"127.0.0.1", 99}));
  EXPECT_EQ(with("bind", "127.0.0.9")->peer, (Endpoint{"127.0.0.9", 72}));
  EXPECT_EQ(with("set", "w=3")->config.w, 3u);
  EXPECT_EQ(with("die_with_parent", "true")->die_with_parent, true);
}

TEST(Options, ErrorsNameTheOption) {
  EXPECT_EQ(error_with("id", "2"), "id: expected a node (n1), got '2'");
  EXPECT_EQ(error_with("id", "n4"), "id: n4 is not among the members");
  EXPECT_EQ(error_with("client_port", "70000"), "client_port: expected a port, got '70000'");
  EXPECT_EQ(error_with("client_port", "7x"), "client_port: expected a port, got '7x'");
  EXPECT_EQ(error_with("bind", "somewhere"), "bind: expected an address, got 'somewhere'");
  EXPECT_EQ(error_with("set", "w"), "set: expected name=value, got 'w'");
  EXPECT_EQ(error_with("set", "w=4"), "w = 4 exceeds n = 3: no quorum could be met");
  EXPECT_NE(error_with("set", "colour=red").find("colour"), std::string::npos);
  EXPECT_EQ(error_with("colour", "red"), "there is no option 'colour'");
  EXPECT_EQ(error_with("data", ""), "data is missing (--data DIRECTORY)");
  EXPECT_NE(error_with("secret_file", "/nowhere").find("/nowhere"), std::string::npos);
}

TEST(Options, ErrorsAreOneLine) {
  EXPECT_EQ(error_with("id", "a\nb\x1b[2J"), "id: expected a node (n1), got 'a?b?[2J'");
  EXPECT_EQ(error_with("two\nlines", ""), "there is no option 'two?lines'");
  EXPECT_EQ(error_with("set", "w=1\n"), "w: expected a whole number from 1 to 7, got \"1?\"");
}

TEST(Options, ADeviceIsNotReadForEver) {
  EXPECT_EQ(error_with("secret_file", "/dev/zero"),
            "secret_file /dev/zero: expected at most 1026 bytes");
  EXPECT_EQ(read_options_file("/dev/zero").error().message,
            "/dev/zero: expected at most 1048576 bytes");
}

TEST(Options, MembersAreNumberedWithoutAGap) {
  for (const char* text :
       {"n1=127.0.0.1:1,n3=127.0.0.1:3", "n1=127.0.0.1:1,n1=127.0.0.1:2", "n1=127.0.0.1", "n1",
        "127.0.0.1:1", "n1=host:1", "n1=127.0.0.1:99999", "n1=127.0.0.1:1,,n2=127.0.0.1:2"}) {
    EXPECT_EQ(error_with("members", text).substr(0, 8), "members:") << text;
  }
  EXPECT_EQ(make_options({}).error().message, "id is missing (--id n1)");
}

class OptionsFile : public testing::Test {
 protected:
  void SetUp() override {
    char path[] = "/tmp/holdfast_options_XXXXXX";
    directory_ = ::mkdtemp(path);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }
  Result<OptionTexts> read(const std::string& text) {
    std::ofstream(directory_ + "/f.json") << text;
    return read_options_file(directory_ + "/f.json");
  }
  std::string directory_;
};

TEST_F(OptionsFile, IsJsonWithComments) {
  const auto texts = read(R"({
    // who
    "id": "n1", "members": {"n1": "127.0.0.1:71", "n2": "127.0.0.1:72"},
    "data": "d", "client_port": 6379, /* more */ "die_with_parent": true,
    "settings": {"n": 2, "w": 1, "hint_counts": false, "hint_holder": "coordinator"}
  })");
  ASSERT_TRUE(texts.has_value()) << texts.error().message;
  const auto options = make_options(*texts);
  ASSERT_TRUE(options.has_value()) << options.error().message;
  EXPECT_EQ(options->client_port, 6379);
  EXPECT_TRUE(options->die_with_parent);
  EXPECT_EQ(options->config.n, 2u);
  EXPECT_EQ(options->config.hint_holder, HintHolder::coordinator);
  EXPECT_FALSE(options->config.hint_counts);
}

TEST_F(OptionsFile, ErrorsNameFileAndPlace) {
  const auto error = [this](const std::string& text) {
    const auto texts = read(text);
    return texts.has_value() ? "accepted" : texts.error().message;
  };
  EXPECT_NE(error("{\"id\": \n}").find("f.json: [json.exception.parse_error"), std::string::npos);
  EXPECT_NE(error("{\"id\": \n}").find("line 2"), std::string::npos);
  EXPECT_NE(error("[1]").find("expected an object"), std::string::npos);
  EXPECT_NE(error("{\"data\": {}}").find("data: expected a text"), std::string::npos);
  EXPECT_NE(error("{\"settings\": {\"w\": 1.5}}").find("settings.w: expected"), std::string::npos);
  EXPECT_NE(error("{\"a\\nb\": {}}").find("f.json: a?b: expected a text"), std::string::npos);
  EXPECT_FALSE(read_options_file("/nowhere").has_value());
}

TEST(Endpoint, IsAddressAndPort) {
  EXPECT_EQ(to_string(*parse_endpoint("127.0.0.1:80")), "127.0.0.1:80");
  EXPECT_EQ(to_string(*parse_endpoint("[::1]:80")), "[::1]:80");
  for (const char* text : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", ":80", "localhost:80"}) {
    EXPECT_FALSE(parse_endpoint(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace holdfast::node
