#include "node/core/settings.h"

#include <charconv>
#include <type_traits>
#include <utility>

namespace holdfast::node {
namespace {

using Text = std::string_view;

Error unexpected(Text name, Text value, std::string_view expected) {
  return fail(std::string(name) + ": expected " + std::string(expected) + ", got \"" +
              std::string(value) + "\"");
}

template <class Integer>
bool parse_integer(Text text, Integer& value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end;
}

template <class Integer>
Setting number(Text name, Text unit, Integer Config::*field, std::uint64_t low, std::uint64_t high,
               bool live, Text help) {
  const auto set = [=](Config& config, Text text) -> Result<> {
    std::uint64_t value = 0;
    if (!parse_integer(text, value) || value < low || value > high) {
      return unexpected(
          name, text, "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
    }
    config.*field = static_cast<Integer>(value);
    return {};
  };
  const auto get = [=](const Config& config) { return std::to_string(config.*field); };
  return {name, unit, help, live, set, get};
}

Setting milliseconds(Text name, Duration Config::*field, std::int64_t low, bool live, Text help) {
  constexpr std::int64_t kMost = 100LL * 366 * 24 * 3600 * 1000;  // a century
  const auto set = [=](Config& config, Text text) -> Result<> {
    std::int64_t value = 0;
    if (!parse_integer(text, value) || value < low || value > kMost) {
      return unexpected(name, text, "milliseconds, at least " + std::to_string(low));
    }
    config.*field = std::chrono::milliseconds(value);
    return {};
  };
  const auto get = [=](const Config& config) {
    return std::to_string(to_us(config.*field) / 1000);
  };
  return {name, "milliseconds", help, live, set, get};
}

template <class Value>
struct Choice {
  Text name;
  Value value;
};

// `refused` names values of the design that this version does not implement.
template <class Value>
Setting choice(Text name, Text values, Value Config::*field,
               const std::vector<Choice<std::type_identity_t<Value>>>& known,
               const std::vector<Text>& refused, bool live, Text help) {
  const auto set = [=](Config& config, Text text) -> Result<> {
    for (const auto& candidate : known) {
      if (candidate.name != text) continue;
      config.*field = candidate.value;
      return {};
    }
    for (const Text candidate : refused) {
      if (candidate != text) continue;
      return fail(std::string(name) + ": \"" + std::string(text) +
                  "\" is planned but not implemented in this version; use " + std::string(values));
    }
    return unexpected(name, text, values);
  };
  const auto get = [=](const Config& config) -> std::string {
    for (const auto& candidate : known) {
      if (config.*field == candidate.value) return std::string(candidate.name);
    }
    return "?";
  };
  return {name, values, help, live, set, get};
}

// A choice of the design of which this version implements one value.
Setting fixed(Text name, Text only, const std::vector<Text>& refused, Text help) {
  const auto set = [=](Config&, Text text) -> Result<> {
    if (text == only) return {};
    for (const Text candidate : refused) {
      if (candidate != text) continue;
      return fail(std::string(name) + ": \"" + std::string(text) +
                  "\" is planned but not implemented in this version; use " + std::string(only));
    }
    return unexpected(name, text, only);
  };
  return {name, only, help, false, set, [=](const Config&) { return std::string(only); }};
}

Result<> set_bugs(Config& config, Text text) {
  BugSet bugs;
  while (!text.empty()) {
    const Text name = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), name.size() + 1));
    bool found = false;
    for (std::size_t i = 0; i < all_bugs().size(); ++i) {
      if (all_bugs()[i].name != name) continue;
      bugs.set(i);
      found = true;
    }
    if (!found) return unexpected("bugs", name, "the name of a planted bug (holdfast list bugs)");
  }
  config.bugs = bugs;
  return {};
}

std::string get_bugs(const Config& config) {
  std::string names;
  for (std::size_t i = 0; i < all_bugs().size(); ++i) {
    if (!config.has(static_cast<Bug>(i))) continue;
    if (!names.empty()) names += ',';
    names += all_bugs()[i].name;
  }
  return names;
}

const std::vector<Choice<Durability>> kDurabilities = {{"fsync", Durability::fsync},
                                                       {"written", Durability::written}};
const std::vector<Choice<bool>> kSwitch = {{"true", true}, {"false", false}};
constexpr std::uint64_t kAny = UINT64_MAX / 2;

