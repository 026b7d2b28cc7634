/* orders - see orders.h
 *
 * One short list, in the order of saying. A row of the store has the number of its place, so that one that goes moves the
 * others up: then all are written again, which are few. */
#include "service/orders.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "judge/limits.h"
#include "service/fleet.h"

#define PAUSE_MIN_MS 100		/* between two looks at what is due */

struct orders {
	struct daemon *daemon;
	struct order *at;
	size_t count, room;
	size_t saved;			/* rows that the store has */
	bool changed;			/* since they were saved */
	bool allow_changed;		/* since they were enforced */
	bool renewing;			/* what is told now is no news */
	struct prefix *ended;		/* by the last orders_enforce() */
	size_t ended_count;
	sd_event_source *timer;
};

static size_t place_of(const struct orders *orders, enum order_kind kind, const struct prefix *prefix)
{
	size_t i = 0;

	while (i < orders->count &&
	       (orders->at[i].kind != kind || memcmp(&orders->at[i].prefix, prefix, sizeof(*prefix)) != 0))
		i++;
	return i;
}

const struct order *orders_find(const struct orders *orders, enum order_kind kind, const struct prefix *prefix)
{
	size_t place = orders ? place_of(orders, kind, prefix) : 0;

	return orders && place < orders->count ? &orders->at[place] : NULL;
}

size_t orders_each(const struct orders *orders, enum order_kind kind, orders_fn *fn, void *arg)
{
	size_t count = 0;

	for (size_t i = 0; orders && i < orders->count; i++) {
		if (orders->at[i].kind != kind)
			continue;
		count++;
		if (fn)
			fn(arg, &orders->at[i]);
	}
	return count;
}

static int put(struct orders *orders, const struct order *order)
{
	size_t place = place_of(orders, order->kind, &order->prefix);
	size_t most = order->kind == ORDER_ALLOW ? WIRE_ALLOWED_MAX : ORDERS_BANS_MAX;

	if (place == orders->count && orders_each(orders, order->kind, NULL, NULL) == most)
		return -ENOSPC;
	if (place == orders->room) {
		size_t room = orders->room ? orders->room * 2 : 16;
		struct order *at = reallocarray(orders->at, room, sizeof(*at));

		if (!at)
			return -ENOMEM;
		orders->at = at;
		orders->room = room;
	}
	orders->count += place == orders->count;
	orders->at[place] = *order;
	orders->changed = true;
	orders->allow_changed |= order->kind == ORDER_ALLOW;
	return 0;
}

int orders_put(struct orders *orders, enum order_kind kind, const struct prefix *prefix, int64_t now_ms, int64_t until_ms,
	       const char *reason)
{
	struct order order = { .kind = (uint8_t)kind, .prefix = *prefix, .since_ms = now_ms, .until_ms = until_ms,
			       .renewed_ms = now_ms, .untold = orders->daemon->fleet && !fleet_tells(orders->daemon->fleet) };

	text_printable(order.reason, sizeof(order.reason), text_of(reason ? reason : ""));
	return put(orders, &order);
}

static void drop_at(struct orders *orders, size_t place)
{
	orders->changed = true;
	orders->allow_changed |= orders->at[place].kind == ORDER_ALLOW;
	memmove(&orders->at[place], &orders->at[place + 1], (--orders->count - place) * sizeof(*orders->at));
}

bool orders_drop(struct orders *orders, enum order_kind kind, const struct prefix *prefix)
{
	size_t place = orders ? place_of(orders, kind, prefix) : 0;

	if (!orders || place == orders->count)
		return false;
	if (kind == ORDER_ALLOW && orders->daemon->enforce)
		enforce_allow(orders->daemon->enforce, prefix, false);
	drop_at(orders, place);
	return true;
}

void orders_drop_inside(struct orders *orders, enum order_kind kind, const struct prefix *network)
{
	for (size_t i = orders ? orders->count : 0; i-- > 0;) {
		struct prefix prefix = orders->at[i].prefix;

		if (orders->at[i].kind == kind && prefix_holds(network, &prefix))
			orders_drop(orders, kind, &prefix);
	}
}

void orders_forget_bans(struct orders *orders)
{
	for (size_t i = orders ? orders->count : 0; i-- > 0;)
		if (orders->at[i].kind == ORDER_BAN)
			drop_at(orders, i);
}

uint32_t order_rest_s(const struct order *order, int64_t now_ms)
{
	return order->until_ms > now_ms ? (uint32_t)((order->until_ms - now_ms + 999) / 1000) : 0;
}

