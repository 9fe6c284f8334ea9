// Peer messages to and from the bytes of a PeerMessage (peer.proto, which documents them).
#pragma once

#include <string>
#include <string_view>

#include "node/base/result.h"
#include "node/core/message.h"

namespace holdfast::node {

// Whether the message travels between nodes (the others are clients').
bool is_peer_message(const Message& message);

// Appends the encoded envelope; `needs` is the sender's business and stays behind.
// REQUIRES: is_peer_message(), and both addresses are nodes.
void encode(const Envelope& envelope, std::string& to);

// The inverse. Any bytes are safe: what is not exactly one message of this protocol, with every
// number in its range, is an error.
Result<Envelope> decode_envelope(std::string_view bytes);

}  // namespace holdfast::node
