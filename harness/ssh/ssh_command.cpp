#include "harness/ssh/ssh_command.h"

namespace holdfast::harness {
namespace {

// What the hosts file says of how to reach the host.
std::vector<std::string> address_of(const SshHost& host, const std::filesystem::path& config) {
  std::vector<std::string> words;
  const auto add = [&](const std::string& flag, const std::string& value) {
    if (value.empty()) return;
    words.push_back(flag);
    words.push_back(value);
  };
  add("-F", config.string());
  add("-i", host.identity.string());
  add("-p", host.port == 0 ? "" : std::to_string(host.port));
  add("-l", host.user);
  return words;
}

}  // namespace

std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

std::vector<std::string> ssh_arguments(const SshHost& host, const SshCall& call) {
  std::string socket;  // ssh expands % in it
  for (const char c : call.socket.string()) socket += c == '%' ? "%%" : std::string(1, c);
  std::vector<std::string> words = {"-T", "-a", "-x"};
  for (const std::string& option :
       {std::string("BatchMode=yes"), std::string("ConnectTimeout=10"),
        std::string("ServerAliveInterval=5"), std::string("ServerAliveCountMax=3"),
        std::string("ClearAllForwardings=yes"), std::string("RemoteCommand=none"),
        std::string("ControlPersist=no"),
        std::string("ControlMaster=") + (call.first ? "yes" : "no"),
        "ControlPath=\"" + socket + "\""}) {
    words.push_back("-o");
    words.push_back(option);
  }
  for (std::string& word : address_of(host, call.config)) words.push_back(std::move(word));
  words.push_back("--");
  words.push_back(host.host);
  words.push_back(call.command);
  return words;
}

std::string login_command(const SshHost& host, const std::filesystem::path& config) {
  std::string command = "ssh";
  for (const std::string& word : address_of(host, config)) command += " " + word;
  return command + " " + host.host;
}

}  // namespace holdfast::harness