/* ---- in force ---- */

static void note_ended(void *arg, const struct event *event)
{
	struct orders *orders = arg;
	struct prefix *at;

	if (!event_ended_by(event, &orders->daemon->setup->conf.allow))
		return;
	at = array_grow(orders->ended, orders->ended_count, sizeof(*at));
	if (!at)	/* the warden lets nobody down for that: who is allowed is not dropped */
		return;
	orders->ended = at;
	orders->ended[orders->ended_count++] = event->prefix;
}

/* What runs against somebody who is allowed ends, also where it is his network that was banned for its errors. */
static void free_allowed(struct orders *orders)
{
	struct judge *judge = orders->daemon->judge;
	int64_t now_ms = clock_now_ms();
	char text[PREFIX_FMT_SIZE];

	if (orders_each(orders, ORDER_ALLOW, NULL, NULL) == 0)
		return;
	judge_active(judge, now_ms, note_ended, orders);
	for (size_t i = 0; i < orders->ended_count; i++) {
		judge_release(judge, &orders->ended[i], now_ms);
		orders_drop(orders, ORDER_BAN, &orders->ended[i]);
		log_notice("%s released: somebody in it is allowed", prefix_fmt(text, sizeof(text), &orders->ended[i]));
	}
}

static void enforce_allowed(struct orders *orders)
{
	struct prefix *allowed = calloc(orders->count + 1, sizeof(*allowed));
	struct daemon *daemon = orders->daemon;
	size_t count = 0;

	for (size_t i = 0; allowed && i < orders->count; i++)
		if (orders->at[i].kind == ORDER_ALLOW)
			allowed[count++] = orders->at[i].prefix;
	if (!allowed || conf_allow_now(&daemon->setup->conf, allowed, count) < 0)
		log_error("out of memory: not all who are allowed are allowed yet");
	judge_allow_changed(daemon->judge);
	for (size_t i = 0; daemon->enforce && i < count; i++)	/* the warden knows those that it has been told of */
		enforce_allow(daemon->enforce, &allowed[i], true);
	free(allowed);
	orders->allow_changed = false;
	free_allowed(orders);
}

/* When something is to be done about it: it ends, or a ban without an end has stood for half of what the warden lets it. */
static int64_t due_ms(const struct orders *orders, const struct order *order)
{
	if (order->until_ms)
		return order->until_ms;
	if (order->kind == ORDER_ALLOW)
		return INT64_MAX;
	return order->renewed_ms + (int64_t)orders->daemon->setup->conf.policy.ban_time_max_s * 500;
}

/* The next of what is due. */
static void arm(struct orders *orders)
{
	int64_t now_ms = clock_now_ms(), next_ms = INT64_MAX;

	for (size_t i = 0; i < orders->count; i++)
		if (due_ms(orders, &orders->at[i]) < next_ms)
			next_ms = due_ms(orders, &orders->at[i]);
	if (next_ms == INT64_MAX) {
		sd_event_source_set_enabled(orders->timer, SD_EVENT_OFF);
		return;
	}
	if (next_ms < now_ms + PAUSE_MIN_MS)
		next_ms = now_ms + PAUSE_MIN_MS;
	if (sd_event_source_set_time_relative(orders->timer, (uint64_t)(next_ms - now_ms) * 1000) >= 0)
		sd_event_source_set_enabled(orders->timer, SD_EVENT_ONESHOT);
}

/* false: the order is gone */
static bool renew(struct orders *orders, size_t place, int64_t now_ms)
{
	struct order *order = &orders->at[place];
	struct daemon *daemon = orders->daemon;
	char text[PREFIX_FMT_SIZE];
	bool mute = daemon->fleet && order->untold && fleet_tells(daemon->fleet);
	int err;

	order->renewed_ms = now_ms;
	orders->changed = true;
	orders->renewing = true;
	if (mute)
		fleet_mute(daemon->fleet, true);
	err = judge_ban(daemon->judge, &order->prefix, daemon->setup->conf.policy.ban_time_max_s, now_ms);
	if (mute)
		fleet_mute(daemon->fleet, false);
	orders->renewing = false;
	if (err == 0)
		return true;
	log_notice("%s is no longer banned: it is allowed", prefix_fmt(text, sizeof(text), &order->prefix));
	drop_at(orders, place);
	return false;
}

