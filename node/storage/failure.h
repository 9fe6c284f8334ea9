// The first thing that went wrong in a store. Later ones are consequences and are not kept.
#pragma once

#include <string>
#include <utility>

#include "node/storage/store.h"

namespace holdfast::node {

struct Failure {
  StoreStatus status = StoreStatus::ok;
  std::string detail;

  void set(StoreStatus why, std::string what) {
    if (status != StoreStatus::ok) return;
    status = why;
    detail = std::move(what);
  }
};

}  // namespace holdfast::node
