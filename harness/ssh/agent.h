// The agent: this program on a host of a cluster, at the other end of an ssh connection. It keeps
// one node there, with the same means that are used on this machine, and whatever it makes (the
// process, its folder, rules, devices) goes with it: when its standard input ends, since the
// harness or the connection is gone, when it is killed, and when nobody has taken what it says for
// as long as TCP waits.
//
// It says first {"protocol", "holdfast", "node"}: the versions. Then it answers requests, in their
// order: {"do": word, …} with {} or what was asked for, or with {"error": why}.
//
//   prepare  node, addresses, peer_port, seed, secret
//                                              "refused": what it cannot do, {fault: why}
//   clock                                      "wall_us": what this machine's clock shows
//   start    start, arguments                  the node; `start` is a number for the news
//   signal   number
//   end      most_ms                           waits for the node, kills it if it takes longer
//   read     file, from                        "bytes": how many follow the line
//   wipe, flip_bit (seed)                      of the node's disk
//   pass     us                                wall time passes
//   set_clock  offset_us, drift_ppm
//   set_disk   mode
//   cut, mend  from                            what arrives from these nodes
//   dropped    from                            "packets" of that node that cuts dropped
//   set_link   to, and a link's quality        what leaves to that node
//
// At any time it may say {"died": why, "start": n}: the node ended by itself; or an empty line,
// which says that it lives.
#pragma once

#include <filesystem>

namespace holdfast::harness {

inline constexpr int kAgentProtocol = 2;

struct AgentOptions {
  std::filesystem::path folder;        // its own folder is made below it
  std::filesystem::path node_program;  // holdfast-node
};

// Speaks on standard input and output until that ends; returns the program's exit code.
int run_agent(const AgentOptions& options);

}  // namespace holdfast::harness