void add_quorum_settings(std::vector<Setting>& all) {
  all.push_back(
      number("n", "nodes", &Config::n, 1, kMostReplicas, false, "home replicas of each key"));
  all.push_back(choice(
      "quorum", "strict | sloppy | any", &Config::quorum,
      {{"strict", QuorumKind::strict}, {"sloppy", QuorumKind::sloppy}, {"any", QuorumKind::any}},
      {"local_quorum", "each_quorum"}, true,
      "what counts towards R and W: home replicas only, fallbacks too, or any "
      "stored hint"));
  all.push_back(
      number("r", "nodes", &Config::r, 1, kMostReplicas, true, "answers a read waits for"));
  all.push_back(number("w", "nodes", &Config::w, 1, kMostReplicas, true,
                       "acknowledgements a write waits for"));
  all.push_back(number("pr", "nodes", &Config::pr, 0, kMostReplicas, true,
                       "of R, how many must be home replicas"));
  all.push_back(number("pw", "nodes", &Config::pw, 0, kMostReplicas, true,
                       "of W, how many must be home replicas"));
  all.push_back(milliseconds("request_timeout_ms", &Config::request_timeout, 1, true,
                             "deadline of a request that names none"));
  all.push_back(number("virtual_nodes", "tokens", &Config::virtual_nodes, 1, 1024, false,
                       "places of each node on the ring"));
  all.push_back(
      fixed("conflict", "lww", {"siblings"}, "last writer wins, by one total order of versions"));
  all.push_back(fixed("membership", "static", {"dynamic"}, "the members never change"));
  all.push_back(fixed("data_centres", "1", {"2", "3"}, "number of data centres"));
}

void add_hint_settings(std::vector<Setting>& all) {
  all.push_back(choice("hint_holder", "fallback | coordinator | none", &Config::hint_holder,
                       {{"fallback", HintHolder::fallback},
                        {"coordinator", HintHolder::coordinator},
                        {"none", HintHolder::none}},
                       {"consistent", "any", "proximity", "log"}, false,
                       "who keeps a hint: the next healthy node of the preference list, the "
                       "coordinator, or nobody"));
  all.push_back(choice("hint_counts", "true | false", &Config::hint_counts, kSwitch, {}, true,
                       "whether a stored hint counts towards W in sloppy and any quorums"));
  all.push_back(fixed("hint_copies", "1", {"2", "3"}, "holders of each hint"));
  all.push_back(choice("fallback_reads", "true | false", &Config::fallback_reads, kSwitch, {}, true,
                       "whether a fallback serves sloppy reads from the hints it holds"));
  all.push_back(choice("hint_durability", "fsync | written", &Config::hint_durability,
                       kDurabilities, {"ram"}, false,
                       "what has happened before a hint is acknowledged"));
  all.push_back(choice("store_durability", "fsync | written", &Config::store_durability,
                       kDurabilities, {"ram"}, false,
                       "what has happened before a write is acknowledged"));
  all.push_back(milliseconds("hint_window_ms", &Config::hint_window, 0, true,
                             "how long a destination may be away before new hints are refused"));
  all.push_back(milliseconds("hint_max_age_ms", &Config::hint_max_age, 1, true,
                             "a hint older than this expires"));
  all.push_back(number("hint_max_count", "hints, 0 = no limit", &Config::hint_max_count, 0, kAny,
                       true, "hints a node holds at most"));
  all.push_back(number("hint_max_bytes", "bytes, 0 = no limit", &Config::hint_max_bytes, 0, kAny,
                       true, "keys and values of the hints a node holds at most"));
  all.push_back(number("hint_max_count_per_destination", "hints, 0 = no limit",
                       &Config::hint_max_count_per_destination, 0, kAny, true,
                       "hints a node holds at most for one destination"));
  all.push_back(number("hint_max_bytes_per_destination", "bytes, 0 = no limit",
                       &Config::hint_max_bytes_per_destination, 0, kAny, true,
                       "keys and values of the hints a node holds at most for one destination"));
  all.push_back(number("hints_in_flight", "hints", &Config::hints_in_flight, 1, 1 << 20, true,
                       "hints a coordinator may have under way to holders; beyond, writes that "
                       "need one are refused as overloaded"));
}

void add_handoff_settings(std::vector<Setting>& all) {
  all.push_back(number("handoff_send_bytes_per_s", "bytes a second, 0 = no limit",
                       &Config::handoff_send_bytes_per_s, 0, kAny, true,
                       "what a holder sends at most, over all destinations"));
  all.push_back(number("handoff_receive_bytes_per_s", "bytes a second, 0 = no limit",
                       &Config::handoff_receive_bytes_per_s, 0, kAny, true,
                       "what a destination grants at most, over all holders"));
  all.push_back(number("handoff_batch_count", "hints", &Config::handoff_batch_count, 1, 10000, true,
                       "hints in one delivery"));
  all.push_back(number("handoff_batch_bytes", "bytes", &Config::handoff_batch_bytes, 1, 16 << 20,
                       true, "bytes in one delivery (at least one hint)"));
  all.push_back(number("handoff_concurrency", "destinations", &Config::handoff_concurrency, 1, 64,
                       true, "destinations a holder delivers to at once"));
  all.push_back(fixed("handoff_order", "fifo", {"hot_first"}, "order of delivery"));
  all.push_back(milliseconds("handoff_retry_ms", &Config::handoff_retry, 1, true,
                             "pause after a delivery that was not acknowledged"));
  all.push_back(number("handoff_attempts", "refusals", &Config::handoff_attempts, 1, 1000, true,
                       "permanent refusals of a hint before it is quarantined"));
}

