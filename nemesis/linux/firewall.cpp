#include "nemesis/linux/firewall.h"

#include <nlohmann/json.hpp>

namespace holdfast::nemesis {
namespace {

using nlohmann::json;

constexpr const char* kSet = "blocked";
constexpr int kBeforeConnectionTracking = -300;

json command(const char* verb, const char* kind, json about) {
  return Nftables::command(verb, kind, "ip", std::move(about));
}

json field(const char* protocol, const char* name) {
  return {{"payload", {{"protocol", protocol}, {"field", name}}}};
}

json set_and_rule(std::uint16_t port) {
  const json counter = {{"counter", nullptr}};
  const json to_port = {{"op", "=="}, {"left", field("tcp", "dport")}, {"right", port}};
  json rule = Nftables::drop_if_in(kSet, field("ip", "saddr"));
  rule.insert(rule.begin(), json{{"match", to_port}});
  return json::array({
      command("add", "set",
              {{"name", kSet}, {"type", "ipv4_addr"}, {"stmt", json::array({counter})}}),
      command("add", "chain",
              {{"name", "input"},
               {"type", "filter"},
               {"hook", "input"},
               {"prio", kBeforeConnectionTracking},
               {"policy", "accept"}}),
      command("add", "rule", {{"chain", "input"}, {"expr", std::move(rule)}}),
  });
}

json change(const char* verb, const std::vector<std::string>& addresses) {
  return command(verb, "element", {{"name", kSet}, {"elem", addresses}});
}

json list() { return command("list", "set", {{"name", kSet}}); }

// The counters of the set's elements, by address.
Result<std::map<std::string, Dropped>> counters_of(const json& answer) {
  std::map<std::string, Dropped> counters;
  try {
    for (const json& object : answer) {
      if (!object.contains("set") || !object["set"].contains("elem")) continue;
      for (const json& element : object["set"]["elem"]) {
        const json& counter = element.at("elem").at("counter");
        counters[element["elem"].at("val").get<std::string>()] = {
            counter.at("packets").get<std::uint64_t>(), counter.at("bytes").get<std::uint64_t>()};
      }
    }
  } catch (const json::exception& thrown) {
    return fail(std::string("cannot read the counters of nftables: ") + thrown.what());
  }
  return counters;
}

}  // namespace

Result<Firewall> Firewall::make(std::uint16_t peer_port) {
  auto nftables = Nftables::open();
  if (!nftables) return nftables.error();
  if (auto claimed = nftables.value().claim_table("ip"); !claimed) return claimed.error();
  if (auto made = nftables.value().run(set_and_rule(peer_port)); !made) return made.error();
  return Firewall(std::move(nftables.value()));
}

Result<> Firewall::block(const std::vector<std::string>& addresses) {
  const auto done = nftables_.run(json::array({change("add", addresses)}));
  if (!done) return done.error();
  return {};
}

Result<std::vector<Dropped>> Firewall::unblock(const std::vector<std::string>& addresses) {
  // At once: looking costs as much as changing.
  const auto answer = nftables_.run(json::array({list(), change("delete", addresses)}));
  if (!answer) return answer.error();
  const auto counters = counters_of(answer.value());
  if (!counters) return counters.error();
  std::vector<Dropped> dropped;
  for (const std::string& address : addresses) {
    const auto found = counters.value().find(address);
    if (found == counters.value().end()) return fail("the block of " + address + " is gone");
    dropped.push_back(found->second);
  }
  return dropped;
}

Result<std::map<std::string, Dropped>> Firewall::dropped() const {
  const auto answer = nftables_.run(json::array({list()}));
  if (!answer) return answer.error();
  return counters_of(answer.value());
}

}  // namespace holdfast::nemesis
