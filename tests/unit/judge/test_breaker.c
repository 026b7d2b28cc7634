/* test_breaker - an outage of the server's own bans nobody, an attacker cannot feign one, and it ends by itself
 *
 * Random timelines against a model that keeps plain sets where the breaker has marks and numbers; then whole stories
 * through the engine; then max_bans_per_minute. */
#include "judge/memory.h"
#include "judge_world.h"
#include "random.h"

#define MINUTE_MS INT64_C(60000)
#define WINDOW_MS (BREAKER_WINDOW_S * INT64_C(1000))

/* ---- the model ---- */

#define TIMELINES 3000
#define STEPS 400
#define PEOPLE 40
#define SERVICES 3

struct model {
	int64_t since_ms[PEOPLE], login_ms[PEOPLE];
	bool customer[PEOPLE];
	struct model_service {
		bool open, seen, begun;
		enum breaker_why why;
		int64_t last_ms, window_ms, silence_ms, words_ms;
		bool silence;
		unsigned words, windows, worked;
		uint32_t usual_milli;
		bool silent[PEOPLE], failing[PEOPLE], working[PEOPLE];
	} services[SERVICES];
};

static unsigned size_of(const bool set[PEOPLE])
{
	unsigned size = 0;

	for (unsigned i = 0; i < PEOPLE; i++)
		size += set[i];
	return size;
}

static bool model_surge(const struct model_service *s)
{
	return s->windows >= BREAKER_LEARN && size_of(s->failing) >= BREAKER_SURGE &&
	       size_of(s->failing) * 1000ULL >= BREAKER_SURGE_FACTOR * (uint64_t)s->usual_milli &&
	       size_of(s->failing) >= size_of(s->working) && 2 * size_of(s->failing) >= s->worked;
}

static void model_close(struct model_service *s)
{
	s->open = s->silence = false;
	s->words = 0;
	memset(s->silent, 0, sizeof(s->silent));
}

static void earlier(int64_t *time_ms, int64_t now_ms)
{
	*time_ms = *time_ms < now_ms ? *time_ms : now_ms;
}

static void model_learn(struct model_service *s)
{
	s->windows += s->windows < BREAKER_MEMORY;
	s->usual_milli = (uint32_t)(s->usual_milli + (size_of(s->failing) * 1000LL - s->usual_milli) / (int64_t)s->windows);
	s->worked = size_of(s->working);
	memset(s->failing, 0, sizeof(s->failing));
	memset(s->working, 0, sizeof(s->working));
}

static void model_time(struct model_service *s, int64_t now_ms)
{
	bool back = !s->begun || now_ms < s->window_ms;

	if (s->open && now_ms - s->last_ms >= 2 * WINDOW_MS)
		model_close(s);
	if (back) {
		earlier(&s->last_ms, now_ms);
		earlier(&s->silence_ms, now_ms);
		earlier(&s->words_ms, now_ms);
		s->window_ms = now_ms;
		memset(s->failing, 0, sizeof(s->failing));
		memset(s->working, 0, sizeof(s->working));
		s->begun = true;
		s->worked = 0;
	}
	for (unsigned n = 0; now_ms - s->window_ms >= WINDOW_MS; s->window_ms += WINDOW_MS, n++) {
		if (n >= BREAKER_MEMORY)
			continue;
		if (s->open && s->why == BREAKER_BY_SURGE && !model_surge(s))
			model_close(s);
		model_learn(s);
	}
	if (!s->open && s->silence && now_ms - s->silence_ms >= WINDOW_MS) {
		s->silence = false;
		memset(s->silent, 0, sizeof(s->silent));
	}
	if (!s->open && now_ms - s->words_ms >= WINDOW_MS)
		s->words = 0;
}

static struct model_service *model_speaker(struct model *model)
{
	for (unsigned i = 0; i < SERVICES; i++)
		if (model->services[i].open && model->services[i].why == BREAKER_BY_WORDS)
			return &model->services[i];
	return NULL;
}

static void model_recover(struct model_service *s, int64_t now_ms)
{
	if (!s->begun)
		return;
	model_time(s, now_ms);
	if (s->open)
		return;
	model_learn(s);
	s->window_ms = now_ms;
}

