#include "harness/proc/daemon_arguments.h"

#include "node/core/settings.h"

namespace holdfast::harness {

std::vector<std::string> daemon_arguments(const DaemonSetup& setup) {
  const NodeAddress& own = setup.addresses[setup.node];
  std::string members;
  for (NodeId each = 0; each < setup.addresses.size(); ++each) {
    const NodeAddress& address = setup.addresses[each];
    members += (each == 0 ? "" : ",") + node_name(each) + "=" + address.ip + ":" +
               std::to_string(address.peer);
  }
  std::vector<std::string> arguments = {"--id",          node_name(setup.node),
                                        "--members",     members,
                                        "--bind",        own.ip,
                                        "--client-port", std::to_string(own.client),
                                        "--http-port",   std::to_string(own.http)};
  for (const node::Setting& setting : node::all_settings()) {
    arguments.push_back("--set");
    arguments.push_back(std::string(setting.name) + "=" + setting.get(*setup.config));
  }
  return arguments;
}

}  // namespace holdfast::harness
