// The sandbox: network, mount and process-id namespaces of the harness's own. Everything it makes
// inside (processes, links, rules, mounts) dies with it, whatever kills it.
#pragma once

#include <sys/types.h>

#include "node/base/result.h"

namespace holdfast::nemesis {

struct Sandbox {
  pid_t outside_pid = 0;   // of this process, as the machine sees it: for nsenter
  bool own_users = false;  // in a user namespace of its own too: nobody is root outside
};

// Moves the program into a sandbox. It returns in a new process, which carries on as the harness;
// the process that called stays behind, passes signals on and ends as the harness ends, with its
// exit code or by its signal. A signal from the terminal reaches the harness once, directly; the
// terminal and the working directory stay as they are. Inside, the harness is root: by right, or
// because one user is mapped to root in a new user namespace.
//
//   caller ── keeps the pid that the world knows; waits
//     └── first process inside ── reaps; dies with the caller; its death ends all inside
//           └── the harness ── returns from here
//
// Fails, with one line that says what to enable, on machines that allow no namespaces; the caller
// must then end (exit code 255), for it may be half inside.
// REQUIRES: the main thread, and no other one yet.
Result<Sandbox> enter_sandbox();

}  // namespace holdfast::nemesis
