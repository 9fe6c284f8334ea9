#include "bench/stores/connection.h"
#include "node/codec/resp.h"

namespace holdfast::bench {
namespace {

using node::RespState;
using node::RespValue;

class RespConnection : public Connection {
 public:
  explicit RespConnection(bool wait) : wait_(wait) {}

  void ask(const Requests& requests) override {
    for (const std::string& key : requests.keys) {
      if (requests.write) {
        node::append_command({"SET", key, requests.value}, output_);
      } else {
        node::append_command({"GET", key}, output_);
      }
    }
    missing_ = requests.keys.size();
    if (!wait_ || !requests.write) return;
    node::append_command({"WAIT", "1", "5000"}, output_);
    ++missing_;
  }

  void take(std::string_view bytes) override {
    reader_.append(bytes);
    RespValue reply;
    while (missing_ > 0 && reader_.next(reply) == RespState::complete) {
      --missing_;
      if (reply.is_error()) count_error(reply.text);
      if (reply.kind == RespValue::Kind::integer && reply.integer < 1) count_error("WAIT: nobody");
    }
  }

  std::string& output() override { return output_; }

 private:
  bool wait_;
  std::string output_;
  node::RespReader reader_;
};

}  // namespace

std::unique_ptr<Connection> make_resp(bool wait) { return std::make_unique<RespConnection>(wait); }

}  // namespace holdfast::bench
