/* answer_orders - what the operator has done: ban, unban, allow, unallow, forget
 *
 * Each is answered when the kernel has done it and the state is written, or with why not. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/wire.h"
#include "judge/inside.h"
#include "judge/place.h"
#include "service/answers.h"
#include "service/checkpoint.h"
#include "service/fleet.h"
#include "service/orders.h"

#define SETTLE_MS 5000	/* so long may the warden take; the client waits twice as long */

/* Has the warden answered all that it was asked? Then the judge's marks say what the kernel does. */
static bool settled(const struct daemon *daemon)
{
	return !daemon->enforce || enforce_settle(daemon->enforce, SETTLE_MS);
}

/* What was decided is in force; whether it outlives us is another matter. */
static void say_written(struct daemon *daemon, bool written, FILE *out)
{
	if (!written && daemon->checkpoint)
		fprintf(out, "but the state cannot be written (%s): after a restart it is as before\n", checkpoint_failed(daemon->checkpoint));
}

/* What the warden says of a ban that it was just asked for; if that is no, so is the answer. */
static bool is_in_force(struct daemon *daemon, const struct prefix *prefix, const char *name, FILE *out)
{
	int refused;

	if (!settled(daemon)) {
		fprintf(out, "error %s is not banned yet: the process that drops does not answer\n", name);
		return false;
	}
	refused = judge_refused(daemon->judge, prefix, clock_now_ms());
	if (refused == EPERM || refused == EINVAL) {
		judge_take_back(daemon->judge, prefix, clock_now_ms());
		orders_drop(daemon->orders, ORDER_BAN, prefix);
		fprintf(out, "error %s is not banned: the process that drops refuses it%s\n", name, refused == EPERM ? ", it is allowed" : "");
	} else if (refused > 0) {
		fprintf(out, "error %s is not banned yet: %s; it is asked for again\n", name, answer_why_refused(refused));
	}
	return refused <= 0;
}

void answer_ban(struct daemon *daemon, const struct request *request, FILE *out)
{
	struct prefix prefix;
	char name[PREFIX_FMT_SIZE], length[24];
	uint32_t seconds = daemon->setup->conf.policy.ban_time_s, most = daemon->setup->conf.policy.ban_time_max_s;
	const char *wanted = request->count > 2 ? request->word[2] : "0", *reason = request->count > 3 ? request->word[3] : "";
	bool permanent = strcmp(wanted, "permanent") == 0, here = daemon->fleet && !fleet_tells(daemon->fleet);
	int64_t now_ms = clock_now_ms();

	if (!request_prefix(daemon, request, &prefix, out))
		return;
	if (permanent) {
		seconds = most;
	} else if (strcmp(wanted, "0") != 0 && (!duration_parse(text_of(wanted), &seconds) || seconds == 0)) {
		fputs("error that is no duration\n", out);
		return;
	}
	prefix_fmt(name, sizeof(name), &prefix);
	if (seconds > most) {
		fprintf(out, "error no ban is longer than ban_time_max, which is %s; --permanent renews one\n",
			duration_fmt(length, sizeof(length), most));
		return;
	}
	const char *never = wire_never_dropped(&prefix);
	if (never) {
		fprintf(out, "error %s is not banned: %s\n", name, never);
		return;
	}
	if (ranges_cover(&daemon->setup->conf.allow, &prefix)) {
		fprintf(out, "error %s is not banned: the allow-list protects it\n", name);
		return;
	}
	/* The order first: who is told of the ban is told of it as a whole. */
	orders_drop(daemon->orders, ORDER_BAN, &prefix);
	int err = permanent || *reason || here ? orders_put(daemon->orders, ORDER_BAN, &prefix, now_ms,
						     permanent ? 0 : now_ms + seconds * INT64_C(1000), reason) : 0;
	judge_ban(daemon->judge, &prefix, seconds, now_ms);
	duration_fmt(length, sizeof(length), seconds);
	log_notice("%s banned %s%s by the operator%s%s", name, permanent ? "until unban" : "for ", permanent ? "" : length,
		   *reason ? ": " : "", reason);
	orders_enforce(daemon->orders, false);
	bool is = is_in_force(daemon, &prefix, name, out);
	bool written = checkpoint_flush(daemon->checkpoint);
	if (!is)
		return;
	fprintf(out, "ok\n%s %s %s%s%s\n", name, daemon->dry_run ? "would be banned" : "is banned", permanent ? "until unban" : "for ",
		permanent ? "" : length, ranges_touch(&daemon->setup->conf.allow, &prefix) ?
		"; who is allowed in it is let through" : "");
	if (err < 0 && (permanent || *reason))
		fprintf(out, "but %s: there are %d such bans already\n", permanent ? "it ends by itself, after ban_time_max" :
			"its reason is not kept", ORDERS_BANS_MAX);
	say_written(daemon, written, out);
}

