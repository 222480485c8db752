/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The driver's control device as a client uses it, for the control_*_test.c programs. Threads of
 * the fake kernel call. */
#ifndef FW_NT_CONTROL_CLIENT_H
#define FW_NT_CONTROL_CLIENT_H

#include "abi/control.h"
#include "nt_check.h"
#include "nt_information.h"

DRIVER_INITIALIZE DriverEntry;

/* Start a kernel and load the driver; false: the load failed, and the kernel is stopped. */
bool control_begin(void);
/* Stop it by its control code, unload it, stop the kernel. */
void control_end(void);
/* The same in a kernel that runs already, as nt_each_seed() has it. */
bool control_load(void);
void control_unload(void);
extern DRIVER_OBJECT *control_driver;

HANDLE control_open(void); /* greeted; NULL: it could not be opened */
NTSTATUS control_ask(HANDLE handle, enum fw_control_function function, const void *in,
	uint32_t in_size, void *out, uint32_t out_size, uint32_t *bytes);
NTSTATUS control_subscribe(HANDLE handle, uint64_t types, uint32_t queue_bytes, bool existing);
struct nt_request *control_read_start(HANDLE handle, void *buffer);
NTSTATUS control_status(HANDLE handle, struct fw_control_status *status);

/* A rule of this target and text that blocks everything. */
struct fw_rule control_rule(uint16_t action, uint16_t target, uint32_t pid, const char *text);
NTSTATUS control_add(HANDLE handle, struct fw_rule *rules, uint32_t count);
NTSTATUS control_remove(HANDLE handle, const uint32_t *ids, uint32_t count);

/* A process with this image, there until it is given to nt_process_exit(). */
PEPROCESS control_process(uint32_t pid, uint32_t parent_pid, const char *image);

#endif
