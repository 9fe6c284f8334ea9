#include "nemesis/linux/diversion.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "nemesis/linux/network.h"

namespace holdfast::nemesis {
namespace {

using nlohmann::json;

constexpr const char* kSet = "diverted";
constexpr int kFirst = -300;

json command(const char* verb, const char* kind, json about) {
  return Nftables::command(verb, kind, "bridge", std::move(about));
}

json field(const char* name) { return {{"payload", {{"protocol", "ether"}, {"field", name}}}}; }

json concatenation(json first, json second) {
  return {{"concat", json::array({std::move(first), std::move(second)})}};
}

// IPv4 only: a damaged packet of the address resolution, which has no checksum, would be believed.
json set_and_rule() {
  const json is_ipv4 = {{"match", {{"op", "=="}, {"left", field("type")}, {"right", "ip"}}}};
  json rule = Nftables::drop_if_in(kSet, concatenation(field("saddr"), field("daddr")));
  rule.insert(rule.begin(), is_ipv4);
  return json::array({
      command("add", "set", {{"name", kSet}, {"type", json::array({"ether_addr", "ether_addr"})}}),
      command("add", "chain",
              {{"name", "prerouting"},
               {"type", "filter"},
               {"hook", "prerouting"},
               {"prio", kFirst},
               {"policy", "accept"}}),
      command("add", "rule", {{"chain", "prerouting"}, {"expr", std::move(rule)}}),
  });
}

std::string text_of(const MacAddress& mac) {
  char text[18];
  std::snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
                mac[4], mac[5]);
  return text;
}

}  // namespace

Result<Diversion> Diversion::make() {
  auto nftables = Nftables::open();
  if (!nftables) return nftables.error();
  if (auto claimed = nftables.value().claim_table("bridge"); !claimed) return claimed.error();
  if (auto made = nftables.value().run(set_and_rule()); !made) {
    return fail(made.error().message + " (and CONFIG_NF_TABLES_BRIDGE)");
  }
  return Diversion(std::move(nftables.value()));
}

Result<> Diversion::change(const char* verb, NodeId from, NodeId to) {
  const json pair =
      concatenation(text_of(Network::mac_address(from)), text_of(Network::mac_address(to)));
  const auto done = nftables_.run(
      json::array({command(verb, "element", {{"name", kSet}, {"elem", json::array({pair})}})}));
  if (!done) return done.error();
  return {};
}

}  // namespace holdfast::nemesis