/* What was released, as seen from the address that was asked for. */
static void say_released(const struct prefix *prefix, const struct prefix *released, size_t count, FILE *out)
{
	char name[PREFIX_FMT_SIZE], text[PREFIX_FMT_SIZE];

	prefix_fmt(name, sizeof(name), prefix);
	for (size_t i = 0; i < count; i++) {
		prefix_fmt(text, sizeof(text), &released[i]);
		if (released[i].len < prefix->len)
			fprintf(out, "%s is released, which %s is in\n", text, name);
		else
			fprintf(out, "%s is released\n", text);
	}
}

/* Bans of networks around it, by the operator, go on without it. */
static void say_standing(const struct daemon *daemon, const struct prefix *prefix, FILE *out)
{
	const unsigned widest = addr_is_v4(&prefix->addr) ? 96 : 0;
	char text[PREFIX_FMT_SIZE];

	for (unsigned len = prefix->len; len-- > widest;) {
		struct prefix around = { addr_mask(&prefix->addr, len), (uint8_t)len };

		if (judge_refused(daemon->judge, &around, clock_now_ms()) >= 0)
			fprintf(out, "%s stays banned, but for it\n", prefix_fmt(text, sizeof(text), &around));
	}
}

void answer_allow(struct daemon *daemon, const struct request *request, FILE *out)
{
	struct prefix prefix;
	char name[PREFIX_FMT_SIZE], length[24] = "";
	uint32_t seconds = 0;
	int64_t now_ms = clock_now_ms();
	const char *reason = request->count > 3 ? request->word[3] : "";
	const struct prefix *ended;
	size_t ended_count;
	int error;

	if (!request_prefix(daemon, request, &prefix, out))
		return;
	prefix_fmt(name, sizeof(name), &prefix);
	if (request->count > 2 && !duration_parse(text_of(request->word[2]), &seconds)) {
		fputs("error that is no duration\n", out);
		return;
	}
	if (!wire_allowable(&prefix)) {
		fprintf(out, "error %s is not allowed: it is wider than an address or an IPv6 /64; in the config, under [allow], "
			"it may be any network\n", name);
		return;
	}
	error = orders_put(daemon->orders, ORDER_ALLOW, &prefix, now_ms, seconds ? now_ms + seconds * INT64_C(1000) : 0, reason);
	if (error < 0) {
		fprintf(out, "error %s is not allowed: %s\n", name, error != -ENOSPC ? strerror(-error) :
			"there are as many already as there can be; in the config, under [allow], there is more room");
		return;
	}
	if (daemon->enforce)
		enforce_allow_error(daemon->enforce);
	orders_enforce(daemon->orders, false);
	ended = orders_ended(daemon->orders, &ended_count);
	bool sure = settled(daemon);
	error = daemon->enforce ? enforce_allow_error(daemon->enforce) : 0;
	if (error) {
		orders_drop(daemon->orders, ORDER_ALLOW, &prefix);
		orders_enforce(daemon->orders, false);
	} else {
		log_notice("%s allowed %s%s by the operator%s%s", name, seconds ? "for " : "until unallow",
			   seconds ? duration_fmt(length, sizeof(length), seconds) : "", *reason ? ": " : "", reason);
		if (daemon->fleet)
			fleet_let_go(daemon->fleet, &prefix);
	}
	bool written = checkpoint_flush(daemon->checkpoint);
	if (error)
		fprintf(out, "error %s is not allowed: %s\n", name, error == EDQUOT ? "too many within a few minutes" : strerror(error));
	else if (!sure)
		fprintf(out, "error %s may still be dropped: the process that drops does not answer; it is allowed when it does\n", name);
	else
		fprintf(out, "ok\n%s is allowed %s%s: not counted, not dropped\n", name, seconds ? "for " : "until unallow", length);
	if (error)
		return;
	say_released(&prefix, ended, ended_count, out);
	say_standing(daemon, &prefix, out);
	say_written(daemon, written, out);
}

void answer_unallow(struct daemon *daemon, const struct request *request, FILE *out)
{
	struct prefix prefix;
	char name[PREFIX_FMT_SIZE];

	if (!request_prefix(daemon, request, &prefix, out))
		return;
	prefix_fmt(name, sizeof(name), &prefix);
	bool was = orders_drop(daemon->orders, ORDER_ALLOW, &prefix);
	orders_enforce(daemon->orders, false);
	bool still = ranges_touch(&daemon->setup->conf.allow, &prefix), sure = settled(daemon);
	bool written = checkpoint_flush(daemon->checkpoint);
	if (was)
		log_notice("%s no longer allowed, by the operator", name);
	if (!was)
		fprintf(out, "error %s %s\n", name, still ? "is allowed by the config or as this machine's own, or with its network" :
			"is not allowed");
	else if (!sure)
		fprintf(out, "error %s may still be allowed: the process that drops does not answer\n", name);
	else
		fprintf(out, "ok\n%s is no longer allowed%s\n", name, still ? ", but by the config, as this machine's own, or with its network" : "");
	if (was)
		say_written(daemon, written, out);
}

struct released {
	struct prefix *at;
	size_t count, room;
	bool failed;
};

