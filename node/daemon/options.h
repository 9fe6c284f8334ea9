// What a daemon is told at its start: by the command line, by a file, or both (the command line
// comes later and wins). Everything is checked before a socket is opened.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "node/base/ids.h"
#include "node/base/result.h"
#include "node/core/config.h"
#include "node/daemon/loop.h"

namespace holdfast::node {

struct Options {
  NodeId id = kNoNode;
  std::vector<Endpoint> members;  // by node
  std::string data;
  std::string bind = "127.0.0.1";  // for clients and HTTP
  std::uint16_t client_port = 0;   // 0: any
  std::uint16_t http_port = 0;     // 0: any
  Endpoint peer;                   // where peers are heard; default: this node's member entry
  std::string cluster = "holdfast";
  std::string secret;
  std::string events;
  std::string log_file;
  std::string log_level = "info";
  int ready_fd = -1;
  int parent_fd = -1;
  bool die_with_parent = false;
  // Only a harness has a use for these.
  int clock_fd = -1;  // a ClockPage
  int disk_fd = -1;   // a DiskPage
  bool revertible = false;
  std::optional<std::uint64_t> power_loss;  // a seed
  Config config;
};

// Options as text, in the order in which they were given; later ones win. Names are those of the
// command line with underscores: id, members, data, bind, client_port, http_port, peer_port,
// cluster, secret_file, events, log_file, log_level, ready_fd, parent_fd, die_with_parent,
// clock_fd, disk_fd, revertible, after_power_loss, and
// "set" with a value of name=value.
using OptionTexts = std::vector<std::pair<std::string, std::string>>;

// The content of a file: JSON with comments, an object whose fields have these names; "members" is
// an object of name and address, "settings" one of settings. The error names `path` and the place.
Result<OptionTexts> parse_options(std::string_view text, const std::string& path);
// Reads a file of them, of at most 1 MiB.
Result<OptionTexts> read_options_file(const std::string& path);

// Checks and converts all of them. The error is one line that names the option.
Result<Options> make_options(const OptionTexts& texts);

}  // namespace holdfast::node
