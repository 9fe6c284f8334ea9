// The timeline of a run as a picture: phases, operations a second, hints pending, faults.
#pragma once

#include <string>

#include "report/timeline.h"

namespace holdfast::report {

// An <svg> element that takes its colours from the page's style. Empty if nothing was recorded.
std::string picture(const Timeline& timeline);

}  // namespace holdfast::report
