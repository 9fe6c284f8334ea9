// Nodes on hosts that ssh reaches, one on each. Clients, the harness among them, talk to the nodes
// directly; ssh carries what makes, breaks and watches them.
#pragma once

#include <cstdint>
#include <memory>

#include "harness/proc/place.h"
#include "harness/ssh/hosts_file.h"

namespace holdfast::harness {

// Nothing is reached before prepare(): until then it supports whatever a host can.
std::unique_ptr<Place> make_ssh_place(HostsFile hosts, std::uint64_t seed);

}  // namespace holdfast::harness
