// The fault types, one file each.
#pragma once

#include "nemesis/fault_type.h"

namespace holdfast::nemesis {

FaultType kill_type();
FaultType power_loss_type();
FaultType pause_type();
FaultType restart_type();
FaultType wipe_type();
FaultType partition_type();
FaultType link_type();
FaultType disk_type();
FaultType clock_type();
FaultType slow_type();
FaultType stop_type();
FaultType outage_type();
FaultType hint_holder_crash_type();
FaultType rolling_restart_type();
// What operators do.
FaultType pause_delivery_type();
FaultType pause_hints_type();
FaultType drop_hints_type();
FaultType anti_entropy_type();
FaultType config_type();

}  // namespace holdfast::nemesis
