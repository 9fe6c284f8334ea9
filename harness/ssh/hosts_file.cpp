#include "harness/ssh/hosts_file.h"

#include <arpa/inet.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "harness/test_file/source_lines.h"

namespace holdfast::harness {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr const char* kKeys =
    "hosts, ssh_config, client_port, peer_port, http_port, user, port, identity, sudo, programs";
constexpr const char* kHostKeys = "host, address, user, port, identity, sudo, programs";

bool is_ipv4(const std::string& text) {
  in_addr address{};
  return ::inet_pton(AF_INET, text.c_str(), &address) == 1;
}

class Reader {
 public:
  Reader(const SourceLines& lines, fs::path folder, fs::path home)
      : lines_(lines), folder_(std::move(folder)), home_(std::move(home)) {}

  Result<HostsFile> read(const Json& json) {
    if (!json.is_object() || !json.contains("hosts") || !json["hosts"].is_array() ||
        json["hosts"].empty()) {
      return lines_.error_at("", "expected {\"hosts\": [{\"host\": …, \"address\": …}, …]}");
    }
    HostsFile file;
    SshHost defaults;
    for (const auto& [name, value] : json.items()) {
      if (name == "hosts") continue;
      if (auto taken = take("/" + name, name, value, file, defaults); !taken) return taken.error();
    }
    std::map<std::string, std::size_t> taken_by;
    for (std::size_t i = 0; i < json["hosts"].size(); ++i) {
      const std::string pointer = "/hosts/" + std::to_string(i);
      auto host = read_host(pointer, json["hosts"][i], defaults);
      if (!host) return host.error();
      const auto [other, fresh] = taken_by.emplace(host->address, i);
      if (!fresh) {
        return lines_.error_at(pointer, "hosts " + std::to_string(other->second + 1) + " and " +
                                            std::to_string(i + 1) + " have one address, " +
                                            host->address + "; each node needs a host of its own");
      }
      file.hosts.push_back(std::move(*host));
    }
    return file;
  }

 private:
  Result<> take(const std::string& pointer, const std::string& name, const Json& value,
                HostsFile& file, SshHost& defaults) {
    if (name == "ssh_config") return take_path(pointer, name, value, file.ssh_config);
    if (name == "client_port") return take_port(pointer, name, value, file.client_port);
    if (name == "peer_port") return take_port(pointer, name, value, file.peer_port);
    if (name == "http_port") return take_port(pointer, name, value, file.http_port);
    if (name == "host" || name == "address") return unknown(pointer, name, kKeys);
    return take_of_host(pointer, name, value, defaults, kKeys);
  }

  Result<SshHost> read_host(const std::string& pointer, const Json& json, SshHost host) {
    if (!json.is_object()) return lines_.error_at(pointer, "expected an object: a host");
    for (const auto& [name, value] : json.items()) {
      auto taken = take_of_host(pointer + "/" + name, name, value, host, kHostKeys);
      if (!taken) return taken.error();
    }
    if (host.host.empty()) return lines_.error_at(pointer, "the host has no \"host\"");
    // ssh would take it for an option.
    if (host.host[0] == '-' || host.user.starts_with("-")) {
      return lines_.error_at(pointer, "\"host\" and \"user\" must not begin with a dash");
    }
    if (host.address.empty() && is_ipv4(host.host)) host.address = host.host;
    if (!is_ipv4(host.address)) {
      return lines_.error_at(pointer, "\"address\" is \"" + host.address +
                                          "\", expected the IPv4 address by which the other nodes "
                                          "and this machine reach it");
    }
    return host;
  }

  Result<> take_of_host(const std::string& pointer, const std::string& name, const Json& value,
                        SshHost& host, const char* known) {
    if (name == "host") return take_text(pointer, name, value, host.host);
    if (name == "address") return take_text(pointer, name, value, host.address);
    if (name == "user") return take_text(pointer, name, value, host.user);
    if (name == "programs") return take_text(pointer, name, value, host.programs);
    if (name == "port") return take_port(pointer, name, value, host.port);
    if (name == "identity") return take_path(pointer, name, value, host.identity);
    if (name != "sudo") return unknown(pointer, name, known);
    if (!value.is_boolean()) return wrong(pointer, name, value, "true or false");
    host.sudo = value.get<bool>();
    return {};
  }

  Result<> take_text(const std::string& pointer, const std::string& name, const Json& value,
                     std::string& to) {
    if (!value.is_string()) return wrong(pointer, name, value, "a text");
    to = value.get<std::string>();
    return {};
  }

  Result<> take_port(const std::string& pointer, const std::string& name, const Json& value,
                     std::uint16_t& to) {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() - 1 >= 65535) {
      return wrong(pointer, name, value, "a port, 1 to 65535");
    }
    to = value.get<std::uint16_t>();
    return {};
  }

  Result<> take_path(const std::string& pointer, const std::string& name, const Json& value,
                     fs::path& to) {
    std::string text;
    if (auto taken = take_text(pointer, name, value, text); !taken) return taken;
    to = text.starts_with("~/") ? home_ / text.substr(2) : folder_ / text;
    std::error_code error;
    if (fs::exists(to, error)) return {};
    return lines_.error_at(pointer, "\"" + name + "\": there is no file " + to.string());
  }

  Result<> wrong(const std::string& pointer, const std::string& name, const Json& value,
                 const std::string& expected) {
    return lines_.error_at(pointer,
                           "\"" + name + "\" is " + value.dump() + ", expected " + expected);
  }

  Result<> unknown(const std::string& pointer, const std::string& name, const char* known) {
    return lines_.error_at(pointer, "unknown key \"" + name + "\"; expected one of " + known);
  }

  const SourceLines& lines_;
  fs::path folder_;
  fs::path home_;
};

}  // namespace

Result<HostsFile> parse_hosts_file(std::string_view text, const fs::path& where,
                                   const fs::path& home) {
  SourceLines lines(where.string());
  const Result<Json> json = parse_json(text, lines);
  if (!json) return json.error();
  return Reader(lines, fs::absolute(where).parent_path(), home).read(*json);
}

Result<HostsFile> read_hosts_file(const fs::path& path) {
  std::ifstream in(path);
  if (!in) return fail("cannot read " + path.string() + ": " + std::strerror(errno));
  std::stringstream text;
  text << in.rdbuf();
  const char* const home = std::getenv("HOME");
  return parse_hosts_file(text.str(), path, home == nullptr ? "/" : home);
}

}  // namespace holdfast::harness
