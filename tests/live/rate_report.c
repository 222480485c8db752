// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* What a run measured, as one line of JSON: bytes are payload that arrived, rates are bytes a
 * second. */
#include "rate_run.h"

#include <string.h>

struct sums {
	uint64_t received, sent, datagrams_sent, datagrams_received, send_errors;
	uint64_t segments, retransmitted;
	int send_error, receive_error;
};

static uint64_t second_sum(const struct fw_rate_shared *shared, unsigned int second)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < fw_rate.flows; i++)
		sum += shared->flows[i].seconds[second];
	return sum;
}

static uint64_t flow_sum(const struct fw_rate_flow *flow, unsigned int from)
{
	uint64_t sum = 0;

	for (; from < fw_rate.seconds; from++)
		sum += flow->seconds[from];
	return sum;
}

static struct sums sum_up(const struct fw_rate_shared *shared)
{
	struct sums sums = { 0 };
	unsigned int i;

	for (i = 0; i < fw_rate.flows; i++) {
		const struct fw_rate_flow *flow = &shared->flows[i];

		sums.received += flow_sum(flow, 0);
		sums.sent += flow->sent;
		sums.datagrams_sent += flow->datagrams_sent;
		sums.datagrams_received += flow->datagrams_received;
		sums.send_errors += flow->send_errors;
		sums.segments += flow->segments;
		sums.retransmitted += flow->retransmitted;
		if (flow->send_error)
			sums.send_error = flow->send_error;
		if (flow->receive_error)
			sums.receive_error = flow->receive_error;
	}
	return sums;
}

/* Jain's index (Jain, Chiu, Hawe 1984): 1 when all flows got the same, 1/n when one got it all. */
static double jain_index(const struct fw_rate_shared *shared)
{
	double sum = 0, squares = 0;
	unsigned int i;

	for (i = 0; i < fw_rate.flows; i++) {
		double bytes = (double)flow_sum(&shared->flows[i], fw_rate.warmup);

		sum += bytes;
		squares += bytes * bytes;
	}
	return squares > 0 ? sum * sum / (fw_rate.flows * squares) : 0;
}

static void print_settings(FILE *out)
{
	fprintf(out,
		"{\"type\":\"rate\",\"protocol\":\"%s\",\"family\":%d,\"direction\":\"%s\","
		"\"flows\":%u,\"processes\":%u,\"size\":%llu,\"seconds\":%u,\"warmup\":%u,"
		"\"existing\":%s,\"uring\":%s,\"offered\":%llu",
		fw_rate.protocol == IPPROTO_TCP ? "tcp" : "udp", fw_rate.family == AF_INET ? 4 : 6,
		fw_rate.up ? "up" : "down", fw_rate.flows, fw_rate.processes,
		(unsigned long long)fw_rate.size, fw_rate.seconds, fw_rate.warmup,
		fw_rate.existing ? "true" : "false", fw_rate.uring ? "true" : "false",
		(unsigned long long)fw_rate.offered);
}

static void print_bins(const struct fw_rate_shared *shared, FILE *out)
{
	unsigned int i;

	fputs(",\"bins\":[", out);
	for (i = 0; i < fw_rate.seconds; i++)
		fprintf(out, "%s%llu", i ? "," : "", (unsigned long long)second_sum(shared, i));
	fputs("],\"flow_bytes\":[", out);
	for (i = 0; i < fw_rate.flows; i++)
		fprintf(out, "%s%llu", i ? "," : "",
			(unsigned long long)flow_sum(&shared->flows[i], fw_rate.warmup));
	putc(']', out);
}

/* In percent of the target: the steady goodput, and the worst seconds of it. */
static void print_accuracy(const struct fw_rate_shared *shared, double steady, FILE *out)
{
	double low = -1, high = 0, target = (double)fw_rate.target;
	unsigned int i;

	if (!fw_rate.target)
		return;
	for (i = fw_rate.warmup; i < fw_rate.seconds; i++) {
		double bytes = (double)second_sum(shared, i);

		if (low < 0 || bytes < low)
			low = bytes;
		if (bytes > high)
			high = bytes;
	}
	fprintf(out,
		",\"target\":%llu,\"percent\":%.3f,\"lowest_percent\":%.3f,\"highest_percent\":%."
		"3f",
		(unsigned long long)fw_rate.target, 100 * steady / target, 100 * low / target,
		100 * high / target);
}

static void print_sums(const struct fw_rate_shared *shared, const struct sums *sums, FILE *out)
{
	fprintf(out,
		",\"sent\":%llu,\"received\":%llu,\"segments_sent\":%llu,"
		"\"segments_retransmitted\":%llu,\"datagrams_sent\":%llu,"
		"\"datagrams_received\":%llu,\"send_errors\":%llu",
		(unsigned long long)sums->sent, (unsigned long long)sums->received,
		(unsigned long long)sums->segments, (unsigned long long)sums->retransmitted,
		(unsigned long long)(fw_rate.protocol == IPPROTO_UDP ? sums->datagrams_sent : 0),
		(unsigned long long)(fw_rate.protocol == IPPROTO_UDP ? sums->datagrams_received
								     : 0),
		(unsigned long long)sums->send_errors);
	if (sums->send_error)
		fprintf(out, ",\"send_error\":\"%s\"", strerrorname_np(sums->send_error));
	if (sums->receive_error)
		fprintf(out, ",\"receive_error\":\"%s\"", strerrorname_np(sums->receive_error));
	fprintf(out, ",\"limited_cpu_ns\":%lld,\"free_cpu_ns\":%lld,\"machine_cpu_ns\":%lld}\n",
		(long long)shared->limited_cpu_ns, (long long)shared->free_cpu_ns,
		(long long)shared->machine_cpu_ns);
}

void fw_rate_report(const struct fw_rate_shared *shared, FILE *out)
{
	struct sums sums = sum_up(shared);
	double steady = 0;
	unsigned int i;

	for (i = fw_rate.warmup; i < fw_rate.seconds; i++)
		steady += (double)second_sum(shared, i);
	steady /= fw_rate.seconds - fw_rate.warmup;
	print_settings(out);
	fprintf(out, ",\"goodput\":%.0f,\"goodput_all\":%.0f,\"jain\":%.5f", steady,
		(double)sums.received / fw_rate.seconds, jain_index(shared));
	print_accuracy(shared, steady, out);
	print_bins(shared, out);
	print_sums(shared, &sums, out);
}
