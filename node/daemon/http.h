// Requests to /metrics and /status. Boost.Beast reads them, in http.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::node {

inline constexpr std::size_t kMaxHttpRequest = 8192;

enum class HttpState : std::uint8_t { complete, incomplete, damaged };

struct HttpRequest {
  bool is_get = false;
  std::string target;
};

// Looks for a whole request in everything received so far.
HttpState read_http(std::string_view bytes, HttpRequest& request);

// A whole response, after which the connection is closed.
std::string http_response(int status, std::string_view content_type, std::string_view body);

}  // namespace holdfast::node
