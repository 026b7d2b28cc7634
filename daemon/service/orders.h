/* orders - what the operator has said until further notice: who is never dropped, who always is, and why
 *
 * An allowed address is as good as one in [allow], for both sides: the judge's conf has it, and the warden's. A ban without
 * an end is renewed long before the warden's ban_time_max is over, so that the kernel lets go of it within that time if
 * nobody renews it any more. Of other bans of the operator's, his reason is kept. All of it is in the store.
 * Owns: its list and a timer. Logs what ends by itself. */
#ifndef MAILWARD_ORDERS_H
#define MAILWARD_ORDERS_H

#include "service/daemon_state.h"
#include "service/store.h"

enum order_kind { ORDER_ALLOW = 1, ORDER_BAN = 2 };

#define ORDERS_BANS_MAX 4096
#define ORDERS_VERSION 1
#define ORDER_REASON_SIZE 128
struct order {
	int64_t since_ms, until_ms;	/* until_ms 0: without an end */
	int64_t renewed_ms;		/* of a ban without one */
	struct prefix prefix;
	uint8_t kind;			/* enum order_kind */
	uint8_t untold;			/* 1: other hosts do not hear of it from this one: it is for here alone, or from there */
	uint8_t padding[5];		/* zero */
	char reason[ORDER_REASON_SIZE];	/* printable ASCII, NUL-terminated; "": none */
};
_Static_assert(sizeof(struct order) == 24 + 24 + ORDER_REASON_SIZE, "struct order has hidden padding");

struct orders;

int orders_new(struct orders **out, struct daemon *daemon);
void orders_free(struct orders *orders);

/* orders_put - an order in place of the one of that kind and prefix; a reason that is too long is cut
 * While the fleet is muted, or hears it from another host, it is one that is not told.
 * Returns 0, -ENOSPC: there are as many as there can be, or -ENOMEM. It is not in force before orders_enforce(). */
int orders_put(struct orders *orders, enum order_kind kind, const struct prefix *prefix, int64_t now_ms, int64_t until_ms,
	       const char *reason);

/* orders_drop - false: there was none    orders_find - NULL: there is none; valid until the next call that changes one */
bool orders_drop(struct orders *orders, enum order_kind kind, const struct prefix *prefix);
const struct order *orders_find(const struct orders *orders, enum order_kind kind, const struct prefix *prefix);

/* orders_drop_inside - all of that kind in a network, itself included */
void orders_drop_inside(struct orders *orders, enum order_kind kind, const struct prefix *network);

/* orders_forget_bans - those that were given in a dry run were never carried out */
void orders_forget_bans(struct orders *orders);

/* orders_each - those of a kind, in the order in which they were given; fn may be NULL. Returns how many there are */
typedef void orders_fn(void *arg, const struct order *order);
size_t orders_each(const struct orders *orders, enum order_kind kind, orders_fn *fn, void *arg);

/* orders_enforce - have those that were put or dropped hold from now on: the allow-list, bans that are to be renewed
 * all: as if all of them were new, after a start or under a new conf. What stands against an allowed address is released, see
 * event_ended_by()
 * orders_ended - what the last call released so, until the next
 * orders_renewing - is what the judge tells now a ban that stands already, and is only renewed? */
void orders_enforce(struct orders *orders, bool all);
const struct prefix *orders_ended(const struct orders *orders, size_t *count);
bool orders_renewing(const struct orders *orders);

/* orders_event - the judge's event with what the operator said of it: reason, permanent; of a permanent one the time at which he
 * did. Valid until the next call that changes an order. */
struct event orders_event(const struct orders *orders, const struct event *event);

/* order_rest_s - what remains at now_ms of one with an end, in seconds, a started one whole */
uint32_t order_rest_s(const struct order *order, int64_t now_ms);

/* orders_save - all, if any has changed since    orders_touch - as if one had    orders_load - one that was saved; any bytes are safe;
 * false: not understood    orders_shift - the clock was set */
void orders_save(struct orders *orders, struct snapshot *snapshot, unsigned kind);
void orders_touch(struct orders *orders);
bool orders_load(struct orders *orders, const void *bytes, size_t len);
void orders_shift(struct orders *orders, int64_t step_ms);

#endif
