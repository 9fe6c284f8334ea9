// Result<T>: a value, or the reason why there is none. For failures that are expected; a bug is a
// CHECK. Exceptions stay at the edges of libraries that throw.
#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <utility>

namespace holdfast {

// Made by fail() only: were it constructible from a string, Result<std::string> could not tell a
// value from an error.
struct Error {
  std::string message;  // one line for a person: what was wrong, where, what was expected

  Error() = default;  // boost's result::error() wants one

 private:
  explicit Error(std::string text) : message(std::move(text)) {}
  friend Error fail(std::string message);
};

// Required by boost::system::result: .value() on an error is a bug of the caller.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& at);

template <class T = void>
struct [[nodiscard]] Result : boost::system::result<T, Error> {
  using boost::system::result<T, Error>::result;
};

inline Error fail(std::string message) { return Error(std::move(message)); }

}  // namespace holdfast
