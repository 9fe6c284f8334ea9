// The HF.* commands: requests to a node and their replies, to and from RESP. Both sides of every
// encoding are here: the daemon decodes requests and encodes replies, a client the reverse.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "node/base/errors.h"
#include "node/base/result.h"
#include "node/codec/resp.h"
#include "node/core/message.h"

namespace holdfast::node {

// Appends the command of a request. Time-outs are sent in whole milliseconds, rounded up.
// REQUIRES: a ClientRead, ClientWrite, ReplicaRead, DumpRequest, HintListRequest, StatusRequest or
// ControlRequest.
void encode_command(const Message& request, std::string& to);

// The request of an HF.* command (whose name may be in any case). The error says what was expected.
Result<Message> decode_command(std::span<const std::string_view> arguments);

// Appends the reply to one of these requests, as a map of named fields.
void write_reply(const Message& reply, RespWriter& writer);

// The inverse. An error reply is an error, but for a ClientReply, which then carries its code.
// For ClientReply, ReplicaReadReply, DumpReply, HintListReply, StatusReply and ControlReply.
template <class Reply>
Result<Reply> decode_reply(RespValue value);

// How a code looks in front of an error reply ("TIMEOUT"), and back. A reply that begins with
// another word says that the request was refused before anything was done: invalid_request.
std::string resp_error(ErrorCode code, std::string_view detail);
ErrorCode error_of_resp(std::string_view error);

// "n1" for a home replica, "n4:n3" where n4 holds a hint for n3.
std::string to_string(const Ack& ack);
std::optional<Ack> parse_ack(std::string_view text);

// What HF.HELP answers: a line for each command.
std::span<const std::string_view> command_help();

}  // namespace holdfast::node