static void model_login(struct model *model, struct model_service *s, unsigned who, int64_t now_ms)
{
	int64_t ago_ms = now_ms - model->login_ms[who];

	if (!model->customer[who] || ago_ms >= CUSTOMER_LIFE_S * INT64_C(1000) || model->since_ms[who] > now_ms)
		model->since_ms[who] = model->login_ms[who] = now_ms;
	if (ago_ms < 0 || ago_ms >= 3600000)
		model->login_ms[who] = now_ms;
	model->customer[who] = true;
	s->working[who] = s->seen = true;
	s->silence = false;
	memset(s->silent, 0, sizeof(s->silent));
	for (unsigned i = 0; i < SERVICES; i++)
		model->services[i].words = 0;
	if (s->open && s->why == BREAKER_BY_SILENCE) {
		model_close(s);
		model_recover(s, now_ms);
	}
	if (model_speaker(model)) {
		model_close(model_speaker(model));
		for (unsigned i = 0; i < SERVICES; i++)
			model_recover(&model->services[i], now_ms);
	}
}

/* Whether failed logins count for nobody after this line. */
static bool model_hear(struct model *model, unsigned service, enum rule_kind kind, int who, int64_t now_ms)
{
	struct model_service *s = &model->services[service], *speaker = model_speaker(model);

	model_time(s, now_ms);
	if (speaker && speaker != s)
		model_time(speaker, now_ms);
	speaker = model_speaker(model);
	if (kind == RULE_LOGIN) {
		model_login(model, s, (unsigned)who, now_ms);
	} else if (who < 0) {
		struct model_service *to = speaker ? speaker : s;

		if (to->words++ == 0)
			to->words_ms = now_ms;
		to->last_ms = now_ms;
	} else if (model->customer[who] && now_ms - model->since_ms[who] >= BREAKER_AGE_S * 1000 &&
		   now_ms - model->login_ms[who] < CUSTOMER_LIFE_S * INT64_C(1000)) {
		if (!s->silence)
			s->silence_ms = now_ms;
		s->silence = s->silent[who] = s->failing[who] = true;
		s->last_ms = now_ms;
	}
	if (!s->open) {
		s->open = true;
		if (s->words >= BREAKER_WORDS)
			s->why = BREAKER_BY_WORDS;
		else if (s->seen && size_of(s->silent) * 1000ULL >= BREAKER_SILENCE * 1000 + 2ULL * s->usual_milli)
			s->why = BREAKER_BY_SILENCE;
		else if (model_surge(s))
			s->why = BREAKER_BY_SURGE;
		else
			s->open = false;
	}
	return model_speaker(model) || s->open;
}

static const char model_rules[] =
	"service a\nprogram a\n"
	"rule no\n about x\n kind failed-login\n match no <addr>\n"
	"rule yes\n about x\n kind login\n match yes <addr>\n"
	"rule down\n about x\n kind outage\n match down\n"
	"rule away\n about x\n kind outage\n match away <addr>\n";

static unsigned opened[3], closings;

static void count_news(void *arg, const struct breaker_service *service, int64_t now_ms)
{
	(void)arg, (void)now_ms;
	if (service->open)
		opened[service->why]++;
	else
		closings++;
}

static void read_services(struct rules *rules)
{
	struct problems problems = { .out = stderr };
	struct conf conf;
	char text[sizeof(model_rules)];

	conf_load(&conf, "/dev/null", &problems);
	for (char name = 'a'; name < 'a' + SERVICES; name++) {
		static char paths[SERVICES][8];

		memcpy(text, model_rules, sizeof(text));
		text[8] = name;
		snprintf(paths[name - 'a'], sizeof(*paths), "%c.pat", name);
		rules_read_text(rules, paths[name - 'a'], (struct text){ text, strlen(text) }, false, &problems);
	}
	rules_apply(rules, &conf, &problems);
	conf_fini(&conf);
	if (problems.count || rules->count != 4 * SERVICES)
		abort();
}

