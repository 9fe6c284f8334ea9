// What the node tells people and tools of itself: the text of INFO, the metrics in Prometheus'
// text format, and the JSON of /status.
#pragma once

#include <string>
#include <vector>

#include "node/core/message.h"
#include "node/daemon/server_facts.h"

namespace holdfast::node {

// `sections` in lower case; none, "all", "default" or "everything" mean all.
std::string info_text(const std::vector<std::string>& sections, const ServerFacts& facts,
                      const StatusReply& status);

// Without a status (the store is failing) only what the daemon itself knows.
std::string metrics_text(const ServerFacts& facts, const StatusReply* status);
std::string status_json(const ServerFacts& facts, const StatusReply* status);

}  // namespace holdfast::node
