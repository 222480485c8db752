/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "lib/host/nt_path.h"

#include <string.h>
#include <windows.h>

#include "core/types.h"
#include "lib/host/wide_text.h"

static void read_drive(struct fw_drive_table *table, size_t index)
{
	wchar_t drive[] = L"A:", device[FW_DRIVE_DEVICE_SIZE];
	char *text = table->devices[index];

	drive[0] = (wchar_t)(L'A' + index);
	if (!QueryDosDeviceW(drive, device, FW_ARRAY_SIZE(device)) ||
		!fw_wide_to_text(device, text, FW_DRIVE_DEVICE_SIZE))
		text[0] = '\0';
	/* A drive made of a folder (subst) has no device of its own. */
	if (!strncmp(text, "\\??\\", 4))
		text[0] = '\0';
}

void fw_drive_table_read(struct fw_drive_table *table)
{
	wchar_t windows[FW_WINDOWS_PATH_SIZE];
	UINT length = GetSystemWindowsDirectoryW(windows, FW_ARRAY_SIZE(windows));

	memset(table, 0, sizeof(*table));
	for (size_t i = 0; i < FW_DRIVES; i++)
		read_drive(table, i);
	if (length && length < FW_ARRAY_SIZE(windows))
		fw_wide_to_text(windows, table->windows, sizeof(table->windows));
}
