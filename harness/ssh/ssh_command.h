// How the `ssh` program is called: OpenSSH's, so that a user's own configuration, agent, jump hosts
// and known hosts work.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/ssh/hosts_file.h"

namespace holdfast::harness {

struct SshCall {
  std::filesystem::path config;  // instead of ~/.ssh/config; empty: that
  std::filesystem::path socket;  // where the connection is shared
  bool first = false;            // it makes the connection; the others share it
  std::string command;           // for the host's shell
};

// Never asks anything, never waits for ever.
std::vector<std::string> ssh_arguments(const SshHost& host, const SshCall& call);
// What a person types to be on the host.
std::string login_command(const SshHost& host, const std::filesystem::path& config);

// The word as a shell reads it back.
std::string quoted(const std::string& word);

}  // namespace holdfast::harness
