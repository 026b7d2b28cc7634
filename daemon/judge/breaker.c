/* breaker - see breaker.h */
#include "judge/breaker.h"

#include <errno.h>
#include <stdlib.h>

#define WINDOW_MS (BREAKER_WINDOW_S * INT64_C(1000))
#define AGE_MS (BREAKER_AGE_S * INT64_C(1000))
#define LIFE_MS (CUSTOMER_LIFE_S * INT64_C(1000))
#define HOUR_MS INT64_C(3600000)
#define VICTIM_SAMPLE 8

static struct breaker_service *find_service(struct breaker *breaker, const char *name, size_t len)
{
	for (size_t i = 0; i < breaker->service_count; i++)
		if (strncmp(breaker->services[i].name, name, len) == 0 && breaker->services[i].name[len] == '\0')
			return &breaker->services[i];
	return NULL;
}

static struct breaker_service *add_service(struct breaker *breaker, const char *name, size_t len)
{
	struct breaker_service *service = find_service(breaker, name, len);

	if (service || breaker->service_count == BREAKER_SERVICES || len >= sizeof(service->name))
		return service;
	service = &breaker->services[breaker->service_count++];
	memcpy(service->name, name, len);
	service->hash = text_hash((struct text){ name, len });
	return service;
}

int breaker_init(struct breaker *breaker, const struct rules *rules, breaker_news_fn *news, void *arg)
{
	*breaker = (struct breaker){ .news = news, .arg = arg };
	breaker->service_of = malloc(rules->count + 1);
	if (!breaker->service_of)
		return -ENOMEM;
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->at[i];
		const struct breaker_service *service = NULL;

		if (rule->kind == RULE_LOGIN || rule->kind == RULE_FAILED_LOGIN || rule->kind == RULE_OUTAGE)
			service = add_service(breaker, rule->name, strcspn(rule->name, "/"));
		breaker->service_of[i] = service ? (uint8_t)(service - breaker->services) : BREAKER_SERVICES;
	}
	return table_init(&breaker->customers, sizeof(struct customer), CUSTOMERS_MAX);
}

void breaker_fini(struct breaker *breaker)
{
	free(breaker->service_of);
	table_fini(&breaker->customers);
}

/* ---- customers ---- */

static int64_t last_login(const void *arg, const void *slot)
{
	const struct customer *customer = slot;

	(void)arg;
	return customer->login_ms;
}

static struct customer *enter(struct breaker *breaker, const struct prefix *prefix)
{
	return table_enter(&breaker->customers, prefix, VICTIM_SAMPLE, last_login, NULL);
}

static struct customer *note_login(struct breaker *breaker, const struct prefix *prefix, int64_t now_ms)
{
	struct customer *customer = enter(breaker, prefix);
	int64_t ago_ms = now_ms - customer->login_ms;

	if (ago_ms >= 0 && ago_ms < HOUR_MS && customer->since_ms <= now_ms)
		return customer;	/* not each login is worth saving */
	if (ago_ms >= LIFE_MS || customer->since_ms > now_ms)
		customer->since_ms = now_ms;
	customer->login_ms = now_ms;
	table_touch(&breaker->customers, customer);
	return customer;
}

static bool is_old_customer(const struct customer *customer, int64_t now_ms)
{
	return customer && now_ms - customer->since_ms >= AGE_MS && now_ms - customer->login_ms < LIFE_MS;
}

/* What is noted of a customer in a service; a mark that speaks of bygone times may be taken. NULL: it is busy in too many. */
static struct customer_mark *mark_of(struct breaker *breaker, const struct breaker_service *service, struct customer *customer)
{
	struct customer_mark *free_mark = NULL;

