#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "node/base/check.h"
#include "node/codec/client_codec.h"
#include "node/codec/resp_command.h"

namespace holdfast::node {
namespace {

using Arguments = std::span<const std::string_view>;

// In the order of QuorumKind.
constexpr std::array<std::string_view, 3> kQuorums = {"strict", "sloppy", "any"};
static_assert(kQuorums.size() == static_cast<std::size_t>(QuorumKind::any) + 1);

constexpr std::uint32_t kMostTimeout_ms = 10 * 60 * 1000;

// What a node may be told to accept can be sent to it.
static_assert(kMostKeyBytes + kMostValueBytes < CommandReader::kMaxCommandBytes);

// Which operand an operator's action takes.
enum class Operand : std::uint8_t { none, destination, needed_destination, name, name_and_value };
struct Action {
  std::string_view name;
  Operand operand;
};
// In the order of ControlAction.
constexpr std::array<Action, 10> kActions = {{
    {"pause_accepting", Operand::none},
    {"resume_accepting", Operand::none},
    {"pause_delivering", Operand::destination},
    {"resume_delivering", Operand::destination},
    {"drop_hints", Operand::needed_destination},
    {"start_anti_entropy", Operand::destination},
    {"create_sync_point", Operand::none},
    {"check_sync_point", Operand::name},
    {"config_get", Operand::name},
    {"config_set", Operand::name_and_value},
}};
static_assert(kActions.size() == static_cast<std::size_t>(ControlAction::config_set) + 1);

constexpr std::array<std::string_view, 11> kHelp = {
    "HF.GET key [QUORUM strict|sloppy|any] [R n] [PR n] [TIMEOUT ms] -- read with its own quorum",
    "HF.SET key value [ID hex] [QUORUM strict|sloppy|any] [W n] [PW n] [TIMEOUT ms] -- write",
    "HF.DEL key [ID hex] [QUORUM strict|sloppy|any] [W n] [PW n] [TIMEOUT ms] -- delete",
    "HF.REPLICA key [HINTS] -- what this node alone holds of a key, its hints included if asked",
    "HF.DUMP token after_key limit -- a page of this node's rows; begin with 0 \"\" 1000",
    "HF.HINTS destination from limit -- a page of the hints this node holds for a node (n3 0 1000)",
    "HF.STATUS -- the node's state, ledger, hint queues, peers and counters",
    "HF.UNORDERED -- from here on replies are [number of the command from 0, reply], in any order",
    "HF.CONTROL pause_accepting|resume_accepting|create_sync_point -- operate",
    "HF.CONTROL pause_delivering|resume_delivering|start_anti_entropy [node], drop_hints node",
    "HF.CONTROL check_sync_point token, config_get name, config_set name value",
};

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return (x >= 'a' && x <= 'z' ? x - 32 : x) == (y >= 'a' && y <= 'z' ? y - 32 : y);
  });
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

Error expected(std::string_view what, std::string_view got) {
  std::string shown(got.substr(0, 64));
  return fail("expected " + std::string(what) + ", got '" + shown + "'");
}

// ---- Encoding ----------------------------------------------------------------------------------

using Words = std::vector<std::string>;

void add_options(const RequestOptions& options, bool writes, Words& words) {
  const auto add = [&words](std::string_view name, std::string text) {
    words.emplace_back(name);
    words.push_back(std::move(text));
  };
  if (options.quorum) add("QUORUM", std::string(kQuorums[static_cast<int>(*options.quorum)]));
  if (!writes && options.r) add("R", std::to_string(*options.r));
  if (!writes && options.pr) add("PR", std::to_string(*options.pr));
  if (writes && options.w) add("W", std::to_string(*options.w));
  if (writes && options.pw) add("PW", std::to_string(*options.pw));
  if (options.timeout) add("TIMEOUT", std::to_string((to_us(*options.timeout) + 999) / 1000));
}

void add_words(const ClientRead& request, Words& words) {
  words = {"HF.GET", request.key};
  add_options(request.options, false, words);
}

void add_words(const ClientWrite& request, Words& words) {
  words = {request.deleted ? "HF.DEL" : "HF.SET", request.key};
  if (!request.deleted) words.push_back(request.value);
  if (request.id.is_set()) {
    words.push_back("ID");
    words.push_back(to_string(request.id));
  }
  add_options(request.options, true, words);
}

