/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#include "cli/output.h"

void fw_output_cut(char *line)
{
	int columns = fw_output_columns();
	char *at = line;

	if (!columns)
		return;
	for (; *at; at++)
		if (((unsigned char)*at & 0xc0) != 0x80 && columns-- == 0)
			break;
	*at = '\0';
}
