#include <string>
#include <string_view>
#include <vector>

#include "node/codec/client_fields.h"
#include "node/daemon/info.h"

namespace holdfast::node {
namespace {

// Writes the fields of a reply as a JSON object. All texts here are plain: names and numbers.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& to) : to_(to) {}

  template <class T>
  void operator()(std::string_view name, const T& field) {
    if (to_.back() != '{') to_ += ',';
    ((to_ += '"') += name) += "\":";
    write(field);
  }
  template <HasFields T>
  void write(const T& value) {
    to_ += '{';
    fields_of(value, *this);
    to_ += '}';
  }
  void write(bool value) { to_ += value ? "true" : "false"; }
  void write(std::uint16_t node) { write(node == kNoNode ? std::string() : node_name(node)); }
  void write(std::uint32_t value) { to_ += std::to_string(value); }
  void write(std::uint64_t value) { to_ += std::to_string(value); }
  void write(Duration value) { to_ += std::to_string(to_us(value)); }
  void write(const std::string& value) { ((to_ += '"') += value) += '"'; }
  template <class T>
  void write(const std::vector<T>& values) {
    to_ += '[';
    for (const T& value : values) {
      if (&value != &values.front()) to_ += ',';
      write(value);
    }
    to_ += ']';
  }
  template <class Counts, std::size_t kSize>
  void write(const NamedCounts<Counts, kSize>& named) {
    to_ += '{';
    for (std::size_t i = 0; i < kSize; ++i) (*this)(named.names[i], named.counts[i]);
    to_ += '}';
  }

 private:
  std::string& to_;
};

}  // namespace

std::string status_json(const ServerFacts& facts, const StatusReply* status) {
  std::string text = "{";
  JsonWriter json(text);
  json("node", facts.node);
  json("version", std::string(kVersionText));
  json("incarnation", facts.incarnation);
  json("store_open", facts.store_open);
  json("uptime_us", static_cast<std::uint64_t>(facts.uptime_us));
  json("clients", facts.clients.connected);
  text += ",\"connected_peers\":[";
  bool first = true;
  for (const PeerFacts& peer : facts.peers) {
    if (!peer.connected) continue;
    if (!first) text += ',';
    first = false;
    json.write(peer.node);
  }
  text += ']';
  if (status != nullptr) json("status", *status);
  text += "}\n";
  return text;
}

}  // namespace holdfast::node
