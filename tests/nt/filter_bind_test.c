/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* How adapters come to fwfilter.sys and go, and what is asked of them: requests, power, resets, statuses, handles. */
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

static void set_power(struct filter_stack *stack, NDIS_DEVICE_POWER_STATE state)
{
	NT_CHECK_EQUAL(ndis_pnp_event(fake_adapter_ndis(stack->adapter), NetEventSetPower, &state, sizeof(state)),
		NDIS_STATUS_SUCCESS);
}

static void set_power_above(NDIS_DEVICE_POWER_STATE state)
{
	NT_CHECK_EQUAL(ndis_system_set(ndis_adapter_find(FILTER_UPPER), OID_PNP_SET_POWER, &state, sizeof(state)),
		NDIS_STATUS_SUCCESS);
}

static NDIS_STATUS ask_for_speed(struct filter_stack *stack)
{
	uint32_t number, written;

	return fake_binding_query(stack->binding, OID_GEN_LINK_SPEED, &number, sizeof(number), &written);
}

static void sleeps(void *context)
{
	struct filter_stack stack = PLAIN;
	uint8_t frame[128];

	(void)context;
	NT_CHECK(filter_begin(&stack));
	set_power(&stack, NdisDeviceStateD3);
	NT_CHECK(fake_binding_send(stack.binding, frame, filter_frame4(frame, 1, 2), NULL));
	fake_binding_wait(stack.binding);
	NT_CHECK_EQUAL(fake_binding_failed(stack.binding), 1);
	set_power(&stack, NdisDeviceStateD0);
	set_power_above(NdisDeviceStateD3);
	NT_CHECK_EQUAL(fake_adapter_packet(stack.adapter, frame, 60, NULL, false), true);
	NT_CHECK_EQUAL(fake_binding_received(stack.binding)->count, 0);
	set_power_above(NdisDeviceStateD0);
	NT_CHECK(fake_adapter_packet(stack.adapter, frame, 60, NULL, false));
	NT_CHECK_EQUAL(fake_binding_received(stack.binding)->count, 1);
	fake_binding_return_all(stack.binding);
	filter_end(&stack);
}

static void power(void)
{
	nt_each_seed(1, 30, sleeps, NULL);
}

/* NDIS has one request with a miniport at a time: one that waited would hold up the one that puts ours to sleep. */
static void falls_asleep(void *context)
{
	struct filter_stack stack = PLAIN;

	NT_CHECK(filter_begin(&stack));
	if (context)
		set_power_above(NdisDeviceStateD3);
	set_power(&stack, NdisDeviceStateD3);
	NT_CHECK_EQUAL(ask_for_speed(&stack), NDIS_STATUS_FAILURE);
	if (!context)
		set_power_above(NdisDeviceStateD3);
	NT_CHECK_EQUAL(ask_for_speed(&stack), NDIS_STATUS_FAILURE);
	set_power(&stack, NdisDeviceStateD0);
	NT_CHECK_EQUAL(ask_for_speed(&stack), NDIS_STATUS_FAILURE);
	set_power_above(NdisDeviceStateD0);
	NT_CHECK_EQUAL(ask_for_speed(&stack), NDIS_STATUS_SUCCESS);
	filter_end(&stack);
}

static void falls_asleep_with_requests(void)
{
	nt_each_seed(1, 20, falls_asleep, NULL); /* the adapter first */
	nt_each_seed(1, 20, falls_asleep, &falls_asleep);
}

struct asker {
	struct filter_stack *stack;
	NDIS_STATUS status;
	bool is_done;
};

static void ask(void *context)
{
	struct asker *asker = context;

	asker->status = ask_for_speed(asker->stack);
	asker->is_done = true;
}

/* Our miniport is awake first, as it is when a machine wakes up: a request waits for the adapter, which wakes up or does not. */
static void wakes_up(void *context)
{
	struct filter_stack stack = PLAIN;
	struct asker asker = { .stack = &stack };
	PETHREAD thread;

	NT_CHECK(filter_begin(&stack));
	set_power_above(NdisDeviceStateD3);
	set_power(&stack, NdisDeviceStateD3);
	set_power_above(NdisDeviceStateD0);
	thread = nt_thread_start("asker", NULL, ask, &asker);
	nt_sleep_ms(10);
	NT_CHECK(!asker.is_done);
	set_power(&stack, context ? NdisDeviceStateD2 : NdisDeviceStateD0);
	nt_thread_join(thread);
	NT_CHECK_EQUAL(asker.status, context ? NDIS_STATUS_FAILURE : NDIS_STATUS_SUCCESS);
	NT_CHECK_EQUAL(ask_for_speed(&stack), asker.status);
	filter_end(&stack);
}