	for (unsigned i = 0; i < CUSTOMER_MARKS; i++) {
		struct customer_mark *mark = &customer->marks[i];
		bool current = false;

		if (mark->service == service->hash)
			return mark;
		for (size_t s = 0; s < breaker->service_count && !current; s++)
			current = breaker->services[s].hash == mark->service && (breaker->services[s].window == mark->window ||
				  (mark->silence && breaker->services[s].silence == mark->silence));
		if (!current)
			free_mark = mark;
	}
	if (free_mark)
		*free_mark = (struct customer_mark){ .service = service->hash };
	return free_mark;
}

static struct customer_mark *mark_in_window(struct breaker *breaker, const struct breaker_service *service, struct customer *customer)
{
	struct customer_mark *mark = mark_of(breaker, service, customer);

	if (mark && mark->window != service->window) {
		mark->window = service->window;
		mark->failed = mark->logged_in = false;
	}
	return mark;
}

/* ---- services ---- */

static bool is_silence(const struct breaker_service *service)
{
	return service->seen && service->silent * UINT64_C(1000) >= BREAKER_SILENCE * 1000 + UINT64_C(2) * service->usual_milli;
}

static bool is_surge(const struct breaker_service *service)
{
	return service->windows >= BREAKER_LEARN && service->failing >= BREAKER_SURGE &&
	       service->failing >= service->working && 2 * service->failing >= service->worked &&
	       service->failing * UINT64_C(1000) >= UINT64_C(1) * BREAKER_SURGE_FACTOR * service->usual_milli;
}

/* false: all is well */
static bool is_trouble(const struct breaker_service *service, enum breaker_why *why)
{
	if (service->words >= BREAKER_WORDS)
		*why = BREAKER_BY_WORDS;
	else if (is_silence(service))
		*why = BREAKER_BY_SILENCE;
	else if (is_surge(service))
		*why = BREAKER_BY_SURGE;
	else
		return false;
	return true;
}

static void open_it(struct breaker *breaker, struct breaker_service *service, enum breaker_why why, int64_t now_ms)
{
	service->open = true;
	service->why = (uint8_t)why;
	service->open_ms = now_ms;
	service->held = 0;
	if (why == BREAKER_BY_WORDS)
		breaker->speaker = service;
	breaker->news(breaker->arg, service, now_ms);
}

static void close_it(struct breaker *breaker, struct breaker_service *service, int64_t now_ms)
{
	service->open = false;
	service->changed = true;
	service->silence = service->silent = service->words = 0;
	if (breaker->speaker == service)
		breaker->speaker = NULL;
	breaker->news(breaker->arg, service, now_ms);
}

static bool is_over(const struct breaker_service *service, int64_t now_ms)
{
	return now_ms - service->last_ms >= 2 * WINDOW_MS;
}

bool breaker_is_open(const struct breaker_service *service, int64_t now_ms)
{
	return service->open && !is_over(service, now_ms);
}

/* A window is over, perhaps one in which nothing happened. */
static void end_window(struct breaker *breaker, struct breaker_service *service, int64_t now_ms)
{
	int64_t off;

	if (service->open && service->why == BREAKER_BY_SURGE && !is_surge(service))
		close_it(breaker, service, now_ms);
	if (service->windows < BREAKER_MEMORY)
		service->windows++;
	off = service->failing * INT64_C(1000) - service->usual_milli;
	service->usual_milli = (uint32_t)(service->usual_milli + off / service->windows);
	service->worked = service->working;
	service->failing = service->working = 0;
}

static int64_t not_after(int64_t time_ms, int64_t now_ms)
{
	return time_ms < now_ms ? time_ms : now_ms;
}

/* The clock was set back, or another log tells of earlier times: nothing has begun later than now. */
static void turn_back(struct breaker_service *service, int64_t now_ms)
{
	service->open_ms = not_after(service->open_ms, now_ms);
	service->last_ms = not_after(service->last_ms, now_ms);
	service->words_ms = not_after(service->words_ms, now_ms);
	service->silence_ms = not_after(service->silence_ms, now_ms);
	service->window_ms = now_ms;
	service->failing = service->working = service->worked = 0;
}

