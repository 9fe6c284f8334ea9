// The daemon's log: one line an event, to standard error or a file. spdlog is behind this header.
#pragma once

#include <string>

#include "node/base/result.h"

namespace holdfast::node {

// Levels: debug, info, warn, error, off. An empty file means standard error.
Result<> open_log(const std::string& file, const std::string& level, const std::string& name);

void log_debug(const std::string& text);
void log_info(const std::string& text);
void log_warn(const std::string& text);
void log_error(const std::string& text);

}  // namespace holdfast::node