void add_words(const ReplicaRead& request, Words& words) {
  words = {"HF.REPLICA", request.key};
  if (request.include_hints) words.push_back("HINTS");
}

void add_words(const DumpRequest& request, Words& words) {
  words = {"HF.DUMP", std::to_string(request.token), request.after_key,
           std::to_string(request.limit)};
}

void add_words(const HintListRequest& request, Words& words) {
  words = {"HF.HINTS", node_name(request.destination), std::to_string(request.from),
           std::to_string(request.limit)};
}

void add_words(const StatusRequest&, Words& words) { words = {"HF.STATUS"}; }

void add_words(const ControlRequest& request, Words& words) {
  const Action& action = kActions[static_cast<std::size_t>(request.action)];
  words = {"HF.CONTROL", std::string(action.name)};
  const bool takes_node =
      action.operand == Operand::destination || action.operand == Operand::needed_destination;
  if (takes_node && request.destination != kNoNode) words.push_back(node_name(request.destination));
  if (action.operand == Operand::name || action.operand == Operand::name_and_value) {
    words.push_back(request.name);
  }
  if (action.operand == Operand::name_and_value) words.push_back(request.value);
}

// ---- Decoding ----------------------------------------------------------------------------------

// Reads one option of `words` (a name and its value); false if there is none of that name.
Result<bool> read_option(std::string_view name, std::string_view value, bool writes,
                         RequestOptions& options) {
  const auto count = [&](std::optional<std::uint32_t>& to) -> Result<bool> {
    to = parse_number<std::uint32_t>(value);
    if (!to) return expected("a number of nodes after " + std::string(name), value);
    return true;
  };
  if (same_word(name, "QUORUM")) {
    for (std::size_t i = 0; i < kQuorums.size(); ++i) {
      if (same_word(value, kQuorums[i])) options.quorum = static_cast<QuorumKind>(i);
    }
    if (!options.quorum) return expected("strict, sloppy or any after QUORUM", value);
    return true;
  }
  if (same_word(name, "TIMEOUT")) {
    const auto ms = parse_number<std::uint32_t>(value);
    if (!ms || *ms == 0 || *ms > kMostTimeout_ms) {
      return expected("1 to " + std::to_string(kMostTimeout_ms) + " milliseconds after TIMEOUT",
                      value);
    }
    options.timeout = std::chrono::milliseconds(*ms);
    return true;
  }
  if (same_word(name, writes ? "W" : "R")) return count(writes ? options.w : options.r);
  if (same_word(name, writes ? "PW" : "PR")) return count(writes ? options.pw : options.pr);
  return false;
}

// Reads `words`, all of them options; ID only where `id` is given.
Result<> read_options(Arguments words, OperationId* id, RequestOptions& options) {
  for (std::size_t i = 0; i < words.size(); i += 2) {
    const std::string_view name = words[i];
    if (i + 1 == words.size()) return expected("an option and its value", name);
    if (id != nullptr && same_word(name, "ID")) {
      const auto parsed = parse_operation_id(words[i + 1]);
      if (!parsed || !parsed->is_set()) {
        return expected("32 hexadecimal digits, not all 0, after ID", words[i + 1]);
      }
      *id = *parsed;
      continue;
    }
    const Result<bool> known = read_option(name, words[i + 1], id != nullptr, options);
    if (!known) return known.error();
    if (!*known) {
      return expected(id != nullptr ? "ID, QUORUM, W, PW or TIMEOUT" : "QUORUM, R, PR or TIMEOUT",
                      name);
    }
  }
  return {};
}

Result<Message> read_get(Arguments words) {
  ClientRead request;
  if (words.empty()) return fail("HF.GET needs a key");
  request.key = words[0];
  if (auto read = read_options(words.subspan(1), nullptr, request.options); !read) {
    return read.error();
  }
  return request;
}

Result<Message> read_write(Arguments words, bool deleted) {
  ClientWrite request;
  request.deleted = deleted;
  const std::size_t fixed = deleted ? 1 : 2;
  if (words.size() < fixed) return fail(deleted ? "HF.DEL needs a key" : "HF.SET needs key, value");
  request.key = words[0];
  if (!deleted) request.value = words[1];
  if (auto read = read_options(words.subspan(fixed), &request.id, request.options); !read) {
    return read.error();
  }
  return request;
}

