/* networks - how many neighbours of a network have been banned lately
 *
 * A neighbourhood is an IPv4 /24 or an IPv6 /48. Each remembers the last limit distinct neighbours that were banned, and
 * when; a neighbour banned again counts once, at its latest time. Knows nothing of verdicts or the allow-list.
 *
 * No lie gets in: only a ban does. When there is no room, the network whose latest ban is the oldest goes first: there are as
 * many rows as bans, so that to push one out takes that many banned addresses. */
#ifndef MAILWARD_NETWORKS_H
#define MAILWARD_NETWORKS_H

#include "judge/limits.h"
#include "judge/table.h"

struct networks {
	struct table table;
	int64_t span_ms;
	uint32_t limit;
};

/* networks_init - limit: 1..256 neighbours; span_s: 1 s .. 30 d; capacity: networks. 0 or -errno */
int networks_init(struct networks *networks, uint32_t limit, uint32_t span_s, uint32_t capacity);
void networks_fini(struct networks *networks);

/* networks_of - the neighbourhood of a counting unit; false: the unit is as wide itself */
bool networks_of(const struct prefix *unit, struct prefix *network);

/* networks_add - a unit of that network was banned at time_ms; returns how many distinct ones were within the span, up to
 * the limit. Whoever bans it then forgets it, so that its ban starts with a clean sheet. */
uint32_t networks_add(struct networks *networks, const struct prefix *network, const struct prefix *unit, int64_t time_ms);

/* networks_count - how many of a network were banned within the span that ends at time_ms; changes nothing */
uint32_t networks_count(const struct networks *networks, const struct prefix *network, int64_t time_ms);

/* networks_forget - nobody of that network was banned lately */
void networks_forget(struct networks *networks, const struct prefix *network);

/* networks_shift - the clock was set: every ban keeps its distance from now */
void networks_shift(struct networks *networks, int64_t step_ms);

/* networks_bytes - how many bytes of a slot of the table are worth keeping; networks_restore - put them back
 * What was later than now_ms would be so for ever: it counts as of now. false: not what a slot can hold */
size_t networks_bytes(const struct networks *networks);
bool networks_restore(struct networks *networks, const void *slot, size_t len, int64_t now_ms);

#endif
