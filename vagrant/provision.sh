#!/bin/sh
# What a host of `holdfast run --on ssh` needs beyond a plain Debian 12: nothing but a clock that is
# kept right. The node, its agent and their libraries arrive with the first run.
set -eu
export DEBIAN_FRONTEND=noninteractive
if ! command -v chronyc >/dev/null; then
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends chrony >/dev/null
fi
modprobe tun  # for bad links; the rest is in every Debian kernel
echo tun >/etc/modules-load.d/holdfast.conf
