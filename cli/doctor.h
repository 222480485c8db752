/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* What `doctor` asks of this system: doctor_linux.c, windows/driver_doctor.c. Called by doctor_command.c alone. */
#ifndef FW_CLI_DOCTOR_H
#define FW_CLI_DOCTOR_H

#include "backend/backend.h"

struct fw_doctor_choice {
	bool loaded;
	const char *backend; /* static storage */
	char reason[FW_ERROR_TEXT_SIZE];
};

/* What a command would use now: opening a session tells more surely than any list of features. */
void fw_doctor_choose(struct fw_doctor_choice *choice);

struct fw_doctor_part {
	const char *backend;
	enum fw_status (*features)(fw_feature_fn feature, void *argument, struct fw_error *error);
};

/* Each backend there may be here; the last has no `features`. */
extern const struct fw_doctor_part fw_doctor_parts[];

#endif
