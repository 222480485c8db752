/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "kernel/windows/tdi_mdl.h"

#include "kernel/windows/nt_optional.h"

bool fw_tdi_mdl_put(MDL *mdl, const void *from, uint32_t *bytes)
{
	uint32_t done = 0;

	for (; mdl && done < *bytes; mdl = mdl->Next) {
		uint32_t part = MmGetMdlByteCount(mdl);
		char *to = part ? fw_nt_mdl_address(mdl) : NULL;

		if (!part)
			continue;
		if (!to)
			return false;
		if (part > *bytes - done)
			part = *bytes - done;
		RtlCopyMemory(to, (const char *)from + done, part);
		done += part;
	}
	*bytes = done;
	return true;
}

bool fw_tdi_mdl_get(MDL *mdl, uint32_t offset, void *to, uint32_t bytes)
{
	uint32_t done = 0;

	for (; mdl && done < bytes; mdl = mdl->Next) {
		uint32_t part = MmGetMdlByteCount(mdl);
		const char *from;

		if (offset >= part) {
			offset -= part;
			continue;
		}
		from = fw_nt_mdl_address(mdl);
		if (!from)
			return false;
		part -= offset;
		if (part > bytes - done)
			part = bytes - done;
		RtlCopyMemory((char *)to + done, from + offset, part);
		done += part;
		offset = 0;
	}
	return done == bytes;
}