static void pass_time(struct breaker *breaker, struct breaker_service *service, int64_t now_ms)
{
	int64_t passed = service->window ? (now_ms - service->window_ms) / WINDOW_MS : 0;
	bool back = !service->window || now_ms < service->window_ms;

	if (service->open && is_over(service, now_ms))
		close_it(breaker, service, now_ms);
	for (int64_t i = 0; i < passed && i < BREAKER_MEMORY; i++)
		end_window(breaker, service, now_ms);
	if (back)
		turn_back(service, now_ms);
	else
		service->window_ms += passed * WINDOW_MS;
	if (back || passed > 0)
		service->window = service->serial = ++breaker->serial;
	if (!service->open && now_ms - service->silence_ms >= WINDOW_MS)
		service->silence = service->silent = 0;
	if (!service->open && now_ms - service->words_ms >= WINDOW_MS)
		service->words = 0;
}

/* Logins work again: who failed until now is no evidence of what comes. */
static void recover(struct breaker *breaker, struct breaker_service *service, int64_t now_ms)
{
	if (!service->window)
		return;
	pass_time(breaker, service, now_ms);
	if (service->open)
		return;		/* for reasons of its own */
	end_window(breaker, service, now_ms);
	service->window_ms = now_ms;
	service->window = service->serial = ++breaker->serial;
	service->changed = true;
}

/* Who was forgotten in between counts again: never more than are known. */
static void count_one(uint32_t *customers)
{
	*customers += *customers < CUSTOMERS_MAX;
}

static void hear_login(struct breaker *breaker, struct breaker_service *service, const struct prefix *prefix, int64_t now_ms)
{
	struct customer *customer = note_login(breaker, prefix, now_ms);
	struct customer_mark *mark = mark_in_window(breaker, service, customer);

	if (mark && !mark->logged_in) {
		mark->logged_in = true;
		count_one(&service->working);
		table_touch(&breaker->customers, customer);
	}
	service->seen = true;
	service->silence = service->silent = 0;
	for (size_t i = 0; i < breaker->service_count; i++) {
		breaker->services[i].changed |= breaker->services[i].words > 0;
		breaker->services[i].words = 0;
	}
	if (service->open && service->why == BREAKER_BY_SILENCE) {
		close_it(breaker, service, now_ms);
		recover(breaker, service, now_ms);
	}
	if (breaker->speaker) {
		close_it(breaker, breaker->speaker, now_ms);
		for (size_t i = 0; i < breaker->service_count; i++)
			recover(breaker, &breaker->services[i], now_ms);
	}
}

/* Each customer counts once a silence and once a window. */
static void hear_failure(struct breaker *breaker, struct breaker_service *service, const struct prefix *prefix, int64_t now_ms)
{
	struct customer *customer = table_find(&breaker->customers, prefix);
	struct customer_mark *mark = is_old_customer(customer, now_ms) ? mark_in_window(breaker, service, customer) : NULL;

	if (!mark)
		return;
	service->last_ms = now_ms;
	if (!service->silence) {
		service->silence = service->serial = ++breaker->serial;
		service->silence_ms = now_ms;
	}
	if (mark->failed && mark->silence == service->silence)
		return;
	if (mark->silence != service->silence)
		count_one(&service->silent);
	if (!mark->failed)
		count_one(&service->failing);
	mark->silence = service->silence;
	mark->failed = true;
	table_touch(&breaker->customers, customer);
}

static void hear_words(struct breaker_service *service, int64_t now_ms)
{
	if (service->words == 0)
		service->words_ms = now_ms;
	service->words += service->words < BREAKER_WORDS;
	service->last_ms = now_ms;
	service->changed = true;
}

struct breaker_service *breaker_hear(struct breaker *breaker, const struct rule *rule, const struct prefix *prefix, int64_t now_ms)
{
	uint8_t number = breaker->service_of[rule->id];
	struct breaker_service *service = &breaker->services[number];
	enum breaker_why why;

