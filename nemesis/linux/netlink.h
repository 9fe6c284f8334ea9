// What every user of libnl needs: objects that free themselves, and errors in words.
#pragma once

#include <netlink/addr.h>
#include <netlink/errno.h>
#include <netlink/socket.h>

#include <memory>
#include <string>

#include "node/base/result.h"

namespace holdfast::nemesis {

// A deleter per type of libnl's: each object is freed by a function of its own.
template <auto free_function>
struct Free {
  template <class T>
  void operator()(T* object) const {
    free_function(object);
  }
};
using NetlinkSocket = std::unique_ptr<nl_sock, Free<nl_socket_free>>;
using NetlinkAddress = std::unique_ptr<nl_addr, Free<nl_addr_put>>;

// What libnl's return value said of an attempt to do `what`.
inline Result<> said(int error, const std::string& what) {
  if (error >= 0) return {};
  return fail("cannot " + what + ": " + nl_geterror(error));
}

}  // namespace holdfast::nemesis
