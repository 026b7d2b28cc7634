/* remote - what another host's judge has counted or learned, as a value
 *
 * The origin weighs, the others add: what an error weighs depends on what the origin knew, so it comes with it. Names are
 * hashes by the key that the hosts share. */
#ifndef MAILWARD_REMOTE_H
#define MAILWARD_REMOTE_H

#include "base/addr.h"
#include "match/rules.h"

enum remote_kind {
	REMOTE_ERROR,	/* an error that counted there */
	REMOTE_LOGIN,	/* account logged in from addr */
	REMOTE_NAME,	/* mail for account was delivered */
	REMOTE_KINDS,
};

/* of an error; what is said of a rule here holds where no rule of its name is known */
#define REMOTE_FAILED_LOGIN 1U
#define REMOTE_RECIPIENT 2U
#define REMOTE_BOUNCE 4U	/* not in the long window */
#define REMOTE_AGAIN 8U		/* the name again */
#define REMOTE_SAME 16U		/* and the password: no weight, but a strike */
#define REMOTE_BURNT 32U	/* a name that nobody has, and that strangers try */
#define REMOTE_TRIED 64U	/* a stranger tried the name */
#define REMOTE_BRIEF 128U	/* not in the long window, and no bounce */

struct remote {
	enum remote_kind kind;
	unsigned marks;		/* REMOTE_* */
	int64_t time_ms;	/* by the clock of this host */
	struct addr addr;	/* none of a name */
	uint64_t account;	/* 0: none */
	uint32_t domain;	/* of the account, 0: none */
	uint32_t halves;	/* what the error weighs, in half errors */
	const struct rule *rule;	/* of this host, NULL: it has none of that name */
	bool may_ban;		/* false: that host has had its share, a ban becomes a delay */
};

#endif