/* What is saved and put back is the same breaker. */
static void save_and_restore(struct breaker **breaker, struct breaker *other, const struct rules *rules)
{
	uint32_t cursor = 0;
	const void *slot;

	if (breaker_init(other, rules, count_news, NULL) < 0)
		abort();
	for (size_t i = 0; i < (*breaker)->service_count; i++)
		breaker_restore_service(other, &(*breaker)->services[i], sizeof((*breaker)->services[i]));
	while ((slot = table_next(&(*breaker)->customers, &cursor)) != NULL)
		breaker_restore_customer(other, slot, sizeof(struct customer));
	breaker_fini(*breaker);
	*breaker = other;
}

static bool timeline(const struct rules *rules)
{
	static struct breaker two[2];
	struct breaker *breaker = &two[0];
	static struct model model;
	int64_t now_ms = WORLD_BEGINS_MS;
	bool same = true;
	uint32_t crowd = 1 + random_below(PEOPLE), mood = 0;

	memset(&model, 0, sizeof(model));
	if (breaker_init(breaker, rules, count_news, NULL) < 0)
		abort();
	for (unsigned step = 0; step < STEPS && same; step++) {
		static const enum rule_kind kinds[] = { RULE_FAILED_LOGIN, RULE_LOGIN, RULE_OUTAGE, RULE_OUTAGE };
		unsigned service = random_below(random_below(4) ? 1 : SERVICES), what, who = random_below(crowd);
		struct prefix prefix = world_prefix("198.51.100.0");
		bool held;

		if (step % 50 == 0)
			mood = random_below(3);
		what = mood == 0 ? random_below(4) == 0 ? 0 : 1 : mood == 1 ? random_below(20) == 0 : random_below(4);
		prefix.addr.bytes[15] = (uint8_t)who;
		if (what == 2 && random_below(3))
			what = 3;
		now_ms += random_below(20) == 0 ? random_below(4) * WINDOW_MS : random_below(30) * 1000;
		if (random_below(200) == 0)
			now_ms += random_below(2) ? -(int64_t)random_below(86400) * 1000 : random_below(40) * 86400 * INT64_C(1000);
		held = breaker_hear(breaker, &rules->at[service * 4 + what], what == 2 ? NULL : &prefix, now_ms) != NULL;
		same = held == model_hear(&model, service, kinds[what], what == 2 ? -1 : (int)who, now_ms);
		for (unsigned i = 0; i < SERVICES; i++)
			same = same && breaker->services[i].open == model.services[i].open &&
			       (!breaker->services[i].open || breaker->services[i].why == model.services[i].why);
		if (!same)
			printf("# step %u, rule %u of service %u, by %u: the breaker says %s, the model does not, or they know another outage\n",
			       step, what, service, who, held ? "held" : "counted");
		if (random_below(100) == 0)
			save_and_restore(&breaker, breaker == &two[0] ? &two[1] : &two[0], rules);
	}
	breaker_fini(breaker);
	return same;
}

static void test_model(void)
{
	struct rules rules = { 0 };
	unsigned same = 0, tried = 0;

	read_services(&rules);
	for (; tried < TIMELINES && tried - same < 5; tried++)
		same += timeline(&rules);
	tap_int(same, TIMELINES, "random timelines of %d lines in %d services, saved and restored in between: open when the definition says so",
		STEPS, SERVICES);
	tap_ok(opened[BREAKER_BY_WORDS] > 100 && opened[BREAKER_BY_SILENCE] > 100 && opened[BREAKER_BY_SURGE] > 20 && closings > 200,
	       "and there was enough of each: %u by words, %u by silence, %u by surge, %u ends", opened[BREAKER_BY_WORDS],
	       opened[BREAKER_BY_SILENCE], opened[BREAKER_BY_SURGE], closings);
	rules_fini(&rules);
}

/* ---- stories ---- */

static const char story_rules[] = WORLD_RULES
	"rule no\n about x\n kind failed-login\n match no <client>\n"
	"rule yes\n about x\n kind login\n match yes <client>\n"
	"rule down\n about x\n kind outage\n match we are down\n";

