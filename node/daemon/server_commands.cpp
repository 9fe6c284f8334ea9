#include <fnmatch.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "node/codec/client_codec.h"
#include "node/codec/keyed_hash.h"
#include "node/core/settings.h"
#include "node/daemon/commands.h"
#include "node/daemon/info.h"

namespace holdfast::node {
namespace {

bool matches(std::string_view pattern, std::string_view name) {
  return ::fnmatch(std::string(pattern).c_str(), std::string(name).c_str(), FNM_CASEFOLD) == 0;
}

// Whether this is the secret; remembers it.
bool authenticate(Session& session, std::string_view secret) {
  const std::string& expected = session.backend().secret();
  session.authenticated =
      equal_in_constant_time(keyed_hash("client", secret), keyed_hash("client", expected));
  return session.authenticated;
}

class ConfigSet : public PendingCommand {
 public:
  void take(std::uint32_t, Message& reply) override {
    const auto& control = std::get<ControlReply>(reply);
    if (!control.ok && wrong_.empty()) wrong_ = control.text;
  }
  std::vector<Message> finish(RespWriter& writer) override {
    if (wrong_.empty()) {
      writer.simple("OK");
    } else {
      writer.error("ERR CONFIG SET failed - " + wrong_);
    }
    return {};
  }

 private:
  std::string wrong_;
};

class Info : public PendingCommand {
 public:
  Info(std::vector<std::string> sections, ServerFacts facts)
      : sections_(std::move(sections)), facts_(std::move(facts)) {}
  void take(std::uint32_t, Message& reply) override { status_ = std::get<StatusReply>(reply); }
  std::vector<Message> finish(RespWriter& writer) override {
    writer.bulk(info_text(sections_, facts_, status_));
    return {};
  }

