// A connection to SQLite, and its statements. Every failure goes to the Failure given, the first
// one stays; after it no statement yields a row.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "node/storage/failure.h"

namespace holdfast::node {

class Connection {
 public:
  explicit Connection(Failure& failure) : failure_(failure) {}
  // Closes without touching the disk: a checkpoint is never run for it.
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool open(const char* name, const char* vfs);
  // Runs statements that yield nothing of interest. False if one failed.
  bool run(const char* sql);

  sqlite3* handle() { return handle_; }
  bool failed() const { return failure_.status != StoreStatus::ok; }
  // Notes what SQLite's code means.
  void fail(int code);

 private:
  Failure& failure_;
  sqlite3* handle_ = nullptr;
};

// A prepared statement, kept as long as the connection.
class Statement {
 public:
  Statement() = default;
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  bool prepare(Connection& connection, const char* sql);
  bool prepared() const { return handle_ != nullptr; }

 private:
  friend class Execution;
  sqlite3_stmt* handle_ = nullptr;
  Connection* connection_ = nullptr;
};

// One execution: bind the values in order, then step. Bytes bound must outlive it; bytes read are
// valid until the next step.
class Execution {
 public:
  explicit Execution(Statement& statement) : handle_(statement.handle_), on_(statement) {}
  ~Execution() { sqlite3_reset(handle_); }
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;

  Execution& integer(std::int64_t value);
  Execution& text(std::string_view value);
  Execution& blob(std::string_view value);

  // Moves to the next row; false at the end and after a failure.
  bool step();
  // Steps once, expecting no row. The number of rows changed; 0 after a failure.
  int run();

  std::int64_t integer_at(int column) { return sqlite3_column_int64(handle_, column); }
  std::string_view bytes_at(int column);

 private:
  sqlite3_stmt* handle_;
  Statement& on_;
  int bound_ = 0;
};

}  // namespace holdfast::node
