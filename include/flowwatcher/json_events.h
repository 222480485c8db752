/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Records as the JSON objects of `events`. As in json_objects.h each function returns a new object,
 * or NULL when memory ran out. Any thread.
 */
#ifndef FLOWWATCHER_JSON_EVENTS_H
#define FLOWWATCHER_JSON_EVENTS_H

#include "backend/backend.h"

struct json_object;

/* Has this version an object for records of this type? */
bool fw_json_event_is_known(uint16_t type);

/* A record of such a type that fw_record_whole() accepted: an event or a loss. */
struct json_object *fw_json_event(const struct fw_record_header *record);

/* "events_report": what a reader was told at its end. time_ns: ns since boot. */
struct json_object *fw_json_events_report(const struct fw_reader_report *report, uint64_t time_ns,
	uint64_t shown);

#endif
