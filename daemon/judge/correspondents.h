/* correspondents - whose mail was delivered here
 *
 * Delivered, not merely accepted: a queue id is given at the first recipient that is accepted, so that RCPT and RSET would
 * earn it for nothing. What was accepted waits under its queue id until it is delivered. One delivered mail is worth a
 * quarter of an error for a recipient that nobody has, and all of one for mail that is refused for another reason, as by its
 * sender's SPF; nothing of a failed login.
 *
 * A made-up correspondent has one mail, and goes first when there is no room; a flood of queue ids costs credit only, for
 * as long as it lasts. Fixed memory, never logs. */
#ifndef MAILWARD_CORRESPONDENTS_H
#define MAILWARD_CORRESPONDENTS_H

#include "judge/place.h"
#include "judge/table.h"

#define CORRESPONDENTS_MAX 65536
#define CORRESPONDENTS_QUEUE_MAX 16384
#define MAILS_PER_ERROR 4
#define MAIL_CREDIT_MAX 32
#define MAIL_LIFE_H (30 * 24)

struct correspondents {
	struct table mails, queue;
};

struct correspondent {
	struct table_slot slot;	/* the key: a unit, or a hood */
	uint32_t hour;		/* of the last delivery */
	uint16_t mails;		/* delivered, saturating */
	uint16_t credit;	/* of them, what has paid for nothing yet; 0..MAIL_CREDIT_MAX */
};

struct queued {
	struct table_short slot;	/* the key: the queue id's hash */
	int64_t time_ms;
	struct prefix unit;
	uint8_t padding[7];
};

int correspondents_init(struct correspondents *correspondents);
void correspondents_fini(struct correspondents *correspondents);

/* correspondents_accept - mail of a unit waits under a queue id */
void correspondents_accept(struct correspondents *correspondents, uint64_t queue, const struct prefix *unit, int64_t time_ms);
/* correspondents_deliver - what waits under it was delivered, once */
void correspondents_deliver(struct correspondents *correspondents, uint64_t queue, int64_t time_ms);

/* correspondents_pardon - may its mails pay for an error, so many of them? Then they have. mails: up to MAILS_PER_ERROR */
bool correspondents_pardon(struct correspondents *correspondents, const struct prefix *unit, unsigned mails, int64_t time_ms);

/* correspondents_mails - delivered from a unit or hood, if one was within a month */
unsigned correspondents_mails(const struct correspondents *correspondents, const struct prefix *prefix, int64_t time_ms);

/* correspondents_forget - what a unit has sent, and what of it waits */
void correspondents_forget(struct correspondents *correspondents, const struct prefix *unit);

/* the worth of a slot, for table_enter() */
int64_t correspondent_worth(const void *correspondents, const void *slot);
int64_t queued_worth(const void *correspondents, const void *slot);

#endif