	if (number == BREAKER_SERVICES)
		return NULL;
	pass_time(breaker, service, now_ms);
	if (breaker->speaker && breaker->speaker != service)
		pass_time(breaker, breaker->speaker, now_ms);
	if (rule->kind == RULE_LOGIN)
		hear_login(breaker, service, prefix, now_ms);
	else if (prefix)
		hear_failure(breaker, service, prefix, now_ms);
	else
		hear_words(breaker->speaker ? breaker->speaker : service, now_ms);
	if (!service->open && is_trouble(service, &why))
		open_it(breaker, service, why, now_ms);
	service->changed = true;
	return breaker->speaker ? breaker->speaker : service->open ? service : NULL;
}

static bool has_failed_lately(const struct breaker_service *service, const struct customer *customer)
{
	for (unsigned i = 0; i < CUSTOMER_MARKS; i++) {
		const struct customer_mark *mark = &customer->marks[i];

		if (mark->service == service->hash && ((service->silence && mark->silence == service->silence) ||
						       (mark->failed && mark->window == service->window)))
			return true;
	}
	return false;
}

const struct customer *breaker_next_failing(const struct breaker *breaker, const struct breaker_service *service, uint32_t *cursor)
{
	const struct customer *customer;

	while ((customer = table_next(&breaker->customers, cursor)) != NULL)
		for (size_t i = 0; i < breaker->service_count; i++)
			if ((service == &breaker->services[i] || service->why == BREAKER_BY_WORDS) &&
			    has_failed_lately(&breaker->services[i], customer))
				return customer;
	return NULL;
}

/* ---- kept over a restart and a reload ---- */

bool breaker_restore_customer(struct breaker *breaker, const void *bytes, size_t len)
{
	struct customer saved, *customer;
	struct prefix key;

	if (len != sizeof(saved))
		return false;
	memcpy(&saved, bytes, sizeof(saved));
	key = table_key(&saved.slot);
	if (!prefix_valid(&key) || !time_valid(saved.since_ms) || !time_valid(saved.login_ms))
		return false;
	customer = enter(breaker, &key);
	customer->since_ms = saved.since_ms;
	customer->login_ms = saved.login_ms;
	memcpy(customer->marks, saved.marks, sizeof(saved.marks));
	return true;
}

bool breaker_restore_service(struct breaker *breaker, const void *bytes, size_t len)
{
	struct breaker_service saved, *service;

	if (len != sizeof(saved))
		return false;
	memcpy(&saved, bytes, sizeof(saved));
	if (!memchr(saved.name, '\0', sizeof(saved.name)) || saved.open > 1 || saved.why > BREAKER_BY_SURGE || saved.seen > 1 ||
	    !time_valid(saved.open_ms) || !time_valid(saved.last_ms) || !time_valid(saved.words_ms) ||
	    !time_valid(saved.silence_ms) || !time_valid(saved.window_ms) || saved.words > BREAKER_WORDS ||
	    saved.silent > CUSTOMERS_MAX || saved.failing > CUSTOMERS_MAX || saved.working > CUSTOMERS_MAX || saved.worked > CUSTOMERS_MAX ||
	    saved.windows > BREAKER_MEMORY || saved.usual_milli > CUSTOMERS_MAX * 1000U)
		return false;
	service = find_service(breaker, saved.name, strlen(saved.name));
	if (!service)
		return true;	/* no rule of today is about its logins */
	saved.hash = service->hash;
	saved.changed = true;
	if (saved.open && saved.why == BREAKER_BY_WORDS) {
		saved.open = !breaker->speaker;
		breaker->speaker = saved.open ? service : breaker->speaker;
	}
	*service = saved;
	if (saved.serial > breaker->serial)	/* numbers never come again */
		breaker->serial = saved.serial;
	return true;
}
