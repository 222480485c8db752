/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* filter query: what the driver of an adapter answers to NDIS queries. */
#include "cli/filter_options.h"
#include "cli/filter_state.h"
#include "flowwatcher/json_objects.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ANSWER_SIZE 16384u

/* Numbers as NDIS has them; any other is given as a number. */
static const struct {
	const char *name;
	uint32_t oid;
} names[] = {
	{ "OID_GEN_SUPPORTED_LIST", 0x00010101 },
	{ "OID_GEN_HARDWARE_STATUS", 0x00010102 },
	{ "OID_GEN_MEDIA_SUPPORTED", 0x00010103 },
	{ "OID_GEN_MEDIA_IN_USE", 0x00010104 },
	{ "OID_GEN_MAXIMUM_FRAME_SIZE", 0x00010106 },
	{ "OID_GEN_LINK_SPEED", 0x00010107 },
	{ "OID_GEN_VENDOR_ID", 0x0001010c },
	{ "OID_GEN_VENDOR_DESCRIPTION", 0x0001010d },
	{ "OID_GEN_CURRENT_PACKET_FILTER", 0x0001010e },
	{ "OID_GEN_DRIVER_VERSION", 0x00010110 },
	{ "OID_GEN_MAXIMUM_TOTAL_SIZE", 0x00010111 },
	{ "OID_GEN_MEDIA_CONNECT_STATUS", 0x00010114 },
	{ "OID_GEN_VENDOR_DRIVER_VERSION", 0x00010116 },
	{ "OID_GEN_XMIT_OK", 0x00020101 },
	{ "OID_GEN_RCV_OK", 0x00020102 },
	{ "OID_GEN_XMIT_ERROR", 0x00020103 },
	{ "OID_GEN_RCV_ERROR", 0x00020104 },
	{ "OID_GEN_RCV_NO_BUFFER", 0x00020105 },
	{ "OID_802_3_PERMANENT_ADDRESS", 0x01010101 },
	{ "OID_802_3_CURRENT_ADDRESS", 0x01010102 },
	{ "OID_802_3_MULTICAST_LIST", 0x01010103 },
};

static const char *name_of(uint32_t oid)
{
	for (size_t i = 0; i < FW_ARRAY_SIZE(names); i++)
		if (names[i].oid == oid)
			return names[i].name;
	return "";
}

static enum fw_status parse_oid(const char *word, uint32_t *oid, struct fw_error *error)
{
	unsigned long long number;
	char *end;

	for (size_t i = 0; i < FW_ARRAY_SIZE(names); i++) {
		if (!strcasecmp(names[i].name, word)) {
			*oid = names[i].oid;
			return FW_OK;
		}
	}
	errno = 0;
	number = strtoull(word, &end, 0);
	if (!isdigit((unsigned char)*word) || *end || errno || number > UINT32_MAX)
		return fw_error_set(error, FW_USAGE,
			"'%.60s' is no OID; write a number as 0x00010107, or a name as OID_GEN_LINK_SPEED", word);
	*oid = (uint32_t)number;
	return FW_OK;
}

/* Drivers answer in the byte order of the machine, which for Windows is little-endian. False: it is no number. */
static bool number_of(const uint8_t *answer, uint32_t length, uint64_t *number)
{
	*number = 0;
	for (uint32_t i = 0; i < length && i < 8; i++)
		*number |= (uint64_t)answer[i] << 8 * i;
	return length == 4 || length == 8;
}

static bool print_json(const char *adapter, uint32_t oid, const uint8_t *answer, uint32_t length)
{
	struct json_object *object = fw_json_new("adapter_query");
	char number_text[16];
	uint64_t number;

	snprintf(number_text, sizeof(number_text), "0x%08x", oid);
	fw_json_add_text(object, "adapter", adapter, strlen(adapter));
	fw_json_add_text(object, "oid", number_text, strlen(number_text));
	fw_json_add_text(object, "name", name_of(oid), strlen(name_of(oid)));
	fw_json_add_number(object, "length", length);
	fw_json_add_hex(object, "bytes", answer, length);
	if (number_of(answer, length, &number))
		fw_json_add_number(object, "number", number);
	else if (object)
		json_object_object_add(object, "number", NULL);
	return fw_json_print_line(object);
}

