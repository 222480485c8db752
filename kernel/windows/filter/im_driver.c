/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * fwfilter.sys: an intermediate driver of NDIS 5.1. To the adapter below it is a protocol, to the
 * protocols above it is that adapter.
 */
#include "kernel/windows/filter/im_driver.h"

#include "kernel/windows/filter/im_bind.h"
#include "kernel/windows/filter/im_control.h"
#include "kernel/windows/filter/im_event.h"
#include "kernel/windows/filter/im_list.h"
#include "kernel/windows/filter/im_packet.h"
#include "kernel/windows/filter/im_request.h"
#include "kernel/windows/nt_optional.h"

static struct {
	NDIS_HANDLE wrapper;
	NDIS_HANDLE miniport;
	NDIS_HANDLE protocol;
	bool is_registered; /* as a protocol; the handle serves a bind under way longer than that */
} driver;

DRIVER_INITIALIZE DriverEntry;

NDIS_HANDLE fw_im_driver_wrapper(void)
{
	return driver.wrapper;
}

NDIS_HANDLE fw_im_driver_miniport(void)
{
	return driver.miniport;
}

NDIS_HANDLE fw_im_driver_protocol(void)
{
	return driver.protocol;
}

/* Deregistering unbinds what is bound, and halts our miniports with it. Also called by NDIS when
 * the driver is uninstalled: then nothing may keep the device, or the image stays and is not
 * started again when it is installed anew. */
static void NTAPI unload_protocol(void)
{
	NDIS_STATUS status;

	if (driver.is_registered)
		NdisDeregisterProtocol(&status, driver.protocol);
	driver.is_registered = false;
	fw_im_lists_done();
	fw_im_control_update();
}

static void NTAPI unload(DRIVER_OBJECT *object)
{
	(void)object;
	unload_protocol();
	NdisIMDeregisterLayeredMiniport(driver.miniport);
	fw_im_control_remove();
}

static NDIS_STATUS register_miniport(void)
{
	NDIS_MINIPORT_CHARACTERISTICS miniport;

	memset(&miniport, 0, sizeof(miniport));
	miniport.MajorNdisVersion = 5;
	miniport.MinorNdisVersion = 1;
	miniport.InitializeHandler = fw_im_initialize;
	miniport.HaltHandler = fw_im_halt;
	miniport.ResetHandler = fw_im_reset;
	miniport.QueryInformationHandler = fw_im_query_information;
	miniport.SetInformationHandler = fw_im_set_information;
	miniport.TransferDataHandler = fw_im_transfer_data;
	miniport.ReturnPacketHandler = fw_im_return_packet;
	miniport.SendPacketsHandler = fw_im_send_packets;
	miniport.CancelSendPacketsHandler = fw_im_cancel_sends;
	miniport.PnPEventNotifyHandler = fw_im_device_event;
	miniport.AdapterShutdownHandler = fw_im_shutdown;
	return NdisIMRegisterLayeredMiniport(
		driver.wrapper, &miniport, sizeof(miniport), &driver.miniport);
}

static NDIS_STATUS register_protocol(void)
{
	NDIS_PROTOCOL_CHARACTERISTICS protocol;
	NDIS_STATUS status;

	memset(&protocol, 0, sizeof(protocol));
	protocol.MajorNdisVersion = 5; /* a protocol of 5.1 says 5.0: NDIS knows no later one */
	protocol.MinorNdisVersion = 0;
	RtlInitUnicodeString(&protocol.Name,
		(const WCHAR *)L"fwfilter"); /* of the service, as in fwfilter.inf */
	protocol.OpenAdapterCompleteHandler = fw_im_open_complete;
	protocol.CloseAdapterCompleteHandler = fw_im_close_complete;
	protocol.SendCompleteHandler = fw_im_send_complete;
	protocol.TransferDataCompleteHandler = fw_im_transfer_complete;
	protocol.ResetCompleteHandler = fw_im_reset_complete;
	protocol.RequestCompleteHandler = fw_im_request_complete;
	protocol.ReceiveHandler = fw_im_receive;
	protocol.ReceiveCompleteHandler = fw_im_receive_complete;
	protocol.StatusHandler = fw_im_status;
	protocol.StatusCompleteHandler = fw_im_status_complete;
	protocol.ReceivePacketHandler = fw_im_receive_packet;
	protocol.BindAdapterHandler = fw_im_bind;
	protocol.UnbindAdapterHandler = fw_im_unbind;
	protocol.PnPEventHandler = fw_im_pnp_event;
	protocol.UnloadHandler = unload_protocol;
	NdisRegisterProtocol(&status, &driver.protocol, &protocol, sizeof(protocol));
	driver.is_registered = status == NDIS_STATUS_SUCCESS;
	return status;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT object, PUNICODE_STRING registry_path)
{
	NDIS_STATUS status;

	memset(&driver, 0, sizeof(driver));
	fw_nt_optional_init();
	fw_im_adapters_init();
	fw_im_events_init();
	fw_im_lists_init();
	fw_im_control_init();
	NdisMInitializeWrapper(&driver.wrapper, object, registry_path, NULL);
	if (!driver.wrapper)
		return STATUS_INSUFFICIENT_RESOURCES;
	status = register_miniport();
	if (status != NDIS_STATUS_SUCCESS)
		goto wrapper_terminate;
	NdisMRegisterUnloadHandler(
		driver.wrapper, unload); /* NDIS keeps it with the miniport's registration */
	status = register_protocol();
	if (status != NDIS_STATUS_SUCCESS)
		goto miniport_deregister;
	NdisIMAssociateMiniport(
		driver.miniport, driver.protocol); /* from here on adapters are bound */
	return STATUS_SUCCESS;

miniport_deregister:
	NdisIMDeregisterLayeredMiniport(driver.miniport);
wrapper_terminate:
	NdisTerminateWrapper(driver.wrapper, NULL);
	return (NTSTATUS)status;
}
