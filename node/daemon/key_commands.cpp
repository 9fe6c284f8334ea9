#include <memory>
#include <utility>
#include <vector>

#include "node/base/errors.h"
#include "node/codec/client_codec.h"
#include "node/daemon/commands.h"

namespace holdfast::node {
namespace {

Message read_of(std::string_view key) { return ClientRead{std::string(key), {}}; }

Message write_of(std::string_view key, std::string_view value) {
  ClientWrite write;
  write.key = key;
  write.value = value;
  return write;
}

Message delete_of(std::string_view key) {
  ClientWrite write;
  write.key = key;
  write.deleted = true;
  return write;
}

// The error to report for several writes: the first, but an outcome that is not certain where any
// of them is not, or where another has succeeded.
class Outcome {
 public:
  void add(const ClientReply& reply) {
    ++count_;
    if (reply.error == ErrorCode::none) {
      ++succeeded_;
    } else if (error_ == ErrorCode::none || (is_definite(error_) && !is_definite(reply.error))) {
      error_ = reply.error;
      detail_ = reply.detail;
    }
  }
  bool failed() const { return error_ != ErrorCode::none; }
  void write(RespWriter& writer) const {
    if (count_ == 1) return writer.error(resp_error(error_, detail_));
    const std::string share = std::to_string(succeeded_) + " of " + std::to_string(count_) +
                              " keys done; then: " + resp_error(error_, detail_);
    const bool uncertain = succeeded_ > 0 && is_definite(error_);
    writer.error(resp_error(uncertain ? ErrorCode::quorum_failed : error_, share));
  }

 private:
  std::uint32_t count_ = 0;
  std::uint32_t succeeded_ = 0;
  ErrorCode error_ = ErrorCode::none;
  std::string detail_;
};

class GetCommand : public PendingCommand {
 public:
  void take(std::uint32_t, Message& message) override {
    auto& reply = std::get<ClientReply>(message);
    error_ = reply.error;
    found_ = reply.found;
    text_ = std::move(error_ == ErrorCode::none ? reply.value : reply.detail);
  }
  std::vector<Message> finish(RespWriter& writer) override {
    if (error_ != ErrorCode::none) {
      writer.error(resp_error(error_, text_));
    } else if (found_) {
      writer.bulk(text_);
    } else {
      writer.null();
    }
    return {};
  }

 private:
  ErrorCode error_ = ErrorCode::none;
  bool found_ = false;
  std::string text_;  // the value, or what went wrong
};

// SET and MSET.
class SetCommand : public PendingCommand {
 public:
  void take(std::uint32_t, Message& reply) override { outcome_.add(std::get<ClientReply>(reply)); }
  std::vector<Message> finish(RespWriter& writer) override {
    if (outcome_.failed()) {
      outcome_.write(writer);
    } else {
      writer.simple("OK");
    }
    return {};
  }

 private:
  Outcome outcome_;
};

// Reads of several keys: MGET, EXISTS, and what DEL does first. Some at a time, so that a command
// of thousands of large values holds no more of them than fit into a reply.
class ReadCommand : public PendingCommand {
 public:
  ReadCommand(Arguments keys, bool keeps_values)
      : keys_(keys.begin(), keys.end()), keeps_values_(keeps_values) {}

  // The next requests; none after the last key, or a failure.
  std::vector<Message> next_round() {
    std::vector<Message> requests;
    while (requests.size() < kReadsAtOnce && asked_ < keys_.size() && !has_failed()) {
      requests.push_back(read_of(keys_[asked_++]));
    }
    replies_.resize(asked_);
    round_ = asked_ - requests.size();
    return requests;
  }

  void take(std::uint32_t part, Message& message) override {
    auto& reply = std::get<ClientReply>(message);
    if (reply.error != ErrorCode::none) {
      code_ = reply.error;
      error_ = resp_error(reply.error, reply.detail);
    }
    if (!keeps_values_) reply.value.clear();
    bytes_ += reply.value.size();
    if (bytes_ > kMaxReply) {
      reply.value.clear();
      code_ = ErrorCode::invalid_request;
      error_ = resp_error(code_, "the values exceed 64 MiB; ask for fewer keys at once");
    }
    replies_[round_ + part] = std::move(reply);
  }

  std::vector<Message> finish(RespWriter& writer) override {
    std::vector<Message> more = next_round();
    return more.empty() ? finish_reads(writer) : std::move(more);
  }

 protected:
  // All have been read, or one has failed.
  virtual std::vector<Message> finish_reads(RespWriter& writer) = 0;

  bool has_failed() const { return code_ != ErrorCode::none; }
  std::int64_t count_found() const {
    std::int64_t found = 0;
    for (const ClientReply& reply : replies_) found += reply.found ? 1 : 0;
    return found;
  }

  std::vector<std::string> keys_;
  std::vector<ClientReply> replies_;
  ErrorCode code_ = ErrorCode::none;
  std::string error_;

 private:
  static constexpr std::size_t kReadsAtOnce = 64;
  static constexpr std::size_t kMaxReply = std::size_t{64} << 20;

