/* breaker - is it the attackers that fail to log in, or is the server's own back end down?
 *
 * Attackers fail from addresses that never logged in. When the password database is gone, everybody fails, and with them
 * those who used to log in: the customers. So what opens the breaker of a service (the part of a rule's name before the
 * slash) is nothing that a stranger's failing logins could add to:
 *   words      BREAKER_WORDS lines in which the server itself complains of its back end (kind outage, without an address),
 *              and nobody has logged in since; this is about all services: Postfix asks Dovecot, and has no words for it,
 *   silence    BREAKER_SILENCE customers, and twice as many as usual, have failed, and nobody has logged in since,
 *              in a service where logins are seen at all,
 *   surge      BREAKER_SURGE customers, BREAKER_SURGE_FACTOR times as many as usual, and as many as log in, half as many as
 *              did in the window before, have failed
 * within BREAKER_WINDOW_S. A customer is who has a key of the caller's (an account at a network, or an address) whose first
 * login is BREAKER_AGE_S old; usual is the mean of how many
 * of them fail in a window, over the last BREAKER_MEMORY windows.
 *
 * It ends with the next login in the service, after words with one in any service; a surge ends with the first window that is not one; and
 * all of them two windows after the last evidence. Then a new window begins. A surge without end becomes usual within hours.
 *
 * Time is a parameter and may jump. Fixed memory: CUSTOMERS_MAX addresses. O(1) a line, never logs. */
#ifndef MAILWARD_BREAKER_H
#define MAILWARD_BREAKER_H

#include "match/rules.h"
#include "judge/limits.h"
#include "judge/table.h"

#define BREAKER_WINDOW_S 600
#define BREAKER_WORDS 3
#define BREAKER_SILENCE 5
#define BREAKER_SURGE 10
#define BREAKER_SURGE_FACTOR 8
#define BREAKER_LEARN 6		/* windows before anything is usual: an hour */
#define BREAKER_MEMORY 128	/* 21 hours */
#define BREAKER_AGE_S 3600
#define BREAKER_SERVICES 64
#define CUSTOMERS_MAX 131072	/* then the one that has been away longest among a few is forgotten */
#define CUSTOMER_LIFE_S (30 * 86400)
#define CUSTOMER_MARKS 4	/* services at a time in which one customer's failures are told apart */

/* An address that has logged in. */
struct customer {
	struct table_slot slot;
	int64_t since_ms, login_ms;	/* the first login; the last, to the hour */
	struct customer_mark {
		uint32_t service;		/* a hash of its name */
		uint32_t silence, window;	/* their numbers, when it was heard of last; 0: never */
		uint8_t failed, logged_in;	/* in that window */
		uint8_t unused[2];
	} marks[CUSTOMER_MARKS];
};

enum breaker_why { BREAKER_BY_WORDS, BREAKER_BY_SILENCE, BREAKER_BY_SURGE };

struct breaker_service {
	char name[RULE_NAME_MAX / 2];	/* first: it is what a saved one is known by */
	uint32_t hash;
	uint8_t open, why;
	uint8_t seen;			/* a login: so its absence means something */
	uint8_t changed;		/* since it was saved */
	int64_t open_ms, last_ms;	/* when it opened; the last evidence */
	int64_t words_ms, silence_ms, window_ms;	/* when they began */
	uint32_t silence, window;	/* their numbers, 0: none now */
	uint32_t serial;		/* the last number that either had */
	uint32_t words, silent;		/* lines; customers that failed in this silence */
	uint32_t failing, working;	/* customers that failed, that logged in, in this window */
	uint32_t worked;		/* that logged in in the window before */
	uint32_t windows;		/* that have passed, at most BREAKER_MEMORY */
	uint32_t usual_milli;		/* thousandths of a customer that fail in a window */
	uint64_t held;			/* failed logins that count for nobody: while it is open, or was last */
};

/* a service has opened or closed: see service->open */
typedef void breaker_news_fn(void *arg, const struct breaker_service *service, int64_t now_ms);

struct breaker {
	struct table customers;
	uint32_t serial;		/* of silences and windows */
	size_t service_count;
	struct breaker_service services[BREAKER_SERVICES];
	struct breaker_service *speaker;	/* the one that is open by words, or NULL */
	uint8_t *service_of;		/* by rule id; BREAKER_SERVICES: none */
	breaker_news_fn *news;
	void *arg;
};

/* breaker_init - 0 or -errno; the services are those of the rules that are about logins, as far as there is room */
int breaker_init(struct breaker *breaker, const struct rules *rules, breaker_news_fn *news, void *arg);
void breaker_fini(struct breaker *breaker);

/* breaker_hear - a line of a rule about logins: a login, a failed one, an outage
 * prefix: whose, NULL where the server speaks of itself.
 * Returns the open service because of which a failed login of the rule's service counts for nobody now, or NULL. */
struct breaker_service *breaker_hear(struct breaker *breaker, const struct rule *rule, const struct prefix *prefix, int64_t now_ms);

/* breaker_is_open - would a failed login at now_ms count for nobody? Changes nothing. */
bool breaker_is_open(const struct breaker_service *service, int64_t now_ms);

/* breaker_next_failing - walk the customers that have failed since the trouble began: in the service, after words in any;
 * *cursor 0 first */
const struct customer *breaker_next_failing(const struct breaker *breaker, const struct breaker_service *service, uint32_t *cursor);

/* breaker_restore_customer, breaker_restore_service - put back what was saved; false: not what they can hold
 */
bool breaker_restore_customer(struct breaker *breaker, const void *bytes, size_t len);
bool breaker_restore_service(struct breaker *breaker, const void *bytes, size_t len);

#endif
