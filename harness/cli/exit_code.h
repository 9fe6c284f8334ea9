// What `holdfast` tells its caller. The last two are never confused with a verdict.
#pragma once

#include "checkers/verdict.h"

namespace holdfast::harness {

inline constexpr int kExitValid = 0;
inline constexpr int kExitInvalid = 1;
inline constexpr int kExitUnknown = 2;
inline constexpr int kExitBadArguments = 254;
inline constexpr int kExitHarnessError = 255;

constexpr int exit_code(checkers::Verdict verdict) {
  switch (verdict) {
    case checkers::Verdict::valid:
      return kExitValid;
    case checkers::Verdict::invalid:
      return kExitInvalid;
    case checkers::Verdict::unknown:
      return kExitUnknown;
  }
  return kExitHarnessError;
}

}  // namespace holdfast::harness
