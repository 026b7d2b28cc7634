/* test_health - silence, blindness and bans that do not bite are told, and nothing else is */
#include "judge_world.h"

#include "service/health.h"
#include "service/status.h"

#define A "198.51.100.7"
#define SECOND_USEC UINT64_C(1000000)

static struct world world;
static struct source source;
static struct follow follow;
static struct setup setup;
static struct daemon daemon_;
static char told[2000];
static bool critical;

static void note(void *arg, const struct trouble *trouble)
{
	size_t used = strlen(told);

	(void)arg;
	critical |= trouble->critical;
	snprintf(told + used, sizeof(told) - used, "%s%s: %s", used ? "; " : "", trouble_names[trouble->kind], trouble->text);
}

static const char *troubles(void)
{
	told[0] = '\0';
	critical = false;
	clock_stand(world_now_ms);
	health_troubles(&daemon_, note, NULL);
	return told;
}

static uint64_t now_usec(void)
{
	uint64_t usec = 0;

	sd_event_now(source.loop, CLOCK_MONOTONIC, &usec);
	return usec;
}

static void begin(void)
{
	source = (struct source){ .loop = source.loop, .name = (char *)(uintptr_t)"/var/log/mail.log", .is_file = true,
				  .stats = { .present = true } };
	follow = (struct follow){ .source = &source, .judge = world.judge };
	daemon_ = (struct daemon){ .setup = &setup, .dry_run = true, .judge = world.judge, .loop = source.loop,
				   .follows = { .at = &follow, .count = 1 } };
}

static void test_source(void)
{
	begin();
	tap_str(troubles(), "", "all is well");
	source.stats.present = false;
	tap_str(troubles(), "source: /var/log/mail.log is not being read: not there yet", "a log that is not there");
	tap_ok(critical && strcmp(status_word(&daemon_, true), "critical") == 0, "is critical, where it is the only one");
	tap_str(status_word(&daemon_, false), "amiss", "and status is amiss");

	begin();
	follow.pace = (struct pace){ .live = HEALTH_SILENCE_LINES, .silence_usec = 100 * SECOND_USEC,
				     .last_usec = now_usec() - (HEALTH_SILENCE_S + 1) * SECOND_USEC };
	tap_str(troubles(), "silent-source: /var/log/mail.log has said nothing for 15m1s; before, it was never silent for more than 1m41s",
		"a source that usually speaks is silent");
	tap_ok(!critical && strcmp(status_word(&daemon_, true), "amiss") == 0, "a warning");
	follow.pace.live--;
	tap_str(troubles(), "", "not where too little is known of it");
	follow.pace.live++;
	follow.pace.last_usec += 2 * SECOND_USEC;
	tap_str(troubles(), "", "not so soon");
	follow.pace.last_usec -= 2 * SECOND_USEC;
	follow.pace.silence_usec = 400 * SECOND_USEC;
	tap_str(troubles(), "", "not where such silences are usual");
}

static void hits(unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		world_say(&world, "each", i, A);
}

static void test_rule(void)
{
	begin();
	hits(6);
	world.judge->rule_errors[0] = HEALTH_RULE_ERRORS;
	tap_str(troubles(), "", "a rule that has just counted");
	world_now_ms += (HEALTH_RULE_SILENT_S + 1) * INT64_C(1000);
	tap_ok(strncmp(troubles(), "silent-rule: t/each has counted 50 errors, but none for 7d", 57) == 0, "is silent for a week: %s", told);
	world.judge->rule_errors[0]--;
	tap_str(troubles(), "", "not one that hardly ever counts");
	world.judge->rule_errors[0]++;
	world_now_ms += HEALTH_RULE_GONE_S * INT64_C(1000);
	tap_str(troubles(), "", "nor one that is forgotten");
}

static int64_t late_ms;

static void look(unsigned times)
{
	struct addr addr;

	addr_parse(TEXT(A), &addr);
	for (unsigned i = 0; i < times; i++) {
		clock_stand(world_now_ms);
		unbitten_hear(&daemon_.unbitten, world.judge, &addr, world_now_ms - late_ms);
	}
}

static void test_unbitten(void)
{
	world_judge(&world);
	begin();
	look(1);
	tap_int(daemon_.unbitten.count, 0, "who is not banned tells nothing");
	hits(6);
	world_now_ms += 2000;
	look(1);
	tap_int(daemon_.unbitten.count, 0, "nor does what was on its way when the ban began");
	world_now_ms += UNBITTEN_AFTER_S * 1000;
	late_ms = UNBITTEN_AFTER_S * 1000 + 1;
	look(1);
	late_ms = 0;
	tap_int(daemon_.unbitten.count, 0, "nor does a line that comes late");
	look(5);
	tap_int(daemon_.unbitten.count, 1, "later it does; one a second is looked at");
	world_now_ms += 1000;
	look(1);
	tap_int(daemon_.unbitten.count, 2, "and the next");
	world_now_ms += (UNBITTEN_KEPT_S + 1) * INT64_C(1000);
	hits(6);
	world_now_ms += (UNBITTEN_AFTER_S + 1) * INT64_C(1000);
	look(1);
	tap_int(daemon_.unbitten.count, 1, "what is an hour old is forgotten");
}

int main(void)
{
	setenv("TZ", "UTC", 1);
	world_init(&world, WORLD_RULES, NULL);
	setup.rules = world.rules;
	setup.conf = world.conf;
	if (sd_event_new(&source.loop) < 0)
		abort();
	test_source();
	test_rule();
	test_unbitten();
	sd_event_unref(source.loop);
	world_fini(&world);
	return tap_done();
}
