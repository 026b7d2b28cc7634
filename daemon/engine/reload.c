/* reload - a new config and new rules under a running daemon: all of it, or nothing
 *
 * The new setup gets an engine of its own, which takes over what the old one remembers; the sources are opened anew
 * where the old ones stood. Only then the old ones go. Used by daemon.c (SIGHUP) and answer.c. */
#include <errno.h>

#include "base/log.h"
#include "engine/carry.h"
#include "engine/checkpoint.h"
#include "engine/engine_confine.h"
#include "engine/reload.h"

/* What a running process cannot change keeps its old value, and is named. */
static void keep_fixed(const struct daemon *daemon, const struct setup *setup, FILE *out)
{
	const struct conf *old = &daemon->setup->conf, *new = &setup->conf;

	if (strcmp(old->socket, new->socket) != 0)
		fprintf(out, "socket: stays %s until a restart\n", old->socket);
	if (strcmp(old->state_dir, new->state_dir) != 0)
		fprintf(out, "state_dir: stays %s until a restart\n", old->state_dir);
	if (new->dry_run && !daemon->dry_run)
		fputs("dry_run: takes effect with a restart\n", out);
}

bool reload(struct daemon *daemon, FILE *out)
{
	struct problems problems = { .out = out };
	struct setup *setup = setup_load(daemon->setup->path, &problems), *old = daemon->setup;
	struct engine *engine, *old_engine = daemon->engine;
	struct follows follows;

	if (!setup)
		return false;
	if (!engine_can_read(&setup->conf, &old->conf, out)) {
		setup_free(setup);
		return false;
	}
	conf_allow_own(&setup->conf);
	engine = engine_new(&setup->conf, &setup->rules, setup->matcher, daemon_verdict, daemon);
	if (!engine) {
		fprintf(out, "%s\n", strerror(ENOMEM));
		setup_free(setup);
		return false;
	}
	if (follows_open(&follows, daemon, engine, &setup->conf, &daemon->follows) < 0) {
		fputs("the sources cannot be opened\n", out);
		engine_free(engine);
		setup_free(setup);
		return false;
	}
	keep_fixed(daemon, setup, out);
	carry_over(engine, old_engine);
	follows_close(&daemon->follows);
	daemon->setup = setup;
	daemon->engine = engine;
	daemon->follows = follows;
	checkpoint_renew(daemon->checkpoint);
	if (daemon->enforce)
		enforce_reload(daemon->enforce);
	engine_free(old_engine);
	setup_free(old);
	log_notice("reloaded: %zu rules, %zu sources", setup->rules.count, daemon->follows.count);
	return true;
}
