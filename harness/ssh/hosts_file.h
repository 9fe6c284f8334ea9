// A hosts file: the machines that nodes live on, and how ssh reaches them. JSON with comments; the
// host in place i of the list bears node n(i+1). docs/real-clusters.md documents it for people.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "node/base/result.h"

namespace holdfast::harness {

// What is empty or 0 is left to ssh and its configuration.
struct SshHost {
  std::string host;  // what ssh is told: an alias of its configuration, a name or an address
  std::string user;
  std::uint16_t port = 0;
  std::filesystem::path identity;  // a private key
  std::string address;             // IPv4, dotted: where the other nodes and the harness find it
  bool sudo = false;               // the agent runs as root, through sudo without a password
  std::string programs;            // folder on the host with holdfast and holdfast-node; empty:
                                   // those of this machine are copied there
};

struct HostsFile {
  std::filesystem::path ssh_config;  // instead of ~/.ssh/config
  std::uint16_t client_port = 7001;  // on every host
  std::uint16_t peer_port = 7101;
  std::uint16_t http_port = 9101;
  std::vector<SshHost> hosts;  // by node
};

// `where` is the file, for errors: "<file>:<line>: <what was found and what was expected>". Paths
// are relative to the file's folder; "~/" stands for `home`.
Result<HostsFile> parse_hosts_file(std::string_view text, const std::filesystem::path& where,
                                   const std::filesystem::path& home);
Result<HostsFile> read_hosts_file(const std::filesystem::path& path);

}  // namespace holdfast::harness