static void do_due(struct orders *orders)
{
	int64_t now_ms = clock_now_ms();
	char text[PREFIX_FMT_SIZE];

	for (size_t i = 0; i < orders->count;) {
		struct order *order = &orders->at[i];

		if (due_ms(orders, order) > now_ms) {
			i++;
		} else if (order->until_ms == 0) {
			i += renew(orders, i, now_ms);
		} else if (order->kind == ORDER_ALLOW) {
			struct prefix prefix = order->prefix;

			log_notice("%s is no longer allowed: its time is over", prefix_fmt(text, sizeof(text), &prefix));
			orders_drop(orders, ORDER_ALLOW, &prefix);
		} else {
			drop_at(orders, i);
		}
	}
}

void orders_enforce(struct orders *orders, bool all)
{
	if (!orders)
		return;
	orders->ended_count = 0;
	do_due(orders);
	if (orders->allow_changed || all)
		enforce_allowed(orders);
	arm(orders);
}

const struct prefix *orders_ended(const struct orders *orders, size_t *count)
{
	*count = orders->ended_count;
	return orders->ended;
}

bool orders_renewing(const struct orders *orders)
{
	return orders && orders->renewing;
}

struct event orders_event(const struct orders *orders, const struct event *event)
{
	const struct order *order = event->errors || event->kind != VERDICT_BAN ? NULL : orders_find(orders, ORDER_BAN, &event->prefix);
	struct event whole = *event;

	if (order) {
		whole.said = *order->reason ? order->reason : NULL;
		whole.permanent = order->until_ms == 0;
		whole.time_ms = whole.permanent ? order->since_ms : event->time_ms;
	}
	return whole;
}

static int on_timer(sd_event_source *timer, uint64_t usec, void *arg)
{
	(void)timer, (void)usec;
	orders_enforce(arg, false);
	return 0;
}

/* ---- kept ---- */

void orders_save(struct orders *orders, struct snapshot *snapshot, unsigned kind)
{
	if (!orders || !orders->changed)
		return;
	for (size_t i = 0; i < orders->count; i++)
		snapshot_put(snapshot, kind, (uint32_t)i, &orders->at[i], sizeof(*orders->at));
	for (size_t i = orders->count; i < orders->saved; i++)
		snapshot_put(snapshot, kind, (uint32_t)i, NULL, 0);
	orders->saved = orders->count;
	orders->changed = false;
}

void orders_touch(struct orders *orders)
{
	if (orders)
		orders->changed = true;
}

bool orders_load(struct orders *orders, const void *bytes, size_t len)
{
	static const uint8_t zero[sizeof(((struct order *)0)->padding)];
	struct order order;
	size_t reason;

	if (len != sizeof(order))
		return false;
	memcpy(&order, bytes, len);
	reason = strnlen(order.reason, sizeof(order.reason));
	for (size_t i = 0; i < reason; i++)
		if (order.reason[i] < ' ' || order.reason[i] > '~')
			return false;
	if (reason == sizeof(order.reason) || order.untold > 1 || memcmp(order.padding, zero, sizeof(zero)) != 0 || !prefix_valid(&order.prefix) ||
	    !time_valid(order.since_ms) || !time_valid(order.until_ms) || !time_valid(order.renewed_ms) ||
	    (order.kind != ORDER_BAN && (order.kind != ORDER_ALLOW || !wire_allowable(&order.prefix))))
		return false;
	if (orders_find(orders, order.kind, &order.prefix))	/* late: what was said since is newer */
		return true;
	return put(orders, &order) == 0;
}

void orders_shift(struct orders *orders, int64_t step_ms)
{
	for (size_t i = 0; orders && i < orders->count; i++) {
		struct order *order = &orders->at[i];

		order->since_ms += step_ms;
		order->renewed_ms += step_ms;
		order->until_ms += order->until_ms ? step_ms : 0;
		orders->changed = true;
	}
	if (orders)
		arm(orders);
}

/* ---- life ---- */

int orders_new(struct orders **out, struct daemon *daemon)
{
	struct orders *orders = calloc(1, sizeof(*orders));
	int err;

	if (!orders)
		return -ENOMEM;
	orders->daemon = daemon;
	err = sd_event_add_time_relative(daemon->loop, &orders->timer, CLOCK_MONOTONIC, 0, 0, on_timer, orders);
	if (err >= 0)
		err = sd_event_source_set_enabled(orders->timer, SD_EVENT_OFF);
	if (err < 0) {
		orders_free(orders);
		return err;
	}
	*out = orders;
	return 0;
}

void orders_free(struct orders *orders)
{
	if (!orders)
		return;
	sd_event_source_disable_unref(orders->timer);
	free(orders->ended);
	free(orders->at);
	free(orders);
}
