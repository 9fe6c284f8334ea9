#include "node/daemon/commands.h"

#include <algorithm>
#include <array>
#include <string>

#include "node/daemon/one_line.h"

namespace holdfast::node {
namespace {

constexpr std::array kCommands = {
    CommandEntry{"AUTH", -2, run_auth, "Shows the cluster secret.", "noauth fast"},
    CommandEntry{"CLIENT", -2, run_client, "ID, SETNAME, GETNAME, SETINFO of this connection.",
                 "fast"},
    CommandEntry{"COMMAND", -1, run_command, "Lists the commands.", "fast"},
    CommandEntry{"CONFIG", -2, run_config, "GET and SET of this node's settings.", "admin"},
    CommandEntry{"DEL", -2, run_del, "Deletes keys; says how many were there before.", "write", 1,
                 -1, 1},
    CommandEntry{"ECHO", 2, run_echo, "Returns its argument.", "fast"},
    CommandEntry{"EXISTS", -2, run_exists, "Says how many of the keys are there.", "readonly", 1,
                 -1, 1},
    CommandEntry{"GET", 2, run_get, "Reads a key, with the configured quorum.", "readonly", 1, 1,
                 1},
    CommandEntry{"HELLO", -1, run_hello, "Chooses RESP2 or RESP3, and may authenticate.",
                 "noauth fast"},
    CommandEntry{"HF.CONTROL", -2, run_holdfast, "Operates the node: hints, repair, sync points.",
                 "admin"},
    CommandEntry{"HF.DEL", -2, run_holdfast, "Deletes a key with its own quorum.", "write", 1, 1,
                 1},
    CommandEntry{"HF.DUMP", 4, run_holdfast, "A page of this node's rows.", "admin"},
    CommandEntry{"HF.GET", -2, run_holdfast, "Reads a key with its own quorum.", "readonly", 1, 1,
                 1},
    CommandEntry{"HF.HELP", 1, run_help, "Describes the HF commands.", "fast"},
    CommandEntry{"HF.HINTS", 4, run_holdfast, "A page of the hints held for a node.", "admin"},
    CommandEntry{"HF.REPLICA", -2, run_holdfast, "What this node alone holds of a key.", "readonly",
                 1, 1, 1},
    CommandEntry{"HF.SET", -3, run_holdfast, "Writes a key with its own quorum.", "write", 1, 1, 1},
    CommandEntry{"HF.STATUS", 1, run_holdfast, "The node's state, ledger and counters.", "admin"},
    CommandEntry{"HF.UNORDERED", 1, run_unordered,
                 "From here on replies are numbered and come in any order.", "fast"},
    CommandEntry{"INFO", -1, run_info, "Facts about the node, for people and tools.", "fast"},
    CommandEntry{"MGET", -2, run_mget, "Reads keys, at the same time.", "readonly", 1, -1, 1},
    CommandEntry{"MSET", -3, run_mset, "Writes keys, each for itself.", "write", 1, -1, 2},
    CommandEntry{"PING", -1, run_ping, "Returns PONG, or its argument.", "fast"},
    CommandEntry{"QUIT", -1, run_quit, "Closes the connection.", "noauth fast"},
    CommandEntry{"SELECT", 2, run_select, "Database 0 is the only one.", "fast"},
    CommandEntry{"SET", -3, run_set, "Writes a key, with the configured quorum.", "write", 1, 1, 1},
};

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

}  // namespace

bool is_word(std::string_view text, std::string_view upper_case_word) {
  return std::equal(text.begin(), text.end(), upper_case_word.begin(), upper_case_word.end(),
                    [](char a, char b) { return upper(a) == b; });
}

std::span<const CommandEntry> all_commands() { return kCommands; }

const CommandEntry* find_command(std::string_view name) {
  const auto before = [](const CommandEntry& entry, std::string_view word) {
    return std::lexicographical_compare(entry.name.begin(), entry.name.end(), word.begin(),
                                        word.end(),
                                        [](char a, char b) { return upper(a) < upper(b); });
  };
  const auto found = std::lower_bound(kCommands.begin(), kCommands.end(), name, before);
  return found != kCommands.end() && is_word(name, found->name) ? &*found : nullptr;
}

void execute_command(Session& session, Arguments arguments) {
  const CommandEntry* entry = find_command(arguments[0]);
  if (entry == nullptr) {
    // A web browser, or a page in one, was led to this port.
    if (is_word(arguments[0], "POST") || is_word(arguments[0], "HOST:")) session.close();
    return session.reply_error("ERR unknown command '" + one_line(arguments[0].substr(0, 64)) +
                               "' (COMMAND lists those there are, HF.HELP explains HF.*)");
  }
  const bool open = session.authenticated || session.backend().secret().empty();
  if (!open && entry->flags.find("noauth") == std::string_view::npos) {
    return session.reply_error("NOAUTH Authentication required.");
  }
  const int count = static_cast<int>(arguments.size());
  if (entry->arity >= 0 ? count != entry->arity : count < -entry->arity) {
    std::string name(entry->name);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return session.reply_error("ERR wrong number of arguments for '" + name + "' command");
  }
  entry->run(session, arguments);
}

}  // namespace holdfast::node
