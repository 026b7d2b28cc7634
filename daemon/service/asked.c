/* asked - see asked.h */
#include "service/asked.h"

#include <string.h>
#include <time.h>

static uint64_t now_usec(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static bool fresh(uint64_t usec, unsigned ms)
{
	return usec && now_usec() - usec < ms * 1000ULL;
}

static bool waiting(const struct asked *asked)
{
	bool any = asked->sets_asked;

	for (size_t i = 0; i < ASKED_LOOKS; i++)
		any |= asked->looks[i].usec && !asked->looks[i].answered && !asked->looks[i].given_up;
	return any;
}

/* From the loop: whoever hears a reply may be in the middle of sending. */
static int on_resume(sd_event_source *source, void *arg)
{
	struct asked *asked = arg;

	(void)source;
	if (!waiting(asked))
		sd_event_source_set_enabled(asked->patience, SD_EVENT_OFF);
	if (*asked->control)
		control_resume(*asked->control);
	return 0;
}

static int on_patience(sd_event_source *source, uint64_t usec, void *arg)
{
	struct asked *asked = arg;

	(void)usec;
	for (size_t i = 0; i < ASKED_LOOKS; i++)
		asked->looks[i].given_up |= !asked->looks[i].answered;
	if (asked->sets_asked) {
		asked->sets_asked = asked->sets_known = false;
		asked->sets_usec = now_usec();
	}
	return on_resume(source, asked);
}

static void note_look(struct asked *asked, const struct wire_reply *reply)
{
	for (size_t i = 0; i < ASKED_LOOKS; i++) {
		struct asked_look *look = &asked->looks[i];

		if (!look->usec || look->answered || memcmp(&look->prefix, &reply->prefix, sizeof(look->prefix)) != 0)
			continue;
		look->answered = reply->error == 0;
		look->given_up = reply->error != 0;
		look->usec = now_usec();
		look->state = reply->state;
		look->packets = reply->figures[0];
		look->bytes = reply->figures[1];
	}
}

/* A set is looked up by more than one rule: also for the IPv4 addresses that a translator hides. */
static void note_set(struct asked *asked, const struct wire_reply *reply)
{
	struct asked_set *set = asked->coming, *end = set + asked->coming_count;
	bool block = reply->state == 1;
	struct prefix prefix = { reply->prefix.addr, block ? 0 : reply->prefix.len };

	while (set < end && (set->block != block || memcmp(&set->prefix, &prefix, sizeof(prefix)) != 0))
		set++;
	if (set == asked->coming + ASKED_SETS)
		return;
	if (set == end) {
		asked->coming_count++;
		*set = (struct asked_set){ .block = block, .prefix = prefix };
	}
	set->packets += reply->figures[0];
	set->bytes += reply->figures[1];
}

static void note_sets(struct asked *asked, bool known)
{
	memcpy(asked->sets, asked->coming, sizeof(asked->sets));
	asked->set_count = known ? asked->coming_count : 0;
	asked->sets_known = known;
	asked->sets_asked = false;
	asked->sets_usec = now_usec();
}

static void on_told(void *arg, const struct wire_reply *reply)
{
	struct asked *asked = arg;

	if (reply->op == WIRE_TOLD_SET) {
		note_set(asked, reply);
		return;
	}
	if (reply->op == WIRE_LOOK)
		note_look(asked, reply);
	else
		note_sets(asked, reply->error == 0);
	sd_event_source_set_enabled(asked->resume, SD_EVENT_ONESHOT);
}

int asked_open(struct asked *asked, sd_event *loop, struct enforce *enforce, struct control *const *control)
{
	*asked = (struct asked){ .enforce = enforce, .control = control };
	int err = sd_event_add_defer(loop, &asked->resume, on_resume, asked);

	if (err >= 0)
		err = sd_event_source_set_enabled(asked->resume, SD_EVENT_OFF);
	if (err >= 0)
		err = sd_event_add_time_relative(loop, &asked->patience, CLOCK_MONOTONIC, 0, 0, on_patience, asked);
	if (err >= 0)
		err = sd_event_source_set_enabled(asked->patience, SD_EVENT_OFF);
	if (err >= 0)
		enforce_told(enforce, on_told, asked);
	return err;
}

void asked_close(struct asked *asked)
{
	if (asked->enforce)
		enforce_told(asked->enforce, NULL, NULL);
	sd_event_source_disable_unref(asked->resume);
	sd_event_source_disable_unref(asked->patience);
	*asked = (struct asked){ .enforce = NULL };
}

/* Who asks does not know how long it takes; who has been waiting longest is given up first. */
static bool put_off(struct asked *asked)
{
	int on = SD_EVENT_OFF;

	sd_event_source_get_enabled(asked->patience, &on);
	if (on == SD_EVENT_OFF && (sd_event_source_set_time_relative(asked->patience, ASKED_PATIENCE_MS * 1000) < 0 ||
				   sd_event_source_set_enabled(asked->patience, SD_EVENT_ONESHOT) < 0))
		return false;
	return control_later(*asked->control);
}

static struct asked_look *find(struct asked *asked, const struct prefix *prefix)
{
	for (size_t i = 0; i < ASKED_LOOKS; i++)
		if (asked->looks[i].usec && memcmp(&asked->looks[i].prefix, prefix, sizeof(*prefix)) == 0)
			return &asked->looks[i];
	return NULL;
}

/* Unless that was asked already, and is not answered yet. */
static void ask(struct asked *asked, struct asked_look *found, const struct prefix *prefix)
{
	if (found && !found->answered && !found->given_up)
		return;
	found = found ? found : &asked->looks[asked->hand++ % ASKED_LOOKS];
	*found = (struct asked_look){ .prefix = *prefix, .usec = now_usec() };
	enforce_look(asked->enforce, prefix);
}

bool asked_look(struct asked *asked, const struct prefix *prefix, const struct asked_look **look)
{
	struct asked_look *found = find(asked, prefix);

	*look = NULL;
	if (!asked->enforce || enforce_is_silent(asked->enforce))
		return true;
	if (found && (found->answered || found->given_up) && fresh(found->usec, ASKED_FRESH_MS)) {
		*look = found->answered ? found : NULL;
		return true;
	}
	ask(asked, found, prefix);
	return !put_off(asked);
}

void asked_note(struct asked *asked, const struct prefix *prefix)
{
	if (asked->enforce && !enforce_is_silent(asked->enforce))
		ask(asked, find(asked, prefix), prefix);
}

const struct asked_look *asked_noted(const struct asked *asked, const struct prefix *prefix)
{
	for (size_t i = 0; i < ASKED_LOOKS; i++)
		if (asked->looks[i].answered && memcmp(&asked->looks[i].prefix, prefix, sizeof(*prefix)) == 0)
			return &asked->looks[i];
	return NULL;
}

void asked_use(struct asked *asked, const struct asked_look *look)
{
	asked->looks[look - asked->looks].usec = 1;
}

bool asked_sets(struct asked *asked)
{
	if (!asked->enforce || enforce_is_silent(asked->enforce)) {
		asked->sets_known = false;
		return true;
	}
	if (!asked->sets_asked && fresh(asked->sets_usec, ASKED_SETS_FRESH_MS))
		return true;
	if (!asked->sets_asked) {
		asked->sets_asked = true;
		asked->coming_count = 0;
		enforce_figures(asked->enforce);
	}
	return !put_off(asked);
}
