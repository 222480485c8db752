/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* How adapters of fwfilter.sys sleep and wake up, and what those above are told: statuses, events of plug and play. */
#include "filter_client.h"

#define PLAIN { .ndis = { .packet_stacks = 2 } }

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

static void list(void *context)
{
	HANDLE handle = filter_open();

	(void)context;
	(void)filter_adapter(handle);
	nt_close(handle);
}

/* An adapter that sleeps is asked nothing: its row shows what is known. */
static void link_asked(void *context)
{
	struct filter_stack stack = PLAIN;
	unsigned asked;
	PETHREAD thread;
	HANDLE handle;

	(void)context;
	NT_CHECK(filter_begin(&stack));
	handle = filter_open();
	asked = fake_adapter_requests(stack.adapter);
	thread = nt_thread_start("lister", NULL, list, NULL);
	while (fake_adapter_requests(stack.adapter) < asked + 2) /* of its speed, and of its cable */
		nt_point();
	fake_adapter_link(stack.adapter, false);
	nt_thread_join(thread);
	set_power(&stack, NdisDeviceStateD3);
	NT_CHECK(!(filter_adapter(handle).flags & FW_ADAPTER_CARRIER));
	nt_close(handle);
	filter_end(&stack);
}

static void link_changes_when_asked(void)
{
	nt_each_seed(1, 60, link_asked, NULL);
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
	nt_test("the adapter sleeps and wakes up", power);
	nt_test("no request keeps our miniport awake", falls_asleep_with_requests);
	nt_test("a request waits for an adapter that wakes up", wakes_up_with_requests);
	nt_test("NT-30: it is unbound while sends are under way", unbound_with_sends);
	nt_test("statuses are passed through", statuses);
	nt_test("a cable pulled while it sleeps is told when it wakes up", link_changes_asleep);
	nt_test("a cable pulled while it wakes up is told in order", link_flaps_when_it_wakes_up);
	nt_test("a cable pulled while the adapter is asked for it stays pulled", link_changes_when_asked);
	nt_test("events of plug and play go on to those above", other_events);
	return nt_tests_end();
}