static void collect(void *arg, const struct event *event)
{
	struct released *released = arg;

	if (released->count == released->room) {
		size_t room = released->room ? released->room * 2 : 64;
		struct prefix *at = reallocarray(released->at, room, sizeof(*at));

		if (!at) {
			released->failed = true;
			return;
		}
		released->at = at;
		released->room = room;
	}
	released->at[released->count++] = event->prefix;
}

static void release_all(struct daemon *daemon, FILE *out)
{
	struct released released = { 0 };

	judge_active(daemon->judge, clock_now_ms(), collect, &released);
	for (size_t i = 0; i < released.count; i++) {
		judge_release(daemon->judge, &released.at[i], clock_now_ms());
		orders_drop(daemon->orders, ORDER_BAN, &released.at[i]);
	}
	if (daemon->enforce)
		enforce_clear(daemon->enforce);
	log_notice("%zu %s released by the operator", released.count, plural(released.count, "address", "addresses"));
	bool sure = settled(daemon);
	bool written = checkpoint_flush(daemon->checkpoint);
	if (!sure)
		fputs("error the process that drops does not answer: they are released when it does\n", out);
	else if (daemon->refusals.rebuild)
		fputs("error the kernel refuses to let go of them all; it is asked again\n", out);
	else if (released.failed)
		fputs("error out of memory: some are still banned, say it again\n", out);
	else
		fprintf(out, "ok\n%zu released\n", released.count);
	say_written(daemon, written, out);
	free(released.at);
}

/* A customer on the telephone knows his address, not the network that it is counted under, or banned with. */
void answer_unban(struct daemon *daemon, const struct request *request, FILE *out)
{
	struct prefix prefix, released[JUDGE_AROUND_MAX];
	char name[PREFIX_FMT_SIZE], text[PREFIX_FMT_SIZE];

	if (request->count > 1 && strcmp(request->word[1], "--all") == 0) {
		release_all(daemon, out);
		return;
	}
	if (!request_prefix(daemon, request, &prefix, out))
		return;
	prefix_fmt(name, sizeof(name), &prefix);
	size_t count = judge_release_around(daemon->judge, &prefix, clock_now_ms(), released);
	for (size_t i = 0; i < count; i++) {
		orders_drop(daemon->orders, ORDER_BAN, &released[i]);
		log_notice("%s released by the operator", prefix_fmt(text, sizeof(text), &released[i]));
	}
	bool sure = settled(daemon);
	bool written = checkpoint_flush(daemon->checkpoint);
	if (count > 0 && (!sure || daemon->refusals.rebuild))
		fprintf(out, "error %s is still dropped: %s\n", name, sure ? "the kernel refuses to let go of it; it is asked again" :
			"the process that drops does not answer; it is released when it does");
	else if (count == 0)
		fprintf(out, "error %s is not banned\n", name);
	else
		fputs("ok\n", out);
	say_released(&prefix, released, count, out);
	if (count > 0)
		say_written(daemon, written, out);
}

/* With it what it was learned as for those who log in without a domain. */
static void forget_name(struct daemon *daemon, struct text text)
{
	uint64_t local, name;
	uint32_t domain;

	name = account_hash(judge_name_key(daemon->judge), &daemon->setup->conf.names, text, &domain, &local);
	judge_forget_name(daemon->judge, name);
	if (local)
		judge_forget_name(daemon->judge, local);
}

/* An address with the unit that it counts under; of a network, all in it. As judge_forget_inside(). */
static int forget_address(struct daemon *daemon, const struct prefix *prefix)
{
	struct prefix unit = answer_is_wide(daemon, prefix) ? *prefix : unit_of(&daemon->setup->conf, &prefix->addr);
	int count = judge_forget_inside(daemon->judge, &unit, clock_now_ms());

	if (count < 0)
		return count;
	orders_drop_inside(daemon->orders, ORDER_BAN, &unit);
	if (daemon->evidence)
		evidence_forget(daemon->evidence, &unit);
	return count;
}

void answer_forget(struct daemon *daemon, const struct request *request, FILE *out)
{
	struct prefix prefix;
	char shown[256];
	int count = 0;

	if (request->count != 2) {
		fputs("error which name or address?\n", out);
		return;
	}
	bool name = prefix_parse(text_of(request->word[1]), true, &prefix) != NULL;
	if (!name)
		prefix_untranslate(&prefix, daemon->setup->conf.nat64, daemon->setup->conf.nat64_count);
	if (name)
		forget_name(daemon, text_of(request->word[1]));
	else
		count = forget_address(daemon, &prefix);
	if (count < 0) {
		fprintf(out, "error nothing is forgotten: %s\n", strerror(-count));
		return;
	}
	bool written = checkpoint_flush(daemon->checkpoint);
	text_escape(shown, sizeof(shown), text_of(request->word[1]));
	log_notice("%s forgotten by the operator", shown);
	fprintf(out, "ok\n%s is forgotten", shown);
	if (!name && answer_is_wide(daemon, &prefix))
		fprintf(out, count ? ", with %d %s in it" : ": nothing was known of anybody in it", count,
			plural((uint64_t)count, "address or network", "addresses and networks"));
	fputc('\n', out);
	say_written(daemon, written, out);
}
