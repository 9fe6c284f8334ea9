#include "node/daemon/options.h"

#include <algorithm>
#include <charconv>

#include "node/base/clock_page.h"
#include "node/base/disk_page.h"
#include "node/core/settings.h"
#include "node/daemon/one_line.h"
#include "node/daemon/small_file.h"

namespace holdfast::node {
namespace {

constexpr std::size_t kMaxSecret = 1024;
constexpr std::size_t kMaxMembers = 1000;

Error wrong(std::string_view option, std::string_view expected, std::string_view got) {
  return fail(std::string(option) + ": expected " + std::string(expected) + ", got '" +
              std::string(got) + "'");
}

template <class Number>
Result<> set_number(std::string_view option, std::string_view text, std::string_view expected,
                    Number& to) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, to);
  if (error != std::errc() || stop != end) return wrong(option, expected, text);
  return {};
}

// "n1=127.0.0.1:7101,n2=127.0.0.1:7102": every node once, numbered from 1 without a gap.
Result<> set_members(std::string_view text, std::vector<Endpoint>& members) {
  members.clear();
  std::vector<std::pair<NodeId, Endpoint>> entries;
  while (!text.empty()) {
    const std::string_view entry = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), entry.size() + 1));
    const std::size_t equals = entry.find('=');
    const auto node = parse_node_name(entry.substr(0, equals));
    if (!node || equals == std::string_view::npos) {
      return wrong("members", "n1=address:port,n2=…", entry);
    }
    const Result<Endpoint> endpoint = parse_endpoint(entry.substr(equals + 1));
    if (!endpoint) return fail("members: " + endpoint.error().message);
    entries.emplace_back(*node, *endpoint);
  }
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].first != i || entries.size() > kMaxMembers) {
      return fail("members: expected n1, n2, … each once and without a gap (at most 1000); " +
                  node_name(static_cast<NodeId>(i)) + " is missing or given twice");
    }
    members.push_back(entries[i].second);
  }
  return {};
}

Result<> read_secret(const std::string& path, std::string& secret) {
  Result<std::string> text = read_small_file(path, kMaxSecret + 2);  // and a line's end
  if (!text) return fail("secret_file " + text.error().message);
  secret = std::move(*text);
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
  if (secret.empty() || secret.size() > kMaxSecret) {
    return fail("secret_file " + path + ": expected 1 to 1024 bytes");
  }
  return {};
}

Result<> set_bool(std::string_view option, std::string_view text, bool& to) {
  to = text == "true";
  if (!to && text != "false") return wrong(option, "true or false", text);
  return {};
}

Result<> apply(const std::string& name, const std::string& text, Options& options) {
  if (name == "members") return set_members(text, options.members);
  if (name == "secret_file") return read_secret(text, options.secret);
  if (name == "client_port") return set_number(name, text, "a port", options.client_port);
  if (name == "http_port") return set_number(name, text, "a port", options.http_port);
  if (name == "peer_port") return set_number(name, text, "a port", options.peer.port);
  if (name == "ready_fd") return set_number(name, text, "a descriptor", options.ready_fd);
  if (name == "parent_fd") return set_number(name, text, "a descriptor", options.parent_fd);
  if (name == "clock_fd") return set_number(name, text, "a descriptor", options.clock_fd);
  if (name == "disk_fd") return set_number(name, text, "a descriptor", options.disk_fd);
  if (name == "revertible") return set_bool(name, text, options.revertible);
  if (name == "after_power_loss") {
    return set_number(name, text, "a seed", options.power_loss.emplace(0));
  }
  if (name == "die_with_parent") return set_bool(name, text, options.die_with_parent);
  if (name == "id") {
    const auto node = parse_node_name(text);
    if (!node) return wrong(name, "a node (n1)", text);
    options.id = *node;
    return {};
  }
  if (name == "bind") {
    const auto endpoint =
        parse_endpoint(text.find(':') == std::string::npos ? text + ":0" : "[" + text + "]:0");
    if (!endpoint) return wrong(name, "an address", text);
    options.bind = endpoint->address;
    options.peer.address = endpoint->address;
    return {};
  }
  if (name == "set") {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) return wrong(name, "name=value", text);
    return set(options.config, text.substr(0, equals), text.substr(equals + 1));
  }
  for (const auto& [known, to] : {std::pair{"data", &options.data},
                                  {"cluster", &options.cluster},
                                  {"events", &options.events},
                                  {"log_file", &options.log_file},
                                  {"log_level", &options.log_level}}) {
    if (name != known) continue;
    *to = text;
    return {};
  }
  return fail("there is no option '" + name + "'");
}

Result<Options> check(const OptionTexts& texts) {
  Options options;
  for (const auto& [name, text] : texts) {
    if (const Result<> applied = apply(name, text, options); !applied) return applied.error();
  }
  if (options.id == kNoNode) return fail("id is missing (--id n1)");
  if (options.members.empty()) return fail("members is missing (--members n1=127.0.0.1:7101,…)");
  if (options.id >= options.members.size()) {
    return fail("id: " + node_name(options.id) + " is not among the members");
  }
  if ((options.clock_fd >= 0 && options.id >= ClockPage::kNodes) ||
      (options.disk_fd >= 0 && options.id >= DiskPage::kNodes)) {
    return fail("id: " + node_name(options.id) + " is beyond the nodes of a harness's page");
  }
  if (options.data.empty()) return fail("data is missing (--data DIRECTORY)");
  if (options.cluster.empty() || options.cluster.size() > 256) {
    return fail("cluster: expected a name of at most 256 bytes");
  }
  const Endpoint& own = options.members[options.id];
  if (options.peer.address.empty()) options.peer.address = own.address;
  if (options.peer.port == 0) options.peer.port = own.port;
  const auto members = static_cast<std::uint16_t>(options.members.size());
  if (const Result<> valid = validate(options.config, members); !valid) return valid.error();
  return options;
}

}  // namespace

Result<Options> make_options(const OptionTexts& texts) {
  Result<Options> options = check(texts);
  if (!options) return fail(one_line(options.error().message));
  return options;
}

}  // namespace holdfast::node