static struct event notices[50];
static size_t notice_count;

static void take_notice(void *arg, const struct event *notice)
{
	(void)arg;
	if (event_is_verdict(notice))
		return;
	if (notice_count < 50)
		notices[notice_count] = *notice;
	notice_count++;
}

static struct world world;

static void begin(void)
{
	world_now_ms = WORLD_BEGINS_MS;
	world.conf.policy.max_bans_per_minute = 0;
	world_judge(&world);
	world.notice = take_notice;
	notice_count = 0;
}

static void say(const char *rule, unsigned who)
{
	char addr[32];

	snprintf(addr, sizeof(addr), "198.51.%u.%u", 100 + who / 250, 1 + who % 250);
	world_say(&world, rule, who, addr);
}

static void say_all(const char *rule, unsigned from, unsigned to)
{
	for (unsigned who = from; who < to; who++)
		say(rule, who);
}

static const struct breaker_service *service(void)
{
	return &world.judge->breaker.services[0];
}

static bool is_open(void)
{
	return breaker_is_open(service(), world_now_ms);
}

/* customers: so many log in every five minutes, for two hours */
static void usual_traffic(unsigned customers)
{
	for (unsigned i = 0; i < 24; i++) {
		say_all("yes", 0, customers);
		world_now_ms += 5 * MINUTE_MS;
	}
}

static unsigned count_verdicts(enum event_kind kind)
{
	unsigned count = 0;

	for (size_t i = 0; i < world.count && i < WORLD_VERDICTS; i++)
		count += world.got[i].kind == kind;
	return count;
}

static uint64_t running_now;

static void count_running(void *arg, const struct event *verdict)
{
	(void)arg, (void)verdict;
	running_now++;
}

static uint64_t running(void)
{
	running_now = 0;
	judge_active(world.judge, world_now_ms, count_running, NULL);
	return running_now;
}

static void test_outage(void)
{
	begin();
	usual_traffic(20);
	for (unsigned round = 0; round < 5; round++)	/* the first of them is hasty */
		say("no", 0);
	say("no", 0);
	tap_str(world_last(&world), "ban 198.51.100.1 3600 6 t/no", "before it is known that we are at fault, a customer who fails six times is banned");
	for (unsigned round = 0; round < 60; round++) {
		say_all("no", 0, 20);
		world_now_ms += MINUTE_MS / 2;
	}
	tap_ok(is_open() && service()->why == BREAKER_BY_SILENCE, "twenty customers fail for half an hour, nobody logs in: that is an outage");
	tap_int(notice_count, 1, "which is told once");
	tap_int(running(), 0, "nobody is banned or delayed: the ban of before is taken back");
	tap_int(count_verdicts(VERDICT_BAN), 1, "and there was no other");
	tap_int(judge_addresses(world.judge), 0, "the errors of before are forgotten");
	say_all("no", 300, 320);
	for (unsigned i = 0; i < 10; i++)
		say("no", 300);
	tap_int(running(), 0, "a stranger's failed logins count for nobody either");
	for (unsigned i = 0; i < 6; i++)
		say("each", 301);
	tap_str(world_last(&world), "ban 198.51.101.52 3600 6 t/each", "but what is no login counts as ever");
	tap_ok(judge_figures(world.judge)->uncounted > 1000, "what did not count is counted");

	struct judge *old = world.judge;
	world.judge = NULL;
	world_judge(&world);
	memory_carry(world.judge, old, world_now_ms);
	judge_free(old);
	tap_ok(is_open(), "a reload changes nothing about it");
	say("yes", 3);
	say_all("no", 8, 12);
	tap_ok(!is_open(), "the first login ends it");
	tap_int(notice_count, 2, "which is told, too");
	tap_ok(notices[1].kind == NOTICE_OUTAGE_OVER && notices[1].uncounted > 1000, "with how many did not count");
	for (unsigned i = 0; i < 6; i++)
		say("no", 300);
	tap_str(world_last(&world), "ban 198.51.101.51 3600 6 t/no", "from then on failed logins ban");
}

