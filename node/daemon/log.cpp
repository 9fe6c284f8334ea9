#include "node/daemon/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "node/daemon/one_line.h"

namespace holdfast::node {

Result<> open_log(const std::string& file, const std::string& level, const std::string& name) {
  const auto parsed = spdlog::level::from_str(level);
  if (parsed == spdlog::level::off && level != "off") {
    return fail("log level: expected debug, info, warn, error or off, got '" + level + "'");
  }
  try {
    spdlog::sink_ptr sink;
    if (file.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_sink_st>();
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_st>(file, /*truncate=*/false);
    }
    auto logger = std::make_shared<spdlog::logger>(name, std::move(sink));
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%fZ %l %n: %v", spdlog::pattern_time_type::utc);
    logger->set_level(parsed);
    logger->flush_on(spdlog::level::debug);
    spdlog::set_default_logger(std::move(logger));
  } catch (const spdlog::spdlog_ex& error) {
    return fail("log file " + file + ": " + error.what());
  }
  return {};
}

void log_debug(const std::string& text) { spdlog::debug(one_line(text)); }
void log_info(const std::string& text) { spdlog::info(one_line(text)); }
void log_warn(const std::string& text) { spdlog::warn(one_line(text)); }
void log_error(const std::string& text) { spdlog::error(one_line(text)); }

}  // namespace holdfast::node