void add_repair_settings(std::vector<Setting>& all) {
  all.push_back(choice(
      "read_repair", "off | async | blocking", &Config::read_repair,
      {{"off", ReadRepair::off}, {"async", ReadRepair::async}, {"blocking", ReadRepair::blocking}},
      {}, true,
      "whether a read brings stale home replicas up to date, after or before "
      "its reply"));
  all.push_back(choice("anti_entropy", "off | periodic | on_demand", &Config::anti_entropy,
                       {{"off", AntiEntropy::off},
                        {"periodic", AntiEntropy::periodic},
                        {"on_demand", AntiEntropy::on_demand}},
                       {}, true, "comparison of home replicas by Merkle trees"));
  all.push_back(milliseconds("anti_entropy_period_ms", &Config::anti_entropy_period, 1, true,
                             "time between two periodic rounds"));
  all.push_back(number("anti_entropy_batch_rows", "rows", &Config::anti_entropy_batch_rows, 1,
                       100000, true, "rows compared in one message"));
  all.push_back(number("merkle_leaves", "16 | 256 | 4096", &Config::merkle_leaves, 16, 4096, false,
                       "leaves of the Merkle tree of each range"));
  all.push_back(choice("tombstone_gc", "never | grace", &Config::tombstone_gc,
                       {{"never", TombstoneGc::never}, {"grace", TombstoneGc::grace}},
                       {"confirmed"}, false,
                       "when a tombstone is purged (grace is unsafe for absences longer than it)"));
  all.push_back(milliseconds("tombstone_grace_ms", &Config::tombstone_grace, 1, true,
                             "age of a tombstone at which `grace` purges it"));
}

void add_other_settings(std::vector<Setting>& all) {
  all.push_back(milliseconds("heartbeat_interval_ms", &Config::heartbeat_interval, 1, false,
                             "time between two heartbeats to each peer"));
  all.push_back(milliseconds("failure_timeout_ms", &Config::failure_timeout, 1, false,
                             "silence after which a peer counts as down"));
  all.push_back(fixed("failure_detector", "timeout", {"phi"}, "heartbeats with a time-out"));
  all.push_back(number("max_key_bytes", "bytes", &Config::max_key_bytes, 1, kMostKeyBytes, true,
                       "longest key a client may use"));
  all.push_back(number("max_value_bytes", "bytes", &Config::max_value_bytes, 1, kMostValueBytes,
                       true, "longest value a client may write"));
  all.push_back(number("requests_in_flight", "requests", &Config::requests_in_flight, 1, 1 << 20,
                       true, "requests a node coordinates at once; beyond, they are refused"));
  all.push_back({"bugs", "names, separated by commas", "planted bugs; only a harness may set them",
                 false, set_bugs, get_bugs});
}

}  // namespace

const std::vector<Setting>& all_settings() {
  static const std::vector<Setting> settings = [] {
    std::vector<Setting> all;
    add_quorum_settings(all);
    add_hint_settings(all);
    add_handoff_settings(all);
    add_repair_settings(all);
    add_other_settings(all);
    return all;
  }();
  return settings;
}

const Setting* find_setting(std::string_view name) {
  for (const Setting& setting : all_settings()) {
    if (setting.name == name) return &setting;
  }
  return nullptr;
}

Result<> set(Config& config, std::string_view name, std::string_view value) {
  const Setting* setting = find_setting(name);
  if (setting == nullptr) return fail("there is no setting \"" + std::string(name) + "\"");
  return setting->set(config, value);
}

Result<> validate(const Config& config, std::uint16_t members) {
  const auto at_most_n = [&](std::uint32_t value, std::string_view name) -> Result<> {
    if (value <= config.n) return {};
    return fail(std::string(name) + " = " + std::to_string(value) +
                " exceeds n = " + std::to_string(config.n) + ": no quorum could be met");
  };
  if (members == 0) return fail("a cluster needs at least one node");
  if (config.n > members) {
    return fail("n = " + std::to_string(config.n) + " exceeds the number of nodes, " +
                std::to_string(members));
  }
  for (const auto& [value, name] : {std::pair<std::uint32_t, std::string_view>{config.r, "r"},
                                    {config.w, "w"},
                                    {config.pr, "pr"},
                                    {config.pw, "pw"}}) {
    if (auto fits = at_most_n(value, name); !fits) return fits;
  }
  if (config.pr > config.r) return fail("pr exceeds r: home replicas are counted within R");
  if (config.pw > config.w) return fail("pw exceeds w: home replicas are counted within W");
  if (config.failure_timeout <= config.heartbeat_interval) {
    return fail("failure_timeout_ms must exceed heartbeat_interval_ms, or every peer is down");
  }
  if (config.merkle_leaves != 16 && config.merkle_leaves != 256 && config.merkle_leaves != 4096) {
    return fail("merkle_leaves: expected 16, 256 or 4096, got " +
                std::to_string(config.merkle_leaves));
  }
  return {};
}

}  // namespace holdfast::node
