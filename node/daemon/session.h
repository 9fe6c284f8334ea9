// What the node knows of one client: it takes commands, hands requests to the node, and puts the
// replies in the order of the commands, or in any order if the client asks for that. Requests of
// one client are under way at the same time.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "node/codec/resp.h"
#include "node/core/message.h"
#include "node/daemon/server_facts.h"

namespace holdfast::node {

class Session;

// What sessions need of the daemon.
class Backend {
 public:
  virtual ~Backend() = default;
  // Hands a request to the node. Its reply goes to session.complete(command, part, reply), later.
  // False: the node's store is failing, nothing was done.
  virtual bool submit(Session& session, std::uint64_t command, std::uint32_t part,
                      Message&& request) = 0;
  virtual const Config& config() const = 0;
  virtual ServerFacts facts() const = 0;
  // The secret clients must show; empty: none.
  virtual const std::string& secret() const = 0;
};

// A command that waits for replies of the node.
class PendingCommand {
 public:
  virtual ~PendingCommand() = default;
  // Takes the reply to one of its requests.
  virtual void take(std::uint32_t part, Message& reply) = 0;
  // Called when all have been taken: writes the client's reply, or returns more requests first.
  virtual std::vector<Message> finish(RespWriter& writer) = 0;
};

class Session {
 public:
  Session(std::uint64_t number, Backend& backend) : number(number), backend_(backend) {}

  // Whether another command may be executed now. If not: after a reply.
  bool can_execute() const;
  // REQUIRES: can_execute(), and at least one argument.
  void execute(std::span<const std::string_view> arguments);
  // The reply to a request that backend().submit() has taken.
  void complete(std::uint64_t index, std::uint32_t part, Message&& reply);
  // The client broke the protocol: nothing but this error follows.
  void refuse(std::string_view error);

  // Replies whose turn has come. Take them by clearing it.
  std::string& output() { return output_; }
  // After the output the connection is to be closed.
  bool is_closing() const { return closing_ && commands_.empty(); }
  bool has_pending() const { return !commands_.empty(); }

  // ---- For the commands ------------------------------------------------------------------------

  // A writer for the reply to the command that is being executed.
  RespWriter reply() { return RespWriter(replies_to(), version); }
  void reply_error(std::string_view text) { reply().error(text); }
  // The command being executed will be answered by `pending`, after the replies to its requests.
  // With `barrier` no later command is executed before.
  void wait(std::unique_ptr<PendingCommand> pending, Message request);
  // REQUIRES: at least one request.
  void wait(std::unique_ptr<PendingCommand> pending, std::vector<Message> requests,
            bool barrier = false);
  // From the next command on a reply goes out as soon as it is there: an array of the command's
  // number, counted from 0, and what it says. REQUIRES: no command is under way.
  void reply_in_any_order();
  void close() { closing_ = true; }
  Backend& backend() { return backend_; }

  const std::uint64_t number;  // of the client, never used twice
  RespVersion version = RespVersion::v2;
  bool authenticated = false;
  std::string name;
  std::string library;

 private:
  struct Command {
    std::string reply;
    std::unique_ptr<PendingCommand> pending;  // null: the reply is complete
    std::uint32_t missing = 0;
    bool lost = false;      // the node could not take a request
    bool answered = false;  // its reply has gone out, before its turn
    RespVersion version = RespVersion::v2;
  };
  std::string& replies_to() { return commands_.empty() ? output_ : commands_.back().reply; }
  // Makes a place for the reply to the command being executed. Returns its number.
  std::uint64_t begin_waiting(std::unique_ptr<PendingCommand> pending);
  void end_of_submitting(std::uint64_t index);
  void submit(Command& command, std::uint64_t index, std::uint32_t part, Message&& request);
  void submit(Command& command, std::uint64_t index, std::vector<Message> requests);
  void finish(Command& command, std::uint64_t index);
  void answer(Command& command, std::uint64_t index);
  void release();

  Backend& backend_;
  std::string output_;
  std::deque<Command> commands_;  // those without a reply yet, and those behind them
  std::uint64_t first_ = 0;       // number of commands_.front()
  std::size_t answered_ = 0;      // of commands_
  std::size_t window_ = 16;       // commands that may be under way now
  bool any_order_ = false;
  bool barrier_ = false;
  bool closing_ = false;
};

}  // namespace holdfast::node
