#include "node/daemon/http.h"

#include <gtest/gtest.h>

#include "node/base/random.h"

namespace holdfast::node {
namespace {

TEST(ReadHttp, FindsAWholeRequest) {
  const std::string whole = "GET /metrics?x=1 HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n";
  HttpRequest request;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    ASSERT_EQ(read_http(whole.substr(0, size), request), HttpState::incomplete) << size;
  }
  ASSERT_EQ(read_http(whole, request), HttpState::complete);
  EXPECT_TRUE(request.is_get);
  EXPECT_EQ(request.target, "/metrics?x=1");
}

TEST(ReadHttp, OtherMethodsAreNoGet) {
  HttpRequest request;
  ASSERT_EQ(read_http("HEAD / HTTP/1.1\r\n\r\n", request), HttpState::complete);
  EXPECT_FALSE(request.is_get);
}

TEST(ReadHttp, RefusesGarbage) {
  HttpRequest request;
  EXPECT_EQ(read_http("*1\r\n$4\r\nPING\r\n", request), HttpState::damaged);
  EXPECT_EQ(read_http(std::string("\x16\x03\x01\x00\x00\r\n\r\n", 9), request), HttpState::damaged);
  EXPECT_EQ(read_http(std::string(kMaxHttpRequest + 1, 'G'), request), HttpState::damaged);
  EXPECT_EQ(read_http("GET / HTTP/1.1\r\n: x\r\n\r\n", request), HttpState::damaged);
}

TEST(ReadHttp, RandomBytesAreSafe) {
  Random random(1);
  const std::string alphabet = "GET /HTTP1.: \r\n\r\nabc\t";
  for (int i = 0; i < 20000; ++i) {
    std::string bytes = random.chance(1, 2) ? "GET / HTTP/1.1\r\n" : "";
    const std::uint64_t size = random.below(60);
    for (std::uint64_t c = 0; c < size; ++c) {
      bytes += random.chance(1, 20) ? static_cast<char>(random.next())
                                    : alphabet[random.below(alphabet.size())];
    }
    HttpRequest request;
    (void)read_http(bytes, request);
  }
}

TEST(HttpResponse, HasALength) {
  EXPECT_EQ(http_response(404, "text/plain", "no\n"),
            "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Type: text/plain\r\n"
            "Content-Length: 3\r\n\r\nno\n");
}

}  // namespace
}  // namespace holdfast::node
