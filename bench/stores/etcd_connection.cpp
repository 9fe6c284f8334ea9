#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "bench/stores/connection.h"
#include "node/base/check.h"

namespace holdfast::bench {
namespace {

// A field of protobuf that is bytes.
void append_bytes(int field, std::string_view bytes, std::string& to) {
  to += static_cast<char>(field << 3 | 2);
  std::size_t size = bytes.size();
  for (; size >= 0x80; size >>= 7) to += static_cast<char>(size | 0x80);
  to += static_cast<char>(size);
  to += bytes;
}

// A gRPC message: not compressed, its length, its bytes.
std::string framed(const std::string& message) {
  std::string frame(1, '\0');
  for (int shift = 24; shift >= 0; shift -= 8) frame += static_cast<char>(message.size() >> shift);
  return frame + message;
}

std::string put(const std::string& key, const std::string& value) {
  std::string message;
  append_bytes(1, key, message);
  append_bytes(2, value, message);
  return framed(message);
}

std::string range(const std::string& key) {
  std::string message;
  append_bytes(1, key, message);
  message += "\x38\x01";  // serializable
  return framed(message);
}

nghttp2_nv header(const char* name, const char* value) {
  const auto bytes = [](const char* text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text));
  };
  return {bytes(name), bytes(value), std::strlen(name), std::strlen(value), NGHTTP2_NV_FLAG_NONE};
}

class EtcdConnection : public Connection {
 public:
  EtcdConnection() {
    nghttp2_session_callbacks* callbacks = nullptr;
    CHECK(nghttp2_session_callbacks_new(&callbacks) == 0);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    CHECK(nghttp2_session_client_new(&session_, callbacks, this) == 0);
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry window{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 24};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &window, 1);
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, 1 << 30);
  }
  ~EtcdConnection() override { nghttp2_session_del(session_); }

  void ask(const Requests& requests) override {
    const nghttp2_nv headers[] = {
        header(":method", "POST"),
        header(":scheme", "http"),
        header(":path", requests.write ? "/etcdserverpb.KV/Put" : "/etcdserverpb.KV/Range"),
        header(":authority", "localhost"),
        header("content-type", "application/grpc"),
        header("te", "trailers")};
    for (const std::string& key : requests.keys) {
      nghttp2_data_provider body = {};
      body.read_callback = read_body;
      const std::int32_t stream =
          nghttp2_submit_request(session_, nullptr, headers, std::size(headers), &body, nullptr);
      CHECK(stream > 0);
      bodies_[stream] = requests.write ? put(key, requests.value) : range(key);
    }
    missing_ = requests.keys.size();
    collect();
  }

  void take(std::string_view bytes) override {
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    CHECK(nghttp2_session_mem_recv(session_, data, bytes.size()) >= 0);
    collect();  // acknowledgements of settings and pings
  }

  std::string& output() override { return output_; }

 private:
  static EtcdConnection& self(void* user) { return *static_cast<EtcdConnection*>(user); }

  static ssize_t read_body(nghttp2_session*, std::int32_t stream, std::uint8_t* to,
                           std::size_t most, std::uint32_t* flags, nghttp2_data_source*,
                           void* user) {
    std::string& body = self(user).bodies_[stream];
    const std::size_t size = std::min(most, body.size());
    std::memcpy(to, body.data(), size);
    body.erase(0, size);
    if (body.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
  }

  static int on_header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                       std::uint8_t, void* user) {
    const std::string_view name_text(reinterpret_cast<const char*>(name), name_size);
    const std::string_view text(reinterpret_cast<const char*>(value), value_size);
    if (name_text == "grpc-status" && text == "0") ++self(user).succeeded_;
    return 0;
  }

  static int on_close(nghttp2_session*, std::int32_t stream, std::uint32_t, void* user) {
    EtcdConnection& connection = self(user);
    connection.bodies_.erase(stream);
    if (connection.succeeded_ == 0) {
      connection.count_error("the status of gRPC is not 0");
    } else {
      --connection.succeeded_;
    }
    --connection.missing_;
    return 0;
  }

  void collect() {
    const std::uint8_t* bytes = nullptr;
    for (ssize_t size; (size = nghttp2_session_mem_send(session_, &bytes)) > 0;) {
      output_.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    }
  }

  nghttp2_session* session_ = nullptr;
  std::unordered_map<std::int32_t, std::string> bodies_;  // by stream: what is left to send
  std::size_t succeeded_ = 0;  // streams whose status has come, but not their end
  std::string output_;
};

}  // namespace

std::unique_ptr<Connection> make_etcd() { return std::make_unique<EtcdConnection>(); }

}  // namespace holdfast::bench