Result<Message> read_replica(Arguments words) {
  ReplicaRead request;
  if (words.empty() || words.size() > 2) return fail("HF.REPLICA needs a key and perhaps HINTS");
  request.key = words[0];
  request.include_hints = words.size() == 2;
  if (request.include_hints && !same_word(words[1], "HINTS")) return expected("HINTS", words[1]);
  return request;
}

Result<Message> read_dump(Arguments words) {
  if (words.size() != 3) return fail("HF.DUMP needs token, after_key, limit");
  const auto token = parse_number<std::uint64_t>(words[0]);
  const auto limit = parse_number<std::uint32_t>(words[2]);
  if (!token) return expected("a token (0 to begin)", words[0]);
  if (!limit || *limit == 0) return expected("a limit above 0", words[2]);
  return DumpRequest{*token, std::string(words[1]), *limit};
}

Result<Message> read_hints(Arguments words) {
  if (words.size() != 3) return fail("HF.HINTS needs destination, from, limit");
  const auto destination = parse_node_name(words[0]);
  const auto from = parse_number<std::uint64_t>(words[1]);
  const auto limit = parse_number<std::uint32_t>(words[2]);
  if (!destination) return expected("a node (n3)", words[0]);
  if (!from) return expected("a sequence (0 to begin)", words[1]);
  if (!limit || *limit == 0) return expected("a limit above 0", words[2]);
  return HintListRequest{*destination, *from, *limit};
}

Result<Message> read_control(Arguments words) {
  if (words.empty()) return fail("HF.CONTROL needs an action (see HF.HELP)");
  const auto found = std::find_if(kActions.begin(), kActions.end(), [&](const Action& action) {
    return same_word(action.name, words[0]);
  });
  if (found == kActions.end()) return expected("an action (see HF.HELP)", words[0]);
  ControlRequest request;
  request.action = static_cast<ControlAction>(found - kActions.begin());
  words = words.subspan(1);
  const Operand operand = found->operand;
  const std::size_t most =
      operand == Operand::none ? 0 : (operand == Operand::name_and_value ? 2 : 1);
  const std::size_t least = operand == Operand::destination ? 0 : most;
  if (words.size() < least || words.size() > most) {
    return fail("HF.CONTROL " + std::string(found->name) + " takes " + std::to_string(least) +
                (least == most ? "" : " or " + std::to_string(most)) + " operands");
  }
  if (operand == Operand::destination || operand == Operand::needed_destination) {
    if (words.empty()) return request;
    const auto node = parse_node_name(words[0]);
    if (!node) return expected("a node (n3)", words[0]);
    request.destination = *node;
    return request;
  }
  if (most >= 1) request.name = words[0];
  if (most == 2) request.value = words[1];
  return request;
}

}  // namespace

void encode_command(const Message& request, std::string& to) {
  Words words;
  std::visit(
      [&words]<class T>(const T& one) {
        if constexpr (requires { add_words(one, words); }) add_words(one, words);
      },
      request);
  CHECK(!words.empty());
  append_command(words, to);
}

Result<Message> decode_command(std::span<const std::string_view> arguments) {
  CHECK(!arguments.empty());
  const std::string_view name = arguments[0];
  const Arguments words = arguments.subspan(1);
  if (same_word(name, "HF.GET")) return read_get(words);
  if (same_word(name, "HF.SET")) return read_write(words, false);
  if (same_word(name, "HF.DEL")) return read_write(words, true);
  if (same_word(name, "HF.REPLICA")) return read_replica(words);
  if (same_word(name, "HF.DUMP")) return read_dump(words);
  if (same_word(name, "HF.HINTS")) return read_hints(words);
  if (same_word(name, "HF.CONTROL")) return read_control(words);
  if (same_word(name, "HF.STATUS")) {
    if (!words.empty()) return fail("HF.STATUS takes no operands");
    return StatusRequest{};
  }
  return fail("there is no command " + std::string(name.substr(0, 64)) + " (see HF.HELP)");
}

std::span<const std::string_view> command_help() { return kHelp; }

}  // namespace holdfast::node
