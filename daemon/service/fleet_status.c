/* fleet_status - servers and nodes, for people and programs; changes nothing */
#include "service/fleet_state.h"

#include <inttypes.h>

#include "base/clock.h"
#include "base/json.h"

const char *fleet_alone(const struct fleet *fleet, int64_t *since_ms)
{
	const char *why = "the courier is gone";
	int64_t since = fleet_boot_ms();

	if (!fleet_is_one(fleet))
		return NULL;
	for (size_t i = 0; i < fleet->conf.server_count; i++) {
		const struct fleet_server_state *server = &fleet->servers[i];

		if (server->told)
			return NULL;
		if (fleet->fd >= 0)
			why = *server->why ? server->why : "not connected yet";
		if (server->since_ms && server->since_ms < since)
			since = server->since_ms;
	}
	*since_ms = since + clock_now_ms() - fleet_boot_ms();
	return why;
}

static uint64_t age_s(int64_t time_ms)
{
	return time_ms ? (uint64_t)(fleet_boot_ms() - time_ms) / 1000 : 0;
}

static uint64_t waiting(const struct fleet *fleet, const struct fleet_server_state *server)
{
	uint64_t from = server->taken > fleet->ring.tail ? server->taken : fleet->ring.tail;

	return fleet->ring.head - from;
}

const char *fleet_doubted(const struct fleet *fleet, size_t *node, int64_t patience_s, const char **why)
{
	const int64_t since_ms = fleet_boot_ms() - patience_s * 1000;

	while (*node < fleet->conf.node_count) {
		size_t i = (*node)++;
		const struct fleet_peer *peer = &fleet->peers[i];

		*why = peer->refused_why;
		if (i != fleet->conf.own && !(fleet->conf.ignored >> i & 1) && peer->refused && peer->refused_ms > since_ms &&
		    (!peer->heard_ms || peer->heard_ms < since_ms))
			return fleet->conf.names[i];
	}
	return NULL;
}

static const char *likeness(const struct fleet *fleet, const struct fleet_peer *peer)
{
	return !peer->heard_ms ? "" : peer->policy != fleet->policy ? ", ANOTHER [policy]" :
	       peer->allow != fleet->allow ? ", another [allow]" : "";
}

void fleet_text(const struct fleet *fleet, FILE *out)
{
	char span[24];

	for (size_t i = 0; i < fleet->conf.server_count; i++) {
		const struct fleet_server_state *server = &fleet->servers[i];

		fprintf(out, "fleet      server %s: ", fleet->conf.servers[i].name);
		if (server->told)
			fprintf(out, "there for %s, %" PRIu64 " entries read", duration_fmt(span, sizeof(span), age_s(server->since_ms)), server->entries);
		else
			fprintf(out, "NOT THERE for %s: %s", duration_fmt(span, sizeof(span), age_s(server->since_ms)),
				*server->why ? server->why : "not connected yet");
		fprintf(out, ", %" PRIu64 " %s waiting\n", waiting(fleet, server), plural(waiting(fleet, server), "record", "records"));
	}
	if (fleet->ring.lost)
		fprintf(out, "fleet      %" PRIu64 " records were lost, since nobody took them\n", fleet->ring.lost);
	for (size_t i = 0; i < fleet->conf.node_count; i++) {
		const struct fleet_peer *peer = &fleet->peers[i];

		if (i == fleet->conf.own) {
			fprintf(out, "fleet      %s: this host, %" PRIu64 " records told\n", fleet->conf.names[i], fleet->ring.head - fleet->ring.tail);
			continue;
		}
		fprintf(out, "fleet      %s: ", fleet->conf.names[i]);
		if (fleet->conf.ignored >> i & 1)
			fputs("ignored, ", out);
		if (peer->heard_ms)
			fprintf(out, "heard %s ago, %" PRId64 " ms late", duration_fmt(span, sizeof(span), age_s(peer->heard_ms)), peer->lag_ms);
		else
			fputs("not heard since the start", out);
		fprintf(out, ", %" PRIu64 " records, %" PRIu64 " again, %" PRIu64 " missed, %" PRIu64 " not believed, %" PRIu64 " bans%s\n",
			peer->records, peer->again, peer->missed, peer->refused, peer->bans, likeness(fleet, peer));
	}
}

void fleet_json(const struct fleet *fleet, FILE *out)
{
	struct json json;

	for (size_t i = 0; i < fleet->conf.server_count; i++) {
		const struct fleet_server_state *server = &fleet->servers[i];

		json_begin(&json, out);
		json_cstr(&json, "event", "fleet-server");
		json_cstr(&json, "server", fleet->conf.servers[i].name);
		json_bool(&json, "there", server->told);
		if (!server->told)
			json_cstr(&json, "why", server->why);
		json_uint(&json, "seconds", age_s(server->since_ms));
		json_uint(&json, "entries", server->entries);
		json_uint(&json, "waiting", waiting(fleet, server));
		json_uint(&json, "lost", fleet->ring.lost);
		json_end(&json);
	}
	for (size_t i = 0; i < fleet->conf.node_count; i++) {
		const struct fleet_peer *peer = &fleet->peers[i];

		json_begin(&json, out);
		json_cstr(&json, "event", "fleet-node");
		json_cstr(&json, "node", fleet->conf.names[i]);
		json_bool(&json, "own", i == fleet->conf.own);
		json_bool(&json, "ignored", fleet->conf.ignored >> i & 1);
		if (peer->heard_ms) {
			json_uint(&json, "heard_seconds_ago", age_s(peer->heard_ms));
			json_uint(&json, "late_ms", (uint64_t)peer->lag_ms);
			json_bool(&json, "same_policy", peer->policy == fleet->policy);
			json_bool(&json, "same_allow", peer->allow == fleet->allow);
		}
		json_uint(&json, "records", peer->records);
		json_uint(&json, "again", peer->again);
		json_uint(&json, "missed", peer->missed);
		json_uint(&json, "refused", peer->refused);
		json_uint(&json, "capped", peer->capped);
		json_uint(&json, "bans", peer->bans);
		json_end(&json);
	}
}
