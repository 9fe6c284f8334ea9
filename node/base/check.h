// CHECK(condition): an invariant of ours that must hold. Always compiled in; a violation is a bug,
// prints where and aborts. In the simulator an abort is a finding. Never use it on input.
#pragma once

namespace holdfast {

[[noreturn]] void check_failed(const char* file, int line, const char* condition);

}  // namespace holdfast

#define CHECK(condition)                                        \
  do {                                                          \
    if (!(condition)) [[unlikely]]                              \
      ::holdfast::check_failed(__FILE__, __LINE__, #condition); \
  } while (false)
