#include "node/storage/connection.h"

#include "node/base/check.h"

namespace holdfast::node {
namespace {

StoreStatus status_of(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return StoreStatus::full;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return code == SQLITE_IOERR_DATA ? StoreStatus::corrupt : StoreStatus::io_error;
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_NOMEM:
      CHECK(!"SQLite was used wrongly or has no memory");
      return StoreStatus::io_error;
    default:
      // SQLITE_CORRUPT and SQLITE_NOTADB; also a constraint or a missing column, which our own
      // statements only meet in a database that is not as we left it.
      return StoreStatus::corrupt;
  }
}

}  // namespace

Connection::~Connection() {
  // Statements are destroyed before; an open transaction is forgotten with the connection.
  CHECK(sqlite3_close(handle_) == SQLITE_OK);
}

bool Connection::open(const char* name, const char* vfs) {
  const int code = sqlite3_open_v2(
      name, &handle_,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
      vfs);
  if (code != SQLITE_OK) {
    fail(code);
    return false;
  }
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return true;
}

bool Connection::run(const char* sql) {
  if (failed()) return false;
  const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
  return !failed();
}

void Connection::fail(int code) {
  failure_.set(status_of(code), std::string("SQLite: ") + sqlite3_errmsg(handle_));
}

Statement::~Statement() { sqlite3_finalize(handle_); }

bool Statement::prepare(Connection& connection, const char* sql) {
  if (connection.failed()) return false;
  connection_ = &connection;
  const int code = sqlite3_prepare_v3(connection.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT,
                                      &handle_, nullptr);
  if (code != SQLITE_OK) connection.fail(code);
  return code == SQLITE_OK;
}

Execution& Execution::integer(std::int64_t value) {
  CHECK(sqlite3_bind_int64(handle_, ++bound_, value) == SQLITE_OK);
  return *this;
}

Execution& Execution::text(std::string_view value) {
  // A null pointer would bind NULL.
  const char* bytes = value.data() == nullptr ? "" : value.data();
  CHECK(sqlite3_bind_text(handle_, ++bound_, bytes, static_cast<int>(value.size()),
                          SQLITE_STATIC) == SQLITE_OK);
  return *this;
}

Execution& Execution::blob(std::string_view value) {
  const char* bytes = value.data() == nullptr ? "" : value.data();
  CHECK(sqlite3_bind_blob(handle_, ++bound_, bytes, static_cast<int>(value.size()),
                          SQLITE_STATIC) == SQLITE_OK);
  return *this;
}

bool Execution::step() {
  if (on_.connection_->failed()) return false;
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) on_.connection_->fail(code);
  return false;
}

int Execution::run() {
  CHECK(!step());
  return on_.connection_->failed() ? 0 : sqlite3_changes(on_.connection_->handle());
}

std::string_view Execution::bytes_at(int column) {
  const void* bytes = sqlite3_column_blob(handle_, column);
  return {static_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

}  // namespace holdfast::node