/* four neighbours of one network are hasty */
static void test_network(void)
{
	world.conf.policy.network_limit = 4;
	begin();
	usual_traffic(20);
	for (unsigned i = 0; i < 6; i++)
		say_all("no", 0, 4);
	tap_str(world_last(&world), "ban 198.51.100.0/24 3600 6 network", "four customers of one network are banned, and their network");
	say_all("no", 4, 5);
	tap_ok(is_open() && running() == 0, "a fifth fails: an outage, and all of that is taken back");
	say("yes", 0);
	for (unsigned i = 0; i < 6; i++)
		say("each", 30);
	tap_int(running(), 1, "nor do the four make up a network's ban later");
	world.conf.policy.network_limit = 0;
}

static void count_customer(void *arg, const struct prefix *customer)
{
	(void)customer;
	++*(unsigned *)arg;
}

/* what another host's outage pardons */
static void test_elsewhere(void)
{
	struct prefix customer = world_prefix("198.51.100.1");
	unsigned failing = 0;

	begin();
	usual_traffic(20);
	say("each", 0);
	for (unsigned i = 0; i < 4; i++)
		say_all("no", 0, 2);
	judge_pardon(world.judge, &customer, world_now_ms);
	tap_str(world_last(&world), "release 198.51.100.1 0 0 outage", "one whom another host pardons is released");
	say("each", 0);
	say("no", 0);
	tap_str(world_last(&world), "delay 198.51.100.1 10 3 t/no", "what is no failed login still counts");
	tap_int(running(), 2, "as does what others have failed");
	say_all("no", 2, 6);
	judge_outage_failing(world.judge, &notices[0], count_customer, &failing);
	tap_ok(is_open() && failing == 6, "whom an outage pardons can be told");
}

static void test_ends_alone(void)
{
	begin();
	usual_traffic(20);
	for (unsigned round = 0; round < 4; round++)
		say_all("no", 0, 20);
	tap_ok(is_open(), "everybody fails: open");
	world_now_ms += 2 * WINDOW_MS - 1;
	tap_ok(is_open(), "customers stay away: open for two windows");
	world_now_ms++;
	tap_ok(!is_open(), "and no longer");
	for (unsigned i = 0; i < 6; i++)
		say("no", 300);
	tap_str(world_last(&world), "ban 198.51.101.51 3600 6 t/no", "so that strangers are banned again");
	tap_int(notices[notice_count - 1].kind, NOTICE_OUTAGE_OVER, "and its end is told");
}

static void test_attackers(void)
{
	unsigned bans = 0;

	begin();
	usual_traffic(20);
	for (unsigned who = 300; who < 20300; who++) {	/* a botnet at night, when nobody logs in */
		char addr[32];

		snprintf(addr, sizeof(addr), "203.0.%u.%u", who / 250, 1 + who % 250);
		world.count = 0;
		for (unsigned i = 0; i < 6; i++)
			world_say(&world, "no", who, addr);
		bans += count_verdicts(VERDICT_BAN);
		world_now_ms += 1000;
	}
	tap_int(bans, 20000, "a botnet of 20,000 strangers, each banned at its sixth try");
	tap_ok(!is_open() && notice_count == 0, "and the breaker has never opened");
	tap_int(world.judge->breaker.customers.used, 20, "nor do they take any room");

	begin();
	usual_traffic(20);
	say_all("yes", 300, 400);	/* a stolen account, tried from a hundred new addresses, which then go on guessing */
	for (unsigned i = 0; i < 6; i++)
		say_all("no", 300, 400);
	tap_ok(!is_open() && running() == 100, "who has logged in only just now proves nothing: all hundred are banned");

	begin();
	usual_traffic(20);
	for (unsigned i = 0; i < 200; i++)	/* one customer, in many sessions */
		say("no", 5);
	tap_ok(!is_open() && running() == 1, "one customer who fails two hundred times is one customer, and banned");
	for (unsigned i = 0; i < 40; i++) {
		say_all("no", 6, 9);
		say("yes", 10);
		world_now_ms += MINUTE_MS;
	}
	tap_ok(!is_open(), "some fail while others log in: no outage");
}

