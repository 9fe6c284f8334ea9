// Linearizability of a register or compare-and-set register with repeated values: a search over
// what may have taken effect by each return (Lowe, "Testing for Linearizability", 2017:
// just-in-time linearization), forward over all configurations, in competition with a depth-first
// one.
//
// A configuration is the register's value and two bits for each operation in flight:
//   done  it has taken effect, or may be taken to have done so: it may return
//   used  its effect was seen, it cannot serve again
// - A read is done as soon as the value is there: that changes nothing else.
// - A write that somebody saw is used. When it takes effect, every other write in flight can be
//   taken to have happened just before it, unseen: those become done, and stay at hand. So hidden
//   writes never branch the search.
// - A compare-and-set is never hidden: when done it is used.
// - An operation takes effect only when a return demands it, and a write in between only if some
//   read or compare-and-set in flight needs its value (else it is hidden).
// - Of equal operations in flight the one that must return first goes first; those of unknown
//   outcome, counted by class, go last.
// - Dominance: with equal values, done in more, used in fewer and fewer of a class used is better.
// Memory is one layer of configurations; the earliest violation is found.
#pragma once

#include <span>

#include "checkers/linear/keyed_ops.h"
#include "checkers/linear/search.h"

namespace holdfast::checkers {

// `items` are one key's, of a register model.
SearchResult search_register(const Trace& trace, std::span<const Item> items, const Model& model,
                             const Limits& limits);

}  // namespace holdfast::checkers
