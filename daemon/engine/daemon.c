/* daemon - the engine at work: sources, control socket and signals on one loop
 *
 * daemon_run() opens what the config asks for, in order, says READY to the service manager and turns the loop until
 * it is told to stop. Bans stay in the kernel when it ends: they run out by themselves. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "engine/answer.h"
#include "engine/checkpoint.h"
#include "engine/daemon.h"
#include "engine/print.h"

#define LOGGED_A_SECOND 50

/* A botnet's million bans must not become a million lines in our own log. */
static void log_ban(struct daemon *daemon, const struct verdict *verdict)
{
	char prefix[PREFIX_FMT_SIZE], length[24];
	int64_t second = engine_now_ms(daemon->engine) / 1000;

	if (second != daemon->log_second) {
		if (daemon->unlogged)
			log_notice("and %u more bans within a second", daemon->unlogged);
		daemon->log_second = second;
		daemon->logged = daemon->unlogged = 0;
	}
	if (daemon->logged == LOGGED_A_SECOND) {
		daemon->unlogged++;
		return;
	}
	daemon->logged++;
	prefix_fmt(prefix, sizeof(prefix), &verdict->prefix);
	duration_fmt(length, sizeof(length), verdict->seconds);
	log_notice("banned %s for %s: %u errors, last %s", prefix, length, verdict->errors, verdict->rule);
}

/* Catching up, we meet old bans: those that are over by now are history, the others are owed their rest. */
static bool is_over(const struct daemon *daemon, const struct verdict *verdict)
{
	return verdict->kind != VERDICT_RELEASE &&
	       verdict->time_ms + (int64_t)verdict->seconds * 1000 <= engine_now_ms(daemon->engine);
}

static void on_verdict(void *arg, const struct verdict *verdict)
{
	struct daemon *daemon = arg;

	checkpoint_note(daemon->checkpoint);
	if (is_over(daemon, verdict))
		return;
	if (daemon->enforce) {
		enforce_verdict(daemon->enforce, verdict);
		if (verdict->kind == VERDICT_BAN)
			log_ban(daemon, verdict);
	} else if (verdict->kind != VERDICT_RELEASE) {
		if (daemon->json)
			print_verdict_json(stdout, verdict);
		else
			print_verdict_text(stdout, verdict, true);
		fflush(stdout);
	}
}

static void on_line(void *arg, const struct line *line)
{
	struct follow *follow = arg;

	engine_line(&follow->feed, line);
	checkpoint_note(follow->daemon->checkpoint);
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *arg)
{
	struct daemon *daemon = arg;

	(void)source;
	if (info->ssi_signo == SIGHUP) {
		log_warning("SIGHUP: the configuration is read at start only; restart to apply a new one");
		return 0;
	}
	log_notice("stopping; bans stay in the kernel until their time is over");
	sd_notify(0, "STOPPING=1");
	return sd_event_exit(daemon->loop, 0);
}

static int watch_signals(struct daemon *daemon)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaddset(&set, signals[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		int error = sd_event_add_signal(daemon->loop, NULL, signals[i], on_signal, daemon);

		if (error < 0)
			return error;
	}
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

static int open_sources(struct daemon *daemon)
{
	daemon->follows = calloc(daemon->conf->source_count + 1, sizeof(*daemon->follows));
	if (!daemon->follows)
		return -ENOMEM;
	for (size_t i = 0; i < daemon->conf->source_count; i++) {
		struct follow *follow = &daemon->follows[daemon->follow_count];
		const char *path = daemon->conf->sources[i].file;
		int error;

		follow->daemon = daemon;
		follow->feed = engine_feed(daemon->engine);
		error = source_follow(&follow->source, daemon->loop, path, on_line, follow);
		if (error < 0) {
			log_error("cannot follow %s: %s", path, strerror(-error));
			return error;
		}
		daemon->follow_count++;
		if (!source_stats(follow->source)->present)
			log_notice("%s is not there yet: waiting for it", path);
	}
	return 0;
}

/* A dry run by an ordinary user has no right to the socket, and no need of it. */
static int open_control(struct daemon *daemon)
{
	int error = control_open(&daemon->control, daemon->loop, daemon->conf->socket, answer, daemon);

	if (error == 0)
		return 0;
	daemon->control = NULL;
	if (daemon->dry_run) {
		log_notice("no control socket at %s: %s", daemon->conf->socket, strerror(-error));
		return 0;
	}
	if (error == -EADDRINUSE)
		log_error("another mailward is running: it answers on %s", daemon->conf->socket);
	else
		log_error("cannot listen on %s: %s", daemon->conf->socket, strerror(-error));
	return error;
}

/* The bans that were running when we stopped, for the rest of their time, before the first new line is read. */
static void enforce_again(void *arg, const struct verdict *running)
{
	struct daemon *daemon = arg;
	struct verdict verdict = *running;

	verdict.time_ms = engine_now_ms(daemon->engine);
	enforce_verdict(daemon->enforce, &verdict);
}

static int start(struct daemon *daemon, int warden_fd)
{
	int error = sd_event_default(&daemon->loop);

	if (error >= 0)
		error = sd_event_set_watchdog(daemon->loop, true);
	if (error >= 0)
		error = watch_signals(daemon);
	if (error >= 0 && warden_fd >= 0)
		error = enforce_new(&daemon->enforce, daemon->loop, warden_fd);
	if (error < 0) {
		log_error("cannot start: %s", strerror(-error));
		return error;
	}
	daemon->engine = engine_new(daemon->conf, daemon->rules, daemon->matcher, on_verdict, daemon);
	if (!daemon->engine) {
		log_error("cannot start: %s", strerror(ENOMEM));
		return -ENOMEM;
	}
	daemon->started_ms = engine_now_ms(daemon->engine);
	error = open_control(daemon);
	if (error >= 0)
		error = open_sources(daemon);
	if (error >= 0 && !daemon->dry_run)
		error = checkpoint_open(&daemon->checkpoint, daemon);
	if (error >= 0 && daemon->enforce)
		engine_active(daemon->engine, enforce_again, daemon);
	return error;
}

static void stop(struct daemon *daemon)
{
	checkpoint_close(daemon->checkpoint);
	for (size_t i = 0; i < daemon->follow_count; i++)
		source_free(daemon->follows[i].source);
	free(daemon->follows);
	if (daemon->control)
		control_close(daemon->control);
	if (daemon->enforce)
		enforce_free(daemon->enforce);
	engine_free(daemon->engine);
	sd_event_unref(daemon->loop);
}

int daemon_run(struct daemon *daemon, int warden_fd)
{
	int error = start(daemon, warden_fd);

	if (error >= 0) {
		log_notice("mailward %s: %zu rules, %zu sources%s", MAILWARD_VERSION, daemon->rules->count,
			   daemon->follow_count, daemon->dry_run ? ", dry run: nothing will be enforced" : "");
		sd_notify(0, "READY=1");
		error = sd_event_loop(daemon->loop);
	}
	stop(daemon);
	return error;
}
