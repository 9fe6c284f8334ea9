#include "node/base/result.h"

#include "node/base/check.h"

namespace holdfast {

void throw_exception_from_error(const Error& error, const boost::source_location& at) {
  check_failed(at.file_name(), static_cast<int>(at.line()), error.message.c_str());
}

}  // namespace holdfast