 private:
  std::vector<std::string> sections_;
  ServerFacts facts_;
  StatusReply status_;
};

// Settings of Redis by which its tools describe a server: no snapshots, and nothing is acknowledged
// before it is in the log. Told to who asks by name; they are no settings of this node.
std::optional<std::string_view> setting_of_redis(std::string_view name) {
  if (is_word(name, "SAVE")) return "";
  if (is_word(name, "APPENDONLY")) return "yes";
  return std::nullopt;
}

void config_get(Session& session, Arguments patterns) {
  if (const auto value = setting_of_redis(patterns[0]); value && patterns.size() == 1) {
    RespWriter writer = session.reply();
    writer.map(1);
    writer.bulk(patterns[0]);
    return writer.bulk(*value);
  }
  std::vector<const Setting*> found;
  for (const Setting& setting : all_settings()) {
    for (const std::string_view pattern : patterns) {
      if (!matches(pattern, setting.name)) continue;
      found.push_back(&setting);
      break;
    }
  }
  RespWriter writer = session.reply();
  writer.map(found.size());
  for (const Setting* setting : found) {
    writer.bulk(setting->name);
    writer.bulk(setting->get(session.backend().config()));
  }
}

void config_set(Session& session, Arguments pairs) {
  if (pairs.empty() || pairs.size() % 2 != 0) {
    return session.reply_error("ERR wrong number of arguments for 'config|set' command");
  }
  std::vector<Message> requests;
  for (std::size_t i = 0; i < pairs.size(); i += 2) {
    requests.push_back(ControlRequest{ControlAction::config_set, kNoNode, std::string(pairs[i]),
                                      std::string(pairs[i + 1])});
  }
  session.wait(std::make_unique<ConfigSet>(), std::move(requests));
}

void write_flags(std::string_view flags, RespWriter& writer) {
  std::vector<std::string_view> words;
  while (!flags.empty()) {
    const std::size_t end = std::min(flags.find(' '), flags.size());
    words.push_back(flags.substr(0, end));
    flags.remove_prefix(std::min(end + 1, flags.size()));
  }
  writer.array(words.size());
  for (const std::string_view word : words) writer.simple(word);
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return result;
}

// The six fields that clients of every version understand.
void write_entry(const CommandEntry& entry, RespWriter& writer) {
  writer.array(6);
  writer.bulk(lower(entry.name));
  writer.integer(entry.arity);
  write_flags(entry.flags, writer);
  writer.integer(entry.first_key);
  writer.integer(entry.last_key);
  writer.integer(entry.key_step);
}

void write_docs(const CommandEntry& entry, RespWriter& writer) {
  writer.bulk(lower(entry.name));
  writer.map(3);
  writer.bulk("summary");
  writer.bulk(entry.summary);
  writer.bulk("since");
  writer.bulk(kVersionText);
  writer.bulk("group");
  writer.bulk(entry.name.substr(0, 3) == "HF." ? "holdfast"
                                               : (entry.first_key > 0 ? "string" : "server"));
}

std::vector<const CommandEntry*> entries_of(Arguments names) {
  std::vector<const CommandEntry*> entries;
  if (names.empty()) {
    for (const CommandEntry& entry : all_commands()) entries.push_back(&entry);
  }
  for (const std::string_view name : names) entries.push_back(find_command(name));
  return entries;
}

// Names are shown in lists and logs.
bool is_plain(std::string_view name) {
  for (const char c : name) {
    if (c < '!' || c > '~') return false;
  }
  return true;
}

}  // namespace

void run_auth(Session& session, Arguments arguments) {
  if (arguments.size() > 3) return session.reply_error("ERR syntax error");
  if (session.backend().secret().empty()) {
    return session.reply_error("ERR AUTH: this cluster has no secret");
  }
  if (!authenticate(session, arguments.back())) {
    return session.reply_error("WRONGPASS invalid username-password pair or user is disabled.");
  }
  session.reply().simple("OK");
}

void run_client(Session& session, Arguments arguments) {
  const std::string_view what = arguments[1];
  const std::size_t operands = arguments.size() - 2;
  if (is_word(what, "ID") && operands == 0) {
    return session.reply().integer(static_cast<std::int64_t>(session.number));
  }
  if (is_word(what, "GETNAME") && operands == 0) {
    if (session.name.empty()) return session.reply().null();
    return session.reply().bulk(session.name);
  }
  if (is_word(what, "SETNAME") && operands == 1) {
    if (!is_plain(arguments[2]) || arguments[2].size() > 256) {
      return session.reply_error(
          "ERR Client names cannot contain spaces, newlines or special characters.");
    }
    session.name = arguments[2];
    return session.reply().simple("OK");
  }
  if (is_word(what, "SETINFO") && operands == 2) {
    const bool library = is_word(arguments[2], "LIB-NAME") || is_word(arguments[2], "LIB-VER");
    if (!library || !is_plain(arguments[3]) || arguments[3].size() > 256) {
      return session.reply_error("ERR Unrecognized option or value");
    }
    if (is_word(arguments[2], "LIB-NAME")) session.library = arguments[3];
    return session.reply().simple("OK");
  }
  session.reply_error("ERR CLIENT knows ID, GETNAME, SETNAME name, SETINFO LIB-NAME|LIB-VER value");
}

void run_command(Session& session, Arguments arguments) {
  RespWriter writer = session.reply();
  const Arguments names = arguments.size() > 2 ? arguments.subspan(2) : Arguments{};
  if (arguments.size() == 1 || is_word(arguments[1], "INFO")) {
    const auto entries = entries_of(names);
    writer.array(entries.size());
    for (const CommandEntry* entry : entries) {
      if (entry == nullptr) {
        writer.null();
      } else {
        write_entry(*entry, writer);
      }
    }
  } else if (is_word(arguments[1], "COUNT") && names.empty()) {
    writer.integer(static_cast<std::int64_t>(all_commands().size()));
  } else if (is_word(arguments[1], "LIST") && names.empty()) {
    writer.array(all_commands().size());
    for (const CommandEntry& entry : all_commands()) writer.bulk(lower(entry.name));
  } else if (is_word(arguments[1], "DOCS")) {
    auto entries = entries_of(names);
    std::erase(entries, nullptr);
    writer.map(entries.size());
    for (const CommandEntry* entry : entries) write_docs(*entry, writer);
  } else {
    writer.error("ERR COMMAND knows COUNT, LIST, INFO [name…], DOCS [name…]");
  }
}

void run_config(Session& session, Arguments arguments) {
  if (is_word(arguments[1], "GET") && arguments.size() > 2) {
    return config_get(session, arguments.subspan(2));
  }
  if (is_word(arguments[1], "SET")) return config_set(session, arguments.subspan(2));
  session.reply_error("ERR CONFIG knows GET pattern… and SET name value…");
}

void run_echo(Session& session, Arguments arguments) { session.reply().bulk(arguments[1]); }

void run_hello(Session& session, Arguments arguments) {
  RespVersion version = session.version;
  std::size_t at = 1;
  if (arguments.size() > 1) {
    if (arguments[1] != "2" && arguments[1] != "3") {
      return session.reply_error("NOPROTO unsupported protocol version");
    }
    version = arguments[1] == "3" ? RespVersion::v3 : RespVersion::v2;
    at = 2;
  }
  std::string name = session.name;
  while (at < arguments.size()) {
    if (is_word(arguments[at], "AUTH") && at + 2 < arguments.size()) {
      if (!session.backend().secret().empty() && !authenticate(session, arguments[at + 2])) {
        return session.reply_error("WRONGPASS invalid username-password pair or user is disabled.");
      }
      at += 3;
    } else if (is_word(arguments[at], "SETNAME") && at + 1 < arguments.size() &&
               is_plain(arguments[at + 1]) && arguments[at + 1].size() <= 256) {
      name = arguments[at + 1];
      at += 2;
    } else {
      return session.reply_error("ERR Syntax error in HELLO");
    }
  }
  if (!session.authenticated && !session.backend().secret().empty()) {
    return session.reply_error(
        "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
        "<proto> AUTH <user> <pass> option can be used");
  }
  session.version = version;
  session.name = std::move(name);
  RespWriter writer = session.reply();
  writer.map(7);
  for (const auto& [field, value] :
       {std::pair{"server", "holdfast"}, {"version", kRedisVersionText}}) {
    writer.bulk(field);
    writer.bulk(value);
  }
  writer.bulk("proto");
  writer.integer(static_cast<int>(version));
  writer.bulk("id");
  writer.integer(static_cast<std::int64_t>(session.number));
  for (const auto& [field, value] : {std::pair{"mode", "standalone"}, {"role", "master"}}) {
    writer.bulk(field);
    writer.bulk(value);
  }
  writer.bulk("modules");
  writer.array(0);
}

void run_help(Session& session, Arguments) {
  RespWriter writer = session.reply();
  writer.array(command_help().size());
  for (const std::string_view line : command_help()) writer.bulk(line);
}

void run_info(Session& session, Arguments arguments) {
  std::vector<std::string> sections;
  for (const std::string_view section : arguments.subspan(1)) sections.push_back(lower(section));
  std::vector<Message> requests;
  requests.push_back(StatusRequest{});
  session.wait(std::make_unique<Info>(std::move(sections), session.backend().facts()),
               std::move(requests));
}

void run_ping(Session& session, Arguments arguments) {
  if (arguments.size() > 2) {
    return session.reply_error("ERR wrong number of arguments for 'ping' command");
  }
  if (arguments.size() == 2) return session.reply().bulk(arguments[1]);
  session.reply().simple("PONG");
}

void run_quit(Session& session, Arguments) {
  session.reply().simple("OK");
  session.close();
}

void run_select(Session& session, Arguments arguments) {
  if (arguments[1] != "0") return session.reply_error("ERR DB index is out of range");
  session.reply().simple("OK");
}

void run_unordered(Session& session, Arguments) {
  if (session.has_pending()) {
    return session.reply_error("ERR a command is still under way: HF.UNORDERED comes first");
  }
  session.reply().simple("OK");
  session.reply_in_any_order();
}

}  // namespace holdfast::node