  bool keeps_values_;
  std::size_t asked_ = 0;
  std::size_t round_ = 0;  // the first key of this round
  std::size_t bytes_ = 0;
};

class MgetCommand : public ReadCommand {
 public:
  explicit MgetCommand(Arguments keys) : ReadCommand(keys, true) {}

 private:
  std::vector<Message> finish_reads(RespWriter& writer) override {
    if (has_failed()) {
      writer.error(error_);
      return {};
    }
    writer.array(replies_.size());
    for (const ClientReply& reply : replies_) {
      if (reply.found) {
        writer.bulk(reply.value);
      } else {
        writer.null();
      }
    }
    return {};
  }
};

class ExistsCommand : public ReadCommand {
 public:
  explicit ExistsCommand(Arguments keys) : ReadCommand(keys, false) {}

 private:
  std::vector<Message> finish_reads(RespWriter& writer) override {
    if (has_failed()) {
      writer.error(error_);
    } else {
      writer.integer(count_found());
    }
    return {};
  }
};

// Reads first, because Redis promises the number of keys that were there; then deletes all of them,
// found or not: a read may have missed what another node has.
class DelCommand : public ReadCommand {
 public:
  explicit DelCommand(Arguments keys) : ReadCommand(keys, false) {}

  void take(std::uint32_t part, Message& reply) override {
    if (deleting_) {
      outcome_.add(std::get<ClientReply>(reply));
    } else {
      ReadCommand::take(part, reply);
    }
  }

  std::vector<Message> finish(RespWriter& writer) override {
    if (!deleting_) return ReadCommand::finish(writer);
    if (outcome_.failed()) {
      outcome_.write(writer);
    } else {
      writer.integer(count_found());
    }
    return {};
  }

 private:
  std::vector<Message> finish_reads(RespWriter& writer) override {
    if (has_failed()) {
      // Nothing has been deleted yet.
      writer.error(resp_error(is_definite(code_) ? code_ : ErrorCode::unavailable,
                              "the read before the delete failed: " + error_));
      return {};
    }
    deleting_ = true;
    std::vector<Message> deletes;
    for (const std::string& key : keys_) deletes.push_back(delete_of(key));
    return deletes;
  }

  bool deleting_ = false;
  Outcome outcome_;
};

// HF.*: the node's reply as it is.
class ForwardCommand : public PendingCommand {
 public:
  void take(std::uint32_t, Message& reply) override { reply_ = std::move(reply); }
  std::vector<Message> finish(RespWriter& writer) override {
    write_reply(reply_, writer);
    return {};
  }

 private:
  Message reply_;
};

template <class Command>
void run_reads(Session& session, Arguments arguments, bool barrier = false) {
  auto command = std::make_unique<Command>(arguments.subspan(1));
  std::vector<Message> requests = command->next_round();
  session.wait(std::move(command), std::move(requests), barrier);
}

}  // namespace

void run_get(Session& session, Arguments arguments) {
  session.wait(std::make_unique<GetCommand>(), read_of(arguments[1]));
}

void run_set(Session& session, Arguments arguments) {
  for (const std::string_view option : arguments.subspan(3)) {
    if (is_word(option, "KEEPTTL")) continue;  // nothing here expires
    for (const std::string_view word : {"EX", "PX", "EXAT", "PXAT"}) {
      if (is_word(option, word)) {
        return session.reply_error("UNSUPPORTED SET " + std::string(word) +
                                   ": this store has no expiry");
      }
    }
    for (const std::string_view word : {"NX", "XX", "GET"}) {
      if (is_word(option, word)) {
        return session.reply_error("UNSUPPORTED SET " + std::string(word) +
                                   ": this store cannot read and write in one step");
      }
    }
    return session.reply_error("ERR syntax error");
  }
  session.wait(std::make_unique<SetCommand>(), write_of(arguments[1], arguments[2]));
}

// A barrier: a later SET of the connection must not be overtaken by the delete.
void run_del(Session& session, Arguments arguments) {
  run_reads<DelCommand>(session, arguments, /*barrier=*/true);
}

void run_exists(Session& session, Arguments arguments) {
  run_reads<ExistsCommand>(session, arguments);
}

void run_mget(Session& session, Arguments arguments) { run_reads<MgetCommand>(session, arguments); }

void run_mset(Session& session, Arguments arguments) {
  if (arguments.size() % 2 == 0) {
    return session.reply_error("ERR wrong number of arguments for 'mset' command");
  }
  std::vector<Message> writes;
  for (std::size_t i = 1; i < arguments.size(); i += 2) {
    writes.push_back(write_of(arguments[i], arguments[i + 1]));
  }
  session.wait(std::make_unique<SetCommand>(), std::move(writes));
}

void run_holdfast(Session& session, Arguments arguments) {
  Result<Message> request = decode_command(arguments);
  if (!request) return session.reply_error("INVALID_REQUEST " + request.error().message);
  session.wait(std::make_unique<ForwardCommand>(), std::move(*request));
}

}  // namespace holdfast::node
