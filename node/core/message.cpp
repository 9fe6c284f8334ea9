#include "node/core/message.h"

#include <array>

namespace holdfast::node {
namespace {

constexpr std::array<std::string_view, std::variant_size_v<Message>> kNames = {
    "heartbeat",           "replica_write",   "replica_write_reply", "replica_read",
    "replica_read_reply",  "handoff_offer",   "handoff_grant",       "hint_delivery",
    "hint_delivery_reply", "tree_compare",    "tree_difference",     "leaf_summary",
    "leaf_difference",     "repair_rows",     "repair_rows_reply",   "client_read",
    "client_write",        "client_reply",    "dump_request",        "dump_reply",
    "hint_list_request",   "hint_list_reply", "status_request",      "status_reply",
    "control_request",     "control_reply"};

}  // namespace

std::string_view name_of(const Message& message) { return kNames[message.index()]; }

}  // namespace holdfast::node
