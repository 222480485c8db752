// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* fwevents_tiny: the program that fwevents execs. Linked statically, so that an exec of it is cheap
 * and maps one image. */
int main(void)
{
	return 0;
}
