/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* How adapters come to fwfilter.sys and go, and what is asked of them: requests, resets, handles. */
#include "filter_client.h"

#define PLAIN { .ndis = { .packet_stacks = 2 } }

static void comes_and_goes(void *context)
{
	struct filter_stack stack = *(struct filter_stack *)context;

	NT_CHECK(filter_begin(&stack));
	NT_CHECK(ndis_adapter_find(FILTER_UPPER) != NULL);
	filter_end(&stack);
}

static void loads_and_unloads(void)
{
	struct filter_stack stack = PLAIN;

	nt_each_seed(1, 30, comes_and_goes, &stack);
}

/* The driver leaves before NDIS has come to its miniport, or while it does. */
static void leaves_early(void *context)
{
	struct ndis_options options = { .late_initialize = true };
	struct fake_adapter_options below = { .name = NULL };
	struct fake_adapter *adapter;
	DRIVER_OBJECT *driver;

	ndis_start(&options);
	adapter = fake_adapter_new(&below);
	NT_CHECK_EQUAL(nt_driver_load("fwfilter", DriverEntry, &driver), STATUS_SUCCESS);
	for (unsigned i = 0; context && i < nt_seed() % 40; i++)
		nt_point();
	if (context)
		fake_adapter_free(adapter);
	NT_CHECK_EQUAL(nt_driver_unload(driver), STATUS_SUCCESS);
	if (!context)
		fake_adapter_free(adapter);
	ndis_stop();
}

static void initialised_late(void)
{
	struct filter_stack stack = { .ndis = { .packet_stacks = 1, .late_initialize = true } };

	nt_each_seed(1, 30, comes_and_goes, &stack);
	nt_each_seed(1, 30, leaves_early, NULL);
	nt_each_seed(1, 120, leaves_early, &initialised_late); /* its adapter does, or is not there yet */
}

static void load_fails(void *context)
{
	struct filter_stack stack = { .ndis = { .packet_stacks = 1, .late_initialize = context != NULL } };

	nt_kernel_start(NULL);
	if (filter_begin(&stack))
		filter_end(&stack);
	nt_kernel_stop();
}

static void each_failure_of_a_load(void)
{
	NT_CHECK(nt_each_failure(load_fails, NULL) > 10);
	NT_CHECK(nt_each_failure(load_fails, &load_fails) > 10);
}

/* As when it is disabled: our miniport is halted, and nobody unbinds it. */
static void halted(void *context)
{
	struct filter_stack stack = PLAIN;
	HANDLE handle;

	(void)context;
	NT_CHECK(filter_begin(&stack));
	handle = filter_open();
	ndis_adapter_halt(ndis_adapter_find(FILTER_UPPER));
	NT_CHECK(!ndis_is_bound(fake_adapter_ndis(stack.adapter)));
	nt_close(handle);
	filter_end(&stack);
}

static void halted_by_the_system(void)
{
	nt_each_seed(1, 20, halted, NULL);
}

static void halt_it(void *context)
{
	ndis_adapter_halt(context);
}

/* The adapter goes, and our miniport is disabled: two threads of NDIS, and each thing is closed once. */
static void halted_and_unbound(void *context)
{
	struct filter_stack stack = PLAIN;
	uint8_t frame[128];
	PETHREAD thread;

	(void)context;
	stack.above.holds = stack.above.returns_late = true;
	stack.ndis.slow_unbind = nt_seed() % 4 == 0;
	NT_CHECK(filter_begin(&stack));
	if (nt_seed() % 2)
		fake_adapter_packets(stack.adapter, frame, filter_frame4(frame, 1, 2), 3);
	thread = nt_thread_start("system", NULL, halt_it, ndis_adapter_find(FILTER_UPPER));
	for (unsigned i = 0; i < nt_seed() % 120; i++)
		nt_point();
	ndis_unbind(fake_adapter_ndis(stack.adapter));
	NT_CHECK(!ndis_is_bound(fake_adapter_ndis(stack.adapter)));
	nt_thread_join(thread);
	NT_CHECK(!ndis_adapter_find(FILTER_UPPER));
	filter_end(&stack);
}

