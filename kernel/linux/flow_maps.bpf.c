/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Defines the maps and shared state that every other BPF object only declares. */
#define FW_MAPS_HERE
#include "kernel/linux/filter_maps.bpf.h"
#include "kernel/linux/filter_slots.bpf.h"
#include "kernel/linux/rule_maps.bpf.h"

const volatile bool udp_by_consume = false;

char _license[] SEC("license") = "Dual BSD/GPL";
