// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* fwevents_image.so: the shared library that fwevents copies and maps. */
int fw_image_answer(void);

int fw_image_answer(void)
{
	return 42;
}