static void halted_while_it_is_unbound(void)
{
	nt_each_seed(1, 200, halted_and_unbound, NULL);
}

static NTSTATUS open_on(HANDLE handle, const char *adapter)
{
	struct fw_filter_control_open open = { .size = sizeof(open) };

	snprintf(open.adapter, sizeof(open.adapter), "%s", adapter);
	return filter_ask(handle, FW_FILTER_CONTROL_OPEN, &open, sizeof(open), NULL, 0, NULL);
}

static NTSTATUS query(HANDLE handle, uint32_t oid, void *answer, uint32_t size, uint32_t *bytes)
{
	struct fw_filter_control_query query = { sizeof(query), oid };

	return filter_ask(handle, FW_FILTER_CONTROL_QUERY, &query, sizeof(query), answer, size, bytes);
}

static struct nt_request *follow(HANDLE handle, uint8_t *buffer, uint32_t size)
{
	return nt_ioctl_start(handle, fw_filter_control_code(FW_FILTER_CONTROL_FOLLOW), NULL, 0, buffer, size);
}

static void check_event(const uint8_t *buffer, uint32_t at, uint32_t action)
{
	struct fw_adapter_event event;

	memcpy(&event, buffer + sizeof(struct fw_control_rows) + at * sizeof(event), sizeof(event));
	NT_CHECK_EQUAL(event.action, action);
	NT_CHECK_EQUAL(strcmp(event.name, FILTER_ADAPTER), 0);
}

/* With a handle open on it: it is told, answered so from then on, and nobody waits for it. */
static void leaves_a_handle(void *context)
{
	struct filter_stack stack = PLAIN;
	struct nt_request *request;
	uint8_t buffer[1024];
	ULONG_PTR bytes;
	uint32_t speed;
	HANDLE handle;

	(void)context;
	NT_CHECK(filter_begin(&stack));
	handle = filter_open();
	NT_CHECK_EQUAL(query(handle, OID_GEN_LINK_SPEED, &speed, sizeof(speed), NULL), STATUS_INVALID_DEVICE_STATE);
	NT_CHECK_EQUAL(open_on(handle, "{B}"), STATUS_OBJECT_NAME_NOT_FOUND);
	NT_CHECK_EQUAL(open_on(handle, FILTER_ADAPTER), STATUS_SUCCESS);
	NT_CHECK_EQUAL(open_on(handle, FILTER_ADAPTER), STATUS_INVALID_DEVICE_STATE);
	NT_CHECK_EQUAL(query(handle, OID_GEN_LINK_SPEED, &speed, sizeof(speed), NULL), STATUS_SUCCESS);
	request = follow(handle, buffer, sizeof(buffer));
	fake_adapter_free(stack.adapter);
	stack.adapter = NULL;
	NT_CHECK_EQUAL(nt_request_end(request, &bytes), STATUS_SUCCESS);
	NT_CHECK_EQUAL(bytes, sizeof(struct fw_control_rows) + sizeof(struct fw_adapter_event));
	check_event(buffer, 0, FW_ADAPTER_VANISHED);
	NT_CHECK_EQUAL(query(handle, OID_GEN_LINK_SPEED, &speed, sizeof(speed), NULL), STATUS_DEVICE_REMOVED);
	nt_close(handle);
	filter_end(&stack);
}

static void told_when_it_leaves(void)
{
	nt_each_seed(1, 20, leaves_a_handle, NULL);
}

