// hiredis, the C client, against the cluster at HOLDFAST_PORT (see with_cluster).
#include <gtest/gtest.h>
#include <hiredis/hiredis.h>

#include <cstdlib>
#include <memory>
#include <string>

namespace {

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, FreeReply>;

class Hiredis : public testing::Test {
 protected:
  void SetUp() override {
    const char* port = std::getenv("HOLDFAST_PORT");
    ASSERT_NE(port, nullptr) << "run it by with_cluster";
    context_.reset(redisConnect("127.0.0.1", std::atoi(port)));
    ASSERT_EQ(context_->err, 0) << context_->errstr;
  }

  template <class... Arguments>
  Reply command(const char* format, Arguments... arguments) {
    return Reply(static_cast<redisReply*>(redisCommand(context_.get(), format, arguments...)));
  }
  // Text, number, "(nil)", or error.
  template <class... Arguments>
  std::string ask(const char* format, Arguments... arguments) {
    return text_of(command(format, arguments...).get());
  }
  std::string text_of(const redisReply* reply) {
    if (reply == nullptr) return std::string("broken: ") + context_->errstr;
    if (reply->type == REDIS_REPLY_INTEGER) return std::to_string(reply->integer);
    return reply->type == REDIS_REPLY_NIL ? "(nil)" : std::string(reply->str, reply->len);
  }

  struct FreeContext {
    void operator()(redisContext* context) const { redisFree(context); }
  };
  std::unique_ptr<redisContext, FreeContext> context_;
};

TEST_F(Hiredis, Keys) {
  EXPECT_EQ(ask("SET %s %s", "k", "v"), "OK");
  EXPECT_EQ(ask("GET %s", "k"), "v");
  EXPECT_EQ(ask("GET nothing"), "(nil)");
  EXPECT_EQ(ask("MSET a 1 b 2"), "OK");
  const Reply values = command("MGET a nothing b");
  ASSERT_EQ(values->elements, 3u);
  EXPECT_EQ(text_of(values->element[0]), "1");
  EXPECT_EQ(text_of(values->element[1]), "(nil)");
  EXPECT_EQ(text_of(values->element[2]), "2");
  EXPECT_EQ(ask("EXISTS a b nothing"), "2");
  EXPECT_EQ(ask("DEL a nothing"), "1");
  EXPECT_EQ(ask("GET a"), "(nil)");
}

TEST_F(Hiredis, Bytes) {
  std::string value(300000, '\0');
  for (std::size_t i = 0; i < value.size(); ++i) value[i] = static_cast<char>(i * 7);
  EXPECT_EQ(ask("SET %b %b", "\0\r\n\xff", std::size_t{4}, value.data(), value.size()), "OK");
  EXPECT_EQ(ask("GET %b", "\0\r\n\xff", std::size_t{4}), value);
}

TEST_F(Hiredis, SetOptions) {
  EXPECT_EQ(ask("SET k v KEEPTTL"), "OK");
  for (const char* refused : {"SET k w EX 10", "SET k w PX 10", "SET k w EXAT 10", "SET k w NX",
                              "SET k w XX", "SET k w GET"}) {
    EXPECT_EQ(ask(refused).substr(0, 15), "UNSUPPORTED SET") << refused;
  }
  EXPECT_EQ(ask("GET k"), "v");
}

TEST_F(Hiredis, ConnectionAndServer) {
  EXPECT_EQ(ask("PING"), "PONG");
  EXPECT_EQ(ask("ECHO %s", "hello"), "hello");
  EXPECT_EQ(ask("CLIENT SETNAME me"), "OK");
  EXPECT_EQ(ask("CLIENT SETINFO LIB-NAME hiredis"), "OK");
  EXPECT_EQ(ask("CLIENT GETNAME"), "me");
  EXPECT_EQ(command("HELLO 2")->type, REDIS_REPLY_ARRAY);
  EXPECT_EQ(ask("SELECT 0"), "OK");
  EXPECT_EQ(ask("SELECT 1"), "ERR DB index is out of range");
  EXPECT_EQ(command("COMMAND")->elements,
            static_cast<std::size_t>(command("COMMAND COUNT")->integer));
  EXPECT_NE(ask("INFO").find("redis_version:"), std::string::npos);
  EXPECT_EQ(ask("CONFIG SET request_timeout_ms 5000"), "OK");
  EXPECT_STREQ(command("CONFIG GET request_timeout_ms")->element[1]->str, "5000");
  EXPECT_EQ(ask("INCR k").substr(0, 26), "ERR unknown command 'INCR'");
  EXPECT_EQ(ask("QUIT"), "OK");
  EXPECT_EQ(ask("PING").substr(0, 7), "broken:");
}

TEST_F(Hiredis, Pipelining) {
  for (int i = 0; i < 2000; ++i) {
    redisAppendCommand(context_.get(), "SET p%d %d", i % 10, i);
    redisAppendCommand(context_.get(), "GET p%d", i % 10);
  }
  const auto receive = [this] {
    void* reply = nullptr;
    return redisGetReply(context_.get(), &reply) == REDIS_OK
               ? text_of(Reply(static_cast<redisReply*>(reply)).get())
               : std::string(context_->errstr);
  };
  for (int i = 0; i < 2000; ++i) {
    ASSERT_EQ(receive(), "OK") << i;
    ASSERT_EQ(receive(), std::to_string(i));
  }
}

}  // namespace
