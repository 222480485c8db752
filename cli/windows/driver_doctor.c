/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/doctor.h"

#include "backend/windows/filter_backend.h"
#include "backend/windows/windows_backend.h"

#include <stdio.h>

const struct fw_doctor_part fw_doctor_parts[] = {
	{ "windows", fw_windows_features },
	{ "windows filter", fw_windows_filter_features },
	{ NULL, NULL },
};

void fw_doctor_choose(struct fw_doctor_choice *choice)
{
	struct fw_control_status status;
	struct fw_error error;

	choice->loaded = fw_windows_driver_status(&status, &error) == FW_OK;
	choice->backend = choice->loaded ? "windows" : "none";
	snprintf(choice->reason, sizeof(choice->reason), "%s",
		choice->loaded ? "the driver is loaded" : error.text);
}
