// The commands of clients: those of Redis that a replicated store without expiry can honour, and
// HF.* (node/codec/client_codec.h). The table here is what COMMAND and the documents list.
#pragma once

#include <span>
#include <string_view>

#include "node/daemon/session.h"

namespace holdfast::node {

using Arguments = std::span<const std::string_view>;

struct CommandEntry {
  std::string_view name;  // upper case
  int arity;              // with the name; negative: at least that many, as Redis has it
  void (*run)(Session& session, Arguments arguments);
  std::string_view summary;
  std::string_view flags;  // "readonly", "write", "admin", "fast", …, separated by spaces
  int first_key = 0;       // 0: none
  int last_key = 0;        // negative: counted from the end
  int key_step = 0;
};

std::span<const CommandEntry> all_commands();
// In any case; null if there is none.
const CommandEntry* find_command(std::string_view name);

// Executes one command: looks it up, checks arity and authentication, runs it.
void execute_command(Session& session, Arguments arguments);

// Compares words as Redis does: ASCII letters in any case.
bool is_word(std::string_view text, std::string_view upper_case_word);

// key_commands.cpp
void run_get(Session& session, Arguments arguments);
void run_set(Session& session, Arguments arguments);
void run_del(Session& session, Arguments arguments);
void run_exists(Session& session, Arguments arguments);
void run_mget(Session& session, Arguments arguments);
void run_mset(Session& session, Arguments arguments);
void run_holdfast(Session& session, Arguments arguments);

// server_commands.cpp
void run_auth(Session& session, Arguments arguments);
void run_client(Session& session, Arguments arguments);
void run_command(Session& session, Arguments arguments);
void run_config(Session& session, Arguments arguments);
void run_echo(Session& session, Arguments arguments);
void run_hello(Session& session, Arguments arguments);
void run_help(Session& session, Arguments arguments);
void run_info(Session& session, Arguments arguments);
void run_ping(Session& session, Arguments arguments);
void run_quit(Session& session, Arguments arguments);
void run_select(Session& session, Arguments arguments);
void run_unordered(Session& session, Arguments arguments);

}  // namespace holdfast::node