/* Its list waits for it, and holds when it is back. */
static void comes_back(void *context)
{
	const struct fw_filter_prefix prefix = filter_prefix4(0xc6336401, 32);
	struct filter_stack stack = PLAIN;
	struct nt_request *request;
	struct fw_adapter row;
	uint8_t buffer[1024], frame[128];
	ULONG_PTR bytes;
	HANDLE handle;

	(void)context;
	NT_CHECK(filter_begin(&stack));
	handle = filter_open();
	NT_CHECK_EQUAL(filter_set(handle, FILTER_ADAPTER, FW_FILTER_BOTH, &prefix, 1), STATUS_SUCCESS);
	fake_adapter_free(stack.adapter);
	request = follow(handle, buffer, sizeof(buffer));
	stack.adapter = fake_adapter_new(&stack.below);
	stack.binding = fake_protocol_binding(stack.protocol, FILTER_UPPER);
	NT_CHECK(stack.binding != NULL);
	NT_CHECK_EQUAL(nt_request_end(request, &bytes), STATUS_SUCCESS);
	check_event(buffer, 0, FW_ADAPTER_APPEARED);
	request = follow(handle, buffer, sizeof(buffer));
	NT_CHECK_EQUAL(nt_request_end(request, &bytes), STATUS_SUCCESS);
	check_event(buffer, 0, FW_ADAPTER_FILTERED);
	row = filter_adapter(handle);
	NT_CHECK(row.in.list && row.in.list == row.out.list);
	NT_CHECK(fake_binding_send(stack.binding, frame, filter_frame4(frame, 1, 0xc6336401), NULL));
	fake_binding_wait(stack.binding);
	NT_CHECK_EQUAL(fake_adapter_sent(stack.adapter)->count, 0);
	nt_close(handle);
	filter_end(&stack);
}

static void lists_survive(void)
{
	nt_each_seed(1, 20, comes_back, NULL);
}

static bool has_device(void)
{
	HANDLE handle = filter_open();

	if (handle)
		nt_close(handle);
	return handle != NULL;
}

/* Without its device NT unloads the driver with its last adapter, and loads it anew when it is installed again. */
static void uninstalled(void *context)
{
	const struct fw_filter_prefix prefix = filter_prefix4(0xc6336401, 32);
	struct filter_stack stack = PLAIN;
	HANDLE handle;

	NT_CHECK(filter_begin(&stack));
	handle = filter_open();
	NT_CHECK_EQUAL(filter_set(handle, "{*}", FW_FILTER_BOTH, &prefix, 1), STATUS_SUCCESS);
	if (!context)
		nt_close(handle);
	ndis_protocol_uninstall();
	if (context) {
		/* Nobody can be told of a list any more, and none may keep the device. */
		NT_CHECK_EQUAL(filter_set(handle, "{*}", FW_FILTER_BOTH, &prefix, 1), STATUS_DEVICE_REMOVED);
		nt_close(handle);
	}
	NT_CHECK(!has_device());
	filter_end(&stack);
}

static void leaves_no_device(void)
{
	nt_each_seed(1, 20, uninstalled, NULL);
	nt_each_seed(1, 20, uninstalled, &uninstalled);
}

/* The adapter goes, and then what kept the device: the last list, by the last handle. */
static void outlived(void *context)
{
	const struct fw_filter_prefix prefix = filter_prefix4(0xc6336401, 32);
	struct filter_stack stack = PLAIN;
	HANDLE handle;

	NT_CHECK(filter_begin(&stack));
	handle = filter_open();
	NT_CHECK_EQUAL(filter_set(handle, "{*}", FW_FILTER_BOTH, &prefix, 1), STATUS_SUCCESS);
	if (context)
		nt_close(handle);
	fake_adapter_free(stack.adapter);
	stack.adapter = NULL;
	NT_CHECK(has_device());
	if (context)
		handle = filter_open();
	NT_CHECK_EQUAL(filter_set(handle, "{*}", FW_FILTER_BOTH, NULL, 0), STATUS_SUCCESS);
	nt_close(handle);
	NT_CHECK(!has_device());
	stack.adapter = fake_adapter_new(&stack.below); /* it comes back with the adapter */
	ndis_drain();
	NT_CHECK(has_device());
	filter_end(&stack);
}

static void device_goes_last(void)
{
	nt_each_seed(1, 20, outlived, NULL);
	nt_each_seed(1, 20, outlived, &outlived);
}

