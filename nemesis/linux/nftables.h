// nftables, the kernel's firewall, as one network namespace has it: commands and answers in JSON.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "node/base/result.h"

struct nft_ctx;

namespace holdfast::nemesis {

class Nftables {
 public:
  // Of the network namespace that the calling thread is in; the thread need not stay there.
  static Result<Nftables> open();

  // Runs the commands, an array, as one transaction: all of them or none.
  Result<nlohmann::json> run(const nlohmann::json& commands) const;

  // Makes the table `holdfast` of that family, which nobody else can change, and which the kernel
  // removes with this object, however its process ends. It refuses a second owner.
  Result<> claim_table(const char* family) const;

  // The command {"verb": {"kind": about}} for an object of the table `holdfast` of that family.
  static nlohmann::json command(const char* verb, const char* kind, const char* family,
                                nlohmann::json about);
  // A rule's expression that holds for packets whose `left` is in the set, and drops them.
  static nlohmann::json drop_if_in(const char* set, nlohmann::json left);

 private:
  struct Close {
    void operator()(nft_ctx* context) const;
  };

  std::string reason() const;  // why the last command failed

  explicit Nftables(std::unique_ptr<nft_ctx, Close> context) : context_(std::move(context)) {}

  std::unique_ptr<nft_ctx, Close> context_;
};

}  // namespace holdfast::nemesis
