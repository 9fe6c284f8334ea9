#include "node/daemon/http.h"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/status.hpp>

namespace holdfast::node {

namespace http = boost::beast::http;

HttpState read_http(std::string_view bytes, HttpRequest& request) {
  if (bytes.size() > kMaxHttpRequest) return HttpState::damaged;
  http::request_parser<http::empty_body> parser;
  parser.header_limit(kMaxHttpRequest);
  boost::beast::error_code error;
  while (!parser.is_done()) {
    const std::size_t used = parser.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
    if (error == http::error::need_more) return HttpState::incomplete;
    if (error) return HttpState::damaged;
    bytes.remove_prefix(used);
    if (used == 0 && !parser.is_done()) return HttpState::incomplete;
  }
  request.is_get = parser.get().method() == http::verb::get;
  request.target = std::string(parser.get().target());
  return HttpState::complete;
}

std::string http_response(int status, std::string_view content_type, std::string_view body) {
  std::string text = "HTTP/1.1 " + std::to_string(status) + ' ';
  text += std::string(http::obsolete_reason(static_cast<http::status>(status)));
  text += "\r\nConnection: close\r\nContent-Type: ";
  text += content_type;
  text += "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  text += body;
  return text;
}

}  // namespace holdfast::node