static void wakes_up_with_requests(void)
{
	nt_each_seed(1, 20, wakes_up, NULL);
	nt_each_seed(1, 20, wakes_up, &wakes_up);
}

/* Sends that the adapter still has when it is told to sleep, or goes. */
static void goes_with_sends(void *context)
{
	struct filter_stack stack = { .ndis = { .packet_stacks = context ? 0 : 2 }, .below = { .sends = FAKE_SENDS_LATER } };
	uint8_t frame[128];

	NT_CHECK(filter_begin(&stack));
	for (int i = 0; i < 8; i++)
		NT_CHECK(fake_binding_send(stack.binding, frame, filter_frame4(frame, 1, 2), NULL));
	if (nt_seed() % 2)
		set_power(&stack, NdisDeviceStateD3);
	fake_adapter_free(stack.adapter);
	stack.adapter = NULL;
	filter_end(&stack);
}

static void unbound_with_sends(void)
{
	nt_each_seed(1, 30, goes_with_sends, NULL);
	nt_each_seed(1, 30, goes_with_sends, &unbound_with_sends);
}

static void statuses(void)
{
	struct filter_stack stack = PLAIN;
	HANDLE handle;

	nt_kernel_start(NULL);
	NT_CHECK(filter_begin(&stack));
	handle = filter_open();
	NT_CHECK(filter_adapter(handle).flags & FW_ADAPTER_CARRIER);
	fake_adapter_link(stack.adapter, false);
	NT_CHECK_EQUAL(fake_binding_media_status(stack.binding), NDIS_STATUS_MEDIA_DISCONNECT);
	NT_CHECK(!(filter_adapter(handle).flags & FW_ADAPTER_CARRIER));
	nt_close(handle);
	filter_end(&stack);
	nt_kernel_stop();
}

/* What becomes of the cable while one of them sleeps is told when both are awake, whoever is the second. */
static void link_changes(void *context)
{
	struct filter_stack stack = PLAIN;

	NT_CHECK(filter_begin(&stack));
	set_power_above(NdisDeviceStateD3);
	set_power(&stack, NdisDeviceStateD3);
	fake_adapter_link(stack.adapter, false);
	if (context)
		set_power_above(NdisDeviceStateD0);
	else
		set_power(&stack, NdisDeviceStateD0);
	NT_CHECK_EQUAL(fake_binding_media_status(stack.binding), 0);
	if (context)
		set_power(&stack, NdisDeviceStateD0);
	else
		set_power_above(NdisDeviceStateD0);
	NT_CHECK_EQUAL(fake_binding_media_status(stack.binding), NDIS_STATUS_MEDIA_DISCONNECT);
	NT_CHECK_EQUAL(fake_binding_statuses(stack.binding), 1);
	NT_CHECK_EQUAL(fake_binding_status_completes(stack.binding), 1);
	/* Nothing is told twice, and what comes again goes up again. */
	set_power_above(NdisDeviceStateD3);
	set_power_above(NdisDeviceStateD0);
	NT_CHECK_EQUAL(fake_binding_statuses(stack.binding), 1);
	fake_adapter_link(stack.adapter, true);
	fake_adapter_link(stack.adapter, true);
	NT_CHECK_EQUAL(fake_binding_statuses(stack.binding), 3);
	NT_CHECK_EQUAL(fake_binding_status_completes(stack.binding), 3);
	filter_end(&stack);
}

static void link_changes_asleep(void)
{
	nt_each_seed(1, 20, link_changes, NULL);
	nt_each_seed(1, 20, link_changes, &link_changes);
}

static void pull(void *context)
{
	fake_adapter_link(context, false);
}