static void test_night(void)
{
	bool ever = false;

	begin();
	usual_traffic(20);
	for (unsigned hour = 0; hour < 24 * 4; hour++) {	/* eight devices with an old password, all day and all night */
		for (unsigned i = 0; i < 6; i++) {
			if (hour % 24 < 12)
				say_all("yes", 0, 20);
			say_all("no", 0, 8);
			if (hour >= 24)		/* the first day, that is not known to be usual */
				ever |= is_open();
			world_now_ms += WINDOW_MS;
		}
	}
	tap_ok(!ever, "eight devices that always fail are usual: the nights, when nobody logs in, are no outages");
	tap_ok(service()->usual_milli > 7000 && service()->usual_milli <= 8000, "eight they are: %u thousandths", service()->usual_milli);
	say_all("no", 8, 20);
	tap_ok(!is_open(), "twenty that fail are not enough then");
	say_all("yes", 0, 20);
}

/* the first of the customers fail, the others log in, in turn */
static void mix(unsigned failing, unsigned customers)
{
	for (unsigned i = 0; i < customers; i++) {
		if (i < failing)
			say("no", i);
		if (i < customers - failing)
			say("yes", failing + i);
	}
}

static void test_surge(void)
{
	unsigned windows = 0;

	begin();
	usual_traffic(100);
	for (unsigned i = 0; i < 5; i++)	/* one of two servers behind is down: half of the customers fail, the others do not */
		mix(50, 100);
	tap_ok(is_open() && service()->why == BREAKER_BY_SURGE, "fifty customers fail at once, fifty log in: a surge");
	tap_int(running(), 0, "nobody is banned");
	world_now_ms += WINDOW_MS;
	say("no", 300);
	tap_ok(is_open(), "it lasts until a window is none");
	world_now_ms += WINDOW_MS;
	say("no", 300);
	tap_ok(!is_open(), "and ends then");

	begin();
	usual_traffic(100);
	for (unsigned i = 0; i < 5; i++)
		mix(20, 100);
	tap_ok(!is_open(), "twenty fail and eighty log in: no surge");

	begin();
	usual_traffic(100);
	do {	/* a surge for ever: who feigned it would be banned again after some hours */
		mix(60, 100);
		world_now_ms += WINDOW_MS;
	} while (is_open() && ++windows < 1000);
	tap_ok(windows > 1 && windows < 60, "a surge without end becomes usual after %u windows", windows);
}

static void words(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		world_line(&world, &world.feed, "Nov 22 10:00:00 mx a/smtpd[7]: we are down", false);
}

static void test_words(void)
{
	begin();
	words(2);
	say("yes", 1);
	words(2);
	tap_ok(!is_open(), "two complaints, a login, two complaints: logins work");
	words(1);
	tap_ok(is_open() && service()->why == BREAKER_BY_WORDS, "three complaints and no login: open, even when no customer is known yet");
	for (unsigned i = 0; i < 10; i++)
		say("no", 1);
	tap_int(running(), 0, "failed logins count for nobody");
	say("yes", 1);
	tap_ok(!is_open(), "until the next login");

	begin();
	words(2);
	world_now_ms += WINDOW_MS;
	words(2);
	tap_ok(!is_open(), "a complaint now and then is none");
	words(1);
	tap_ok(is_open(), "three at a time are");
	world_now_ms += 2 * WINDOW_MS;
	tap_ok(!is_open(), "for two windows");
}

static void test_clock(void)
{
	begin();
	usual_traffic(20);
	for (unsigned round = 0; round < 4; round++)
		say_all("no", 0, 20);
	tap_ok(is_open(), "everybody fails: open");
	world_now_ms -= 86400000;
	say_all("no", 300, 301);
	tap_ok(is_open(), "the clock is set back by a day: still open");
	world_now_ms += 2 * WINDOW_MS;
	say("no", 300);
	tap_ok(!is_open(), "and no longer than two windows of the new time");
	world_now_ms += 400 * INT64_C(86400000);
	for (unsigned i = 0; i < 6; i++)
		say_all("no", 0, 20);
	tap_ok(!is_open() && running() == 20, "who logged in last a year ago is no customer");
}

