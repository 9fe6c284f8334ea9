#include "harness/ssh/hosts_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace holdfast::harness {
namespace {

Result<HostsFile> parse(std::string_view text) {
  return parse_hosts_file(text, HOLDFAST_SOURCE_DIR "/hosts.json", HOLDFAST_SOURCE_DIR);
}

TEST(HostsFile, DefaultsHoldForAllHostsThatSayNothingElse) {
  const auto file = parse(R"({
    // how ssh reaches them
    "ssh_config": "README.md", "user": "vagrant", "sudo": true, "peer_port": 7200,
    "hosts": [
      {"host": "192.168.56.11"},
      {"host": "vm2", "address": "192.168.56.12", "user": "me", "port": 2222, "sudo": false,
       "identity": "~/LICENSE", "programs": "/opt/holdfast"}]})");
  ASSERT_TRUE(file) << file.error().message;
  ASSERT_EQ(file->hosts.size(), 2u);
  EXPECT_EQ(file->ssh_config, HOLDFAST_SOURCE_DIR "/README.md");
  EXPECT_EQ(file->peer_port, 7200);
  EXPECT_EQ(file->client_port, 7001);
  EXPECT_EQ(file->hosts[0].address, "192.168.56.11");
  EXPECT_EQ(file->hosts[0].user, "vagrant");
  EXPECT_TRUE(file->hosts[0].sudo);
  EXPECT_EQ(file->hosts[1].user, "me");
  EXPECT_EQ(file->hosts[1].port, 2222);
  EXPECT_FALSE(file->hosts[1].sudo);
  EXPECT_EQ(file->hosts[1].identity, HOLDFAST_SOURCE_DIR "/LICENSE");
  EXPECT_EQ(file->hosts[1].programs, "/opt/holdfast");
}

TEST(HostsFile, ErrorsNameTheLineAndWhatWasExpected) {
  const std::pair<const char*, const char*> wrong[] = {
      {"{", ":1:"},
      {"[]", "expected {\"hosts\""},
      {R"({"hosts": []})", "expected {\"hosts\""},
      {"{\"hosts\": [\n{\"host\": \"vm1\"}]}", ":2: \"address\" is \"\", expected the IPv4"},
      {R"({"hosts": [{"address": "10.0.0.1"}]})", "has no \"host\""},
      {R"({"hosts": [{"host": "-oProxyCommand=x", "address": "10.0.0.1"}]})", "a dash"},
      {R"({"hosts": [{"host": "10.0.0.1", "user": "-x"}]})", "a dash"},
      {"{\"hosts\": [{\"host\": \"10.0.0.1\"},\n{\"host\": \"b\", \"address\": \"10.0.0.1\"}]}",
       ":2: hosts 1 and 2 have one address"},
      {R"({"hosts": [{"host": "10.0.0.1", "port": 0}]})", "\"port\" is 0, expected a port"},
      {R"({"hosts": [{"host": "10.0.0.1", "port": 65536}]})", "expected a port"},
      {R"({"hosts": [{"host": "10.0.0.1", "sudo": 1}]})", "expected true or false"},
      {R"({"hosts": [{"host": "10.0.0.1", "identity": "/none"}]})", "there is no file /none"},
      {R"({"hosts": [{"host": "10.0.0.1", "usr": "me"}]})", "unknown key \"usr\"; expected one"},
      {R"({"host": "10.0.0.1", "hosts": [{"host": "10.0.0.1"}]})", "unknown key \"host\""},
  };
  for (const auto& [text, expected] : wrong) {
    const auto file = parse(text);
    ASSERT_FALSE(file) << text;
    EXPECT_NE(file.error().message.find(expected), std::string::npos) << file.error().message;
    EXPECT_EQ(file.error().message.find('\n'), std::string::npos) << file.error().message;
  }
}

TEST(HostsFile, VagrantsFitsItsMachines) {
  const auto text_of = [](const std::string& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  };
  const std::string folder = HOLDFAST_SOURCE_DIR "/vagrant/";
  // A folder in which "ssh_config" exists.
  char name[] = "/tmp/holdfast-vagrant-XXXXXX";
  const std::filesystem::path elsewhere = ::mkdtemp(name);
  std::ofstream(elsewhere / "ssh_config") << "";
  const auto file = parse_hosts_file(text_of(folder + "hosts.json"), elsewhere / "hosts.json", "/");
  std::filesystem::remove_all(elsewhere);
  ASSERT_TRUE(file) << file.error().message;
  ASSERT_EQ(file->hosts.size(), 5u);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(file->hosts[i].host, "n" + std::to_string(i + 1));
    EXPECT_EQ(file->hosts[i].address, "192.168.56." + std::to_string(11 + i));
    EXPECT_TRUE(file->hosts[i].sudo);
  }
  const std::string vagrantfile = text_of(folder + "Vagrantfile");
  EXPECT_NE(vagrantfile.find("config.vm.define \"n#{number}\""), std::string::npos);
  EXPECT_NE(vagrantfile.find("ip: \"192.168.56.#{10 + number}\""), std::string::npos);
  EXPECT_EQ(std::system(("sh -n " + folder + "provision.sh").c_str()), 0);
  if (std::filesystem::exists("/usr/bin/ruby")) {
    EXPECT_EQ(std::system(("ruby -c " + folder + "Vagrantfile >/dev/null").c_str()), 0);
  }
}

}  // namespace
}  // namespace holdfast::harness
