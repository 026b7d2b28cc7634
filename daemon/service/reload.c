/* reload - a new config and new rules under a running daemon: all of it, or nothing
 *
 * The new setup gets a judge of its own, which takes over what the old one remembers; the sources are opened anew
 * where the old ones stood. Only then the old ones go. */
#include <errno.h>
#include <malloc.h>

#include "base/clock.h"
#include "base/log.h"
#include "judge/memory.h"
#include "service/checkpoint.h"
#include "service/engine_confine.h"
#include "service/fleet.h"
#include "service/orders.h"
#include "service/reload.h"

/* What a running process cannot change keeps its old value, and is named. */
static void keep_fixed(const struct daemon *daemon, const struct setup *setup, FILE *out)
{
	const struct conf *old = &daemon->setup->conf, *new = &setup->conf;

	if (strcmp(old->socket, new->socket) != 0)
		fprintf(out, "socket: stays %s until a restart\n", old->socket);
	if (strcmp(old->state_dir, new->state_dir) != 0)
		fprintf(out, "state_dir: stays %s until a restart\n", old->state_dir);
	if (new->dry_run != old->dry_run)
		fputs("dry_run: takes effect with a restart\n", out);
}

#define FREED_SAID 10

struct freed {
	const struct ranges *allow;
	FILE *out;
	size_t count;
};

static void say_freed(void *arg, const struct event *event)
{
	struct freed *freed = arg;
	char text[PREFIX_FMT_SIZE];

	if (!event_ended_by(event, freed->allow) || freed->count++ >= FREED_SAID)
		return;
	prefix_fmt(text, sizeof(text), &event->prefix);
	fprintf(freed->out, "%s is dropped no more: it is allowed now, or an address in it is\n", text);
}

/* Whom the new allow-list protects is not carried over, and with him all of a network that was dropped as one. */
static void tell_freed(const struct judge *old, const struct setup *setup, FILE *out)
{
	struct freed freed = { .allow = &setup->conf.allow, .out = out };

	judge_active(old, clock_now_ms(), say_freed, &freed);
	if (freed.count > FREED_SAID)
		fprintf(out, "and so are %zu more\n", freed.count - FREED_SAID);
}

/* The warden reads them; what is wrong with one, it logs, and who asks for a reload finds by himself. */
static void renew_lists(struct daemon *daemon, FILE *out)
{
	struct list_watch *before = daemon->lists;

	if (list_watch_open(&daemon->lists, daemon->loop, &daemon->setup->conf, daemon->enforce, before) < 0)
		fputs("changes of the blocklists will go unnoticed\n", out);
	list_watch_close(before);
	enforce_reload(daemon->enforce, list_watch_written(daemon->lists));
}

bool reload(struct daemon *daemon, FILE *out)
{
	struct problems problems = { .out = out };
	struct setup *setup = setup_load(daemon->setup->path, &problems), *old = daemon->setup;
	struct judge *judge, *old_judge = daemon->judge;
	struct follows follows;

	if (!setup)
		return false;
	if (!engine_can_read(&setup->conf, &old->conf, out)) {
		setup_free(setup);
		return false;
	}
	conf_allow_own(&setup->conf);
	judge = judge_new(&setup->conf, &setup->rules, daemon->tell, daemon);
	if (!judge) {
		fprintf(out, "%s\n", strerror(ENOMEM));
		setup_free(setup);
		return false;
	}
	if (follows_open(&follows, daemon->loop, setup, judge, &daemon->follows, daemon->heard, daemon) < 0) {
		fputs("the sources cannot be opened\n", out);
		judge_free(judge);
		setup_free(setup);
		return false;
	}
	keep_fixed(daemon, setup, out);
	tell_freed(old_judge, setup, out);
	memory_carry(judge, old_judge, clock_now_ms());
	match_names(setup->matcher, judge_name_key(judge), &setup->conf.names);
	follows_close(&daemon->follows);
	daemon->setup = setup;
	daemon->judge = judge;
	daemon->follows = follows;
	if (daemon->fleet)
		fleet_reload(daemon->fleet, out);
	if (setup->conf.fleet.server && !daemon->dry_run && !(daemon->fleet && fleet_is_one(daemon->fleet)))
		fputs("[fleet]: takes effect with a restart\n", out);
	checkpoint_renew(daemon->checkpoint);
	orders_enforce(daemon->orders, true);
	if (daemon->enforce)
		renew_lists(daemon, out);
	judge_free(old_judge);
	setup_free(old);
	malloc_trim(0);		/* both of them were there at a time */
	log_notice("reloaded: %zu %s, %zu %s", setup->rules.count, plural(setup->rules.count, "rule", "rules"),
		   daemon->follows.count, plural(daemon->follows.count, "source", "sources"));
	return true;
}