static bool is_text(const uint8_t *answer, uint32_t length)
{
	uint32_t end = length;

	while (end && !answer[end - 1])
		end--;
	for (uint32_t i = 0; i < end; i++)
		if (answer[i] < ' ' || answer[i] > '~')
			return false;
	return end > 4;
}

static bool print_text(uint32_t oid, const uint8_t *answer, uint32_t length)
{
	uint64_t number;

	printf("0x%08x %s:", oid, name_of(oid));
	if (number_of(answer, length, &number))
		printf(" %" PRIu64 "\n", number);
	else if (is_text(answer, length))
		printf(" %.*s\n", (int)strnlen((const char *)answer, length), (const char *)answer);
	else {
		for (uint32_t i = 0; i < length; i++)
			printf(" %02x", answer[i]);
		printf("\n");
	}
	return true;
}

static enum fw_status ask(const struct fw_filter_options *options, struct fw_backend *backend, const uint32_t *oids,
	struct fw_error *error)
{
	uint8_t *answer = malloc(ANSWER_SIZE);
	enum fw_status status = FW_OK;

	if (!answer)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for the answer");
	for (size_t i = 0; i < options->word_count && status == FW_OK; i++) {
		uint32_t length = 0;
		bool complete;

		status = backend->ops->adapter_query(backend, options->adapter, oids[i], answer, ANSWER_SIZE,
			&length, error);
		if (status != FW_OK)
			break;
		complete = options->json ? print_json(options->adapter, oids[i], answer, length) :
					   print_text(oids[i], answer, length);
		if (!complete)
			status = fw_error_set(error, FW_NO_MEMORY, "no memory for the answer");
	}
	free(answer);
	return status;
}

static enum fw_status query(const struct fw_filter_options *options, const uint32_t *oids, struct fw_error *error)
{
	struct fw_session session;
	enum fw_status status = fw_filter_session_open(&session, error);

	if (status != FW_OK)
		return status;
	if (session.backend->ops->adapter_query)
		status = ask(options, session.backend, oids, error);
	else
		status = fw_error_set(error, FW_UNSUPPORTED,
			"not on Linux: filter query, a question to NDIS; 'flowwatcher filter enum' and ethtool(8) say "
			"what drivers tell here");
	fw_session_close(&session);
	return status;
}

static enum fw_status run_request(const struct fw_filter_options *options, struct fw_error *error)
{
	uint32_t *oids = calloc(options->word_count, sizeof(*oids));
	enum fw_status status = FW_OK;

	if (!oids)
		return fw_error_set(error, FW_NO_MEMORY, "no memory for %zu questions", options->word_count);
	for (size_t i = 0; i < options->word_count && status == FW_OK; i++)
		status = parse_oid(options->words[i], &oids[i], error);
	if (status == FW_OK)
		status = query(options, oids, error);
	free(oids);
	return status;
}

static int run_query(int argc, char **argv)
{
	static const struct option options[] = {
		FW_FILTER_ADAPTER_OPTION,
		FW_FILTER_COMMON_OPTIONS,
		{ 0 },
	};
	struct fw_filter_options parsed = { 0 };
	struct fw_error error = { FW_OK, "" };
	int code = fw_filter_options_parse(&fw_command_filter_query, argc, argv, options, &parsed);

	if (code >= 0)
		return code;
	if (!parsed.word_count)
		return fw_command_usage_error(&fw_command_filter_query, "no OID given");
	if (!parsed.adapter)
		return fw_command_usage_error(
			&fw_command_filter_query, "no adapter given; give --adapter NAME");
	return fw_filter_finish(&fw_command_filter_query, run_request(&parsed, &error), &error);
}

const struct fw_command fw_command_filter_query = {
	.name = "filter query",
	.help = "--adapter NAME [--json] OID...\n\n"
		"What the driver of an adapter answers to NDIS queries, on Windows: numbers as they are,\n"
		"all else in bytes. An OID is a number or one of the usual names.\n\n"
		"      --adapter NAME    the one adapter that is asked\n"
		"      --json            one JSON object a line\n"
		"      --help            this text\n\n"
		"Example:\n"
		"  flowwatcher filter query --adapter \"Local Area Connection\" OID_GEN_LINK_SPEED 0x20101\n",
	.run = run_query,
};
