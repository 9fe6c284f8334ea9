# Writes OUTPUT, which defines commit() (harness/cli/commit.h). Run at each build; the file changes
# only with the commit, so that nothing is compiled again for nothing.
execute_process(COMMAND git describe --always --dirty --abbrev=12
  WORKING_DIRECTORY ${SOURCE_DIR} OUTPUT_VARIABLE commit ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [[
#include "harness/cli/commit.h"

std::string_view holdfast::harness::commit() { return "@commit@"; }
]])