static void open_and_close(void *context)
{
	(void)context;
	for (int i = 0; i < 4; i++)
		(void)has_device();
}

/* Others open it while it goes with a handle: whoever has one open can use it, and the last one takes it along. */
static void opened_when_it_goes(void *context)
{
	struct filter_stack stack = PLAIN;
	PETHREAD threads[2];

	(void)context;
	NT_CHECK(filter_begin(&stack));
	for (int i = 0; i < 2; i++)
		threads[i] = nt_thread_start("client", NULL, open_and_close, NULL);
	fake_adapter_free(stack.adapter);
	stack.adapter = NULL;
	for (int i = 0; i < 2; i++)
		nt_thread_join(threads[i]);
	NT_CHECK(!has_device());
	filter_end(&stack);
}

static void device_is_opened_when_it_goes(void)
{
	nt_each_seed(1, 60, opened_when_it_goes, NULL);
}

static void asks(void *context)
{
	struct filter_stack stack = PLAIN;
	NDIS_PNP_CAPABILITIES capabilities;
	uint32_t number, written;

	(void)context;
	NT_CHECK(filter_begin(&stack));
	NT_CHECK_EQUAL(fake_binding_query(stack.binding, OID_GEN_LINK_SPEED, &number, sizeof(number), &written),
		NDIS_STATUS_SUCCESS);
	NT_CHECK_EQUAL(written, sizeof(number));
	number = NDIS_PACKET_TYPE_DIRECTED;
	NT_CHECK_EQUAL(fake_binding_set(stack.binding, OID_GEN_CURRENT_PACKET_FILTER, &number, sizeof(number)),
		NDIS_STATUS_SUCCESS);
	NT_CHECK_EQUAL(fake_adapter_packet_filter(stack.adapter), NDIS_PACKET_TYPE_DIRECTED);
	NT_CHECK_EQUAL(fake_binding_query(stack.binding, OID_GEN_MAC_OPTIONS, &number, sizeof(number), &written),
		NDIS_STATUS_SUCCESS);
	NT_CHECK_EQUAL(number, NDIS_MAC_OPTION_FULL_DUPLEX);
	if (fake_binding_query(stack.binding, OID_PNP_CAPABILITIES, &capabilities, sizeof(capabilities), &written) ==
		NDIS_STATUS_SUCCESS)
		NT_CHECK_EQUAL(capabilities.WakeUpCapabilities.MinMagicPacketWakeUp, NdisDeviceStateUnspecified);
	NT_CHECK_EQUAL(fake_binding_query(stack.binding, OID_TCP_TASK_OFFLOAD, &capabilities, sizeof(capabilities),
			       &written),
		NDIS_STATUS_NOT_SUPPORTED);
	NT_CHECK_EQUAL(fake_binding_reset(stack.binding), NDIS_STATUS_SUCCESS);
	filter_end(&stack);
}

static void requests_pass(void)
{
	nt_each_seed(1, 30, asks, NULL);
}

int main(int argc, char **argv)
{
	nt_tests_begin(argc, argv);
	nt_test("it is bound, and leaves nothing at the unload", loads_and_unloads);
	nt_test("its miniport is initialised late, or not any more", initialised_late);
	nt_test("each failure of a load leaves nothing", each_failure_of_a_load);
	nt_test("its miniport is halted by the system", halted_by_the_system);
	nt_test("NT-23: its miniport is halted while it is unbound", halted_while_it_is_unbound);
	nt_test("NT-23: who has a handle on an adapter is told that it leaves, and blocks nothing", told_when_it_leaves);
	nt_test("NT-32: lists survive that an adapter goes and comes", lists_survive);
	nt_test("NT-23: uninstalled, it leaves no device", leaves_no_device);
	nt_test("NT-23: its device goes with the last of adapters, lists and handles", device_goes_last);
	nt_test("NT-23: its device is opened while it goes", device_is_opened_when_it_goes);
	nt_test("requests and resets are passed through", requests_pass);
	return nt_tests_end();
}