static void log_in(uint32_t count, int64_t pause_ms)
{
	for (uint32_t i = 0; i < count; i++) {
		struct prefix prefix = world_prefix("10.0.0.0");

		prefix.addr.bytes[13] = (uint8_t)(i >> 16);
		prefix.addr.bytes[14] = (uint8_t)(i >> 8);
		prefix.addr.bytes[15] = (uint8_t)i;
		breaker_hear(&world.judge->breaker, rules_find(&world.rules, (struct text)TEXT("t/yes")), &prefix, world_now_ms += pause_ms);
	}
}

static void test_capacity(void)
{
	struct breaker_service saved;

	begin();
	log_in(CUSTOMERS_MAX + 1000, 1000);
	tap_int(world.judge->breaker.customers.used, CUSTOMERS_MAX, "more customers than there is room for: some are forgotten");
	log_in(2 * CUSTOMERS_MAX, 0);
	saved = *service();
	tap_ok(breaker_restore_service(&world.judge->breaker, &saved, sizeof(saved)), "more of them within a window than are known: it is understood at a start");
}

/* ---- max_bans_per_minute ---- */

static void test_limit(void)
{
	struct prefix prefix = world_prefix("203.0.113.9");

	begin();
	world.conf.policy.max_bans_per_minute = 3;
	world_judge(&world);
	world.notice = take_notice;
	for (unsigned i = 0; i < 5; i++)
		say_all("each", 0, 10);
	world.count = 0;
	say_all("each", 0, 10);
	tap_int(count_verdicts(VERDICT_BAN), 3, "ten reach the hard limit within a minute, three may be banned");
	tap_int(count_verdicts(VERDICT_DELAY), 7, "the others are delayed");
	tap_int(world_seconds(&world.got[9]), 80, "once more twice as long");
	tap_int(judge_figures(world.judge)->withheld, 7, "seven bans were withheld");
	tap_ok(notice_count == 1 && notices[0].kind == NOTICE_WITHHELD && notices[0].limit == 3, "which is told once");
	world.count = 0;
	say_all("each", 3, 10);
	tap_int(count_verdicts(VERDICT_BAN), 0, "in the same minute they are not banned");
	tap_int(notice_count, 1, "and it is not told again");
	judge_ban(world.judge, &prefix, 60, world_now_ms);
	tap_int(count_verdicts(VERDICT_BAN), 1, "the operator's own ban is none of these");
	world_now_ms += MINUTE_MS;
	world.count = 0;
	say_all("each", 3, 10);
	tap_int(count_verdicts(VERDICT_BAN), 3, "in the next minute the next error bans: three of them");
	tap_int(notice_count, 2, "and it is told again that there are more");
	world_now_ms += MINUTE_MS;
	say_all("each", 6, 10);
	world_now_ms += MINUTE_MS;
	world.count = 0;
	say_all("each", 9, 10);
	tap_str(world_last(&world), "ban 198.51.100.10 3600 6 t/each", "no count was lost on the way");
	world.conf.policy.max_bans_per_minute = 0;

	world.conf.policy.hard_error_limit = world.conf.policy.soft_error_limit = 1;
	world.conf.policy.max_bans_per_minute = 1;
	world_judge(&world);
	say_all("each", 0, 3);
	tap_ok(world.count == 1 && world.got[0].kind == VERDICT_BAN, "without delays there are none in place of bans");
	world_now_ms += MINUTE_MS;
	say("each", 1);
	tap_str(world_last(&world), "ban 198.51.100.2 3600 1 t/each", "and the next error bans");
	world.conf.policy.hard_error_limit = 6;
	world.conf.policy.soft_error_limit = 3;
}

int main(void)
{
	setenv("TZ", "UTC", 1);
	test_model();
	world_init(&world, story_rules, NULL);
	test_outage();
	test_network();
	test_elsewhere();
	test_ends_alone();
	test_attackers();
	test_night();
	test_surge();
	test_words();
	test_clock();
	test_capacity();
	test_limit();
	world_fini(&world);
	return tap_done();
}