/* Just when it wakes up, with something to be told: what is told last is what was said last. */
static void link_flaps(void *context)
{
	struct filter_stack stack = PLAIN;
	PETHREAD thread;

	(void)context;
	NT_CHECK(filter_begin(&stack));
	for (int i = 0; i < 3; i++) {
		set_power_above(NdisDeviceStateD3);
		fake_adapter_link(stack.adapter, true);
		thread = nt_thread_start("cable", NULL, pull, stack.adapter);
		set_power_above(NdisDeviceStateD0);
		nt_thread_join(thread);
		NT_CHECK_EQUAL(fake_binding_media_status(stack.binding), NDIS_STATUS_MEDIA_DISCONNECT);
	}
	filter_end(&stack);
}

static void link_flaps_when_it_wakes_up(void)
{
	nt_each_seed(1, 100, link_flaps, NULL);
}

/* Who is bound to our miniport hears of them as if it were bound to the adapter, and may refuse. */
static void other_events(void)
{
	struct filter_stack stack = PLAIN;
	struct ndis_adapter *adapter;

	nt_kernel_start(NULL);
	NT_CHECK(filter_begin(&stack));
	adapter = fake_adapter_ndis(stack.adapter);
	for (int code = NetEventQueryPower; code < NetEventMaximum; code++) {
		NT_CHECK_EQUAL(ndis_pnp_event(adapter, code, NULL, 0), NDIS_STATUS_SUCCESS);
		NT_CHECK_EQUAL(fake_binding_events(stack.binding, code), 1);
		NT_CHECK_EQUAL(ndis_pnp_event(NULL, code, NULL, 0), NDIS_STATUS_SUCCESS);
		NT_CHECK_EQUAL(fake_binding_events(stack.binding, code), 1);
	}
	fake_binding_event_status(stack.binding, NDIS_STATUS_FAILURE);
	NT_CHECK_EQUAL(ndis_pnp_event(adapter, NetEventQueryRemoveDevice, NULL, 0), NDIS_STATUS_FAILURE);
	NT_CHECK_EQUAL(ndis_pnp_event(adapter, NetEventQueryPower, NULL, 0), NDIS_STATUS_SUCCESS);
	set_power(&stack, NdisDeviceStateD3);
	NT_CHECK_EQUAL(fake_binding_power(stack.binding), NdisDeviceStateD3);
	set_power(&stack, NdisDeviceStateD0);
	NT_CHECK_EQUAL(fake_binding_power(stack.binding), NdisDeviceStateD0);
	fake_protocol_free(stack.protocol); /* without anybody above */
	NT_CHECK_EQUAL(ndis_pnp_event(adapter, NetEventQueryRemoveDevice, NULL, 0), NDIS_STATUS_SUCCESS);
	stack.protocol = fake_protocol_new(&stack.above);
	ndis_drain();
	filter_end(&stack);
	nt_kernel_stop();
}

int main(int argc, char **argv)
{
	nt_tests_begin(argc, argv);
	nt_test("it is bound, and leaves nothing at the unload", loads_and_unloads);
	nt_test("its miniport is initialised late, or not any more", initialised_late);
	nt_test("each failure of a load leaves nothing", each_failure_of_a_load);
	nt_test("its miniport is halted by the system", halted_by_the_system);
	nt_test("NT-23: who has a handle on an adapter is told that it leaves, and blocks nothing", told_when_it_leaves);
	nt_test("NT-32: lists survive that an adapter goes and comes", lists_survive);
	nt_test("NT-23: uninstalled, it leaves no device", leaves_no_device);
	nt_test("NT-23: its device goes with the last of adapters, lists and handles", device_goes_last);
	nt_test("NT-23: its device is opened while it goes", device_is_opened_when_it_goes);
	nt_test("requests and resets are passed through", requests_pass);
	nt_test("the adapter sleeps and wakes up", power);
	nt_test("no request keeps our miniport awake", falls_asleep_with_requests);
	nt_test("a request waits for an adapter that wakes up", wakes_up_with_requests);
	nt_test("NT-30: it is unbound while sends are under way", unbound_with_sends);
	nt_test("statuses are passed through", statuses);
	nt_test("a cable pulled while it sleeps is told when it wakes up", link_changes_asleep);
	nt_test("a cable pulled while it wakes up is told in order", link_flaps_when_it_wakes_up);
	nt_test("events of plug and play go on to those above", other_events);
	return nt_tests_end();
}
