/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * The one set of results that portable code returns. Linux-only code uses negative errno and
 * lib/error.c converts; programs turn a status into their exit code with fw_status_exit_code().
 */
#ifndef FW_CORE_STATUS_H
#define FW_CORE_STATUS_H

enum fw_status {
	FW_OK = 0,
	FW_FAILED,	/* the operation was tried and failed */
	FW_USAGE,	/* the caller's arguments are wrong */
	FW_DENIED,	/* a right is missing */
	FW_UNSUPPORTED, /* this kernel or machine lacks something */
	FW_LOST,	/* done, but events were lost and the caller asked to be told */
	FW_NO_MEMORY,
	FW_NOT_FOUND, /* the named object does not exist */
	FW_EXISTS,    /* the object is there already */
	FW_MALFORMED, /* data from outside does not have the form it must have */
	FW_STOPPED,   /* a callback asked to stop, or the session was taken down */
};

#endif
