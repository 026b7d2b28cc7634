/* daemon - the engine at work: sources, control socket and signals on one loop
 *
 * daemon_run() opens what the config asks for, in order, says READY to the service manager and turns the loop until
 * it is told to stop. Bans stay in the kernel when it ends: they run out by themselves. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "service/answer.h"
#include "service/checkpoint.h"
#include "service/daemon.h"
#include "service/daemon_state.h"
#include "service/engine_confine.h"
#include "service/print.h"
#include "service/reload.h"

#define LOGGED_A_SECOND 50

/* A botnet's million bans must not become a million lines in our own log. */
static void log_ban(struct daemon *daemon, const struct verdict *verdict)
{
	char prefix[PREFIX_FMT_SIZE], length[24];
	int64_t second = judge_now_ms(daemon->judge) / 1000;

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
	       verdict->time_ms + (int64_t)verdict->seconds * 1000 <= judge_now_ms(daemon->judge);
}

static void on_change(void *arg)
{
	const struct daemon *daemon = arg;

	checkpoint_note(daemon->checkpoint);
}

static void on_verdict(void *arg, const struct verdict *verdict)
{
	struct daemon *daemon = arg;

	on_change(daemon);
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

static void on_notice(void *arg, const struct notice *notice)
{
	const struct daemon *daemon = arg;
	char text[NOTICE_FMT_SIZE];

	if (daemon->enforce && notice->kind == NOTICE_OUTAGE_OVER)
		log_notice("%s", notice_fmt(text, sizeof(text), notice));
	else if (daemon->enforce)
		log_warning("%s", notice_fmt(text, sizeof(text), notice));
	else if (daemon->json)
		notice_json(stdout, notice);
	else
		notice_text(stdout, notice);
	fflush(stdout);
}

/* The service manager asks for a reload; nobody but our log hears what was wrong with the new config. */
static void on_hangup(struct daemon *daemon)
{
	char *said = NULL, *rest, *line;
	size_t len;
	FILE *out = open_memstream(&said, &len);
	bool done;

	if (!out)
		return;
	sd_notify(0, "RELOADING=1");
	done = reload(daemon, out);
	fclose(out);
	for (line = strtok_r(said, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		log_warning("reload: %s", line);
	if (!done)
		log_error("not reloaded: the old configuration stays in force");
	free(said);
	sd_notify(0, "READY=1");
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *arg)
{
	struct daemon *daemon = arg;

	(void)source;
	if (info->ssi_signo == SIGHUP) {
		on_hangup(daemon);
		return 0;
	}
	log_notice("stopping; %s", !daemon->enforce ? "this was a dry run" : daemon->setup->conf.clear_on_stop ?
		   "bans are taken out of the kernel" : "bans stay in the kernel until their time is over");
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

/* A dry run by an ordinary user has no right to the socket, and no need of it. */
static int open_control(struct daemon *daemon)
{
	int error = control_open(&daemon->control, daemon->loop, daemon->setup->conf.socket, answer, daemon);

	if (error == 0)
		return 0;
	daemon->control = NULL;
	if (daemon->dry_run) {
		log_notice("no control socket at %s: %s", daemon->setup->conf.socket, strerror(-error));
		return 0;
	}
	if (error == -EADDRINUSE)
		log_error("another mailward is running: it answers on %s", daemon->setup->conf.socket);
	else
		log_error("cannot listen on %s: %s", daemon->setup->conf.socket, strerror(-error));
	return error;
}

/* The bans that were running when we stopped, or that the kernel has lost: again, for the rest of their time. */
static void enforce_running(void *enforce, const struct verdict *running)
{
	struct verdict verdict = *running;

	verdict.time_ms = (int64_t)time(NULL) * 1000;
	enforce_verdict(enforce, &verdict);
}

static void resend(void *arg)
{
	struct daemon *daemon = arg;

	judge_active(daemon->judge, enforce_running, daemon->enforce);
}

static int start(struct daemon *daemon, int warden_fd)
{
	const struct setup *setup = daemon->setup;
	int error = sd_event_default(&daemon->loop);

	if (error >= 0)
		error = watch_signals(daemon);
	if (error >= 0)
		engine_prepare(&setup->conf, daemon->dry_run);
	/* from the socket on nothing needs power, and nothing hostile has been read before */
	if (error >= 0 && ((error = open_control(daemon)) < 0 || (error = engine_confine(&setup->conf)) < 0))
		return error;
	if (error >= 0 && warden_fd >= 0)
		error = enforce_new(&daemon->enforce, daemon->loop, warden_fd, resend, daemon);
	if (error < 0) {
		log_error("cannot start: %s", strerror(-error));
		return error;
	}
	daemon->judge = judge_new(&setup->conf, &setup->rules, setup->matcher, on_verdict, daemon);
	if (!daemon->judge) {
		log_error("cannot start: %s", strerror(ENOMEM));
		return -ENOMEM;
	}
	judge_set_notice(daemon->judge, on_notice);
	daemon->started_ms = judge_now_ms(daemon->judge);
	error = follows_open(&daemon->follows, daemon->loop, daemon->judge, &setup->conf, NULL, on_change, daemon);
	if (error >= 0 && !daemon->dry_run)
		error = checkpoint_open(&daemon->checkpoint, daemon);
	if (error >= 0 && daemon->enforce) {
		enforce_rebuild(daemon->enforce);
		error = list_watch_open(&daemon->lists, daemon->loop, &setup->conf, daemon->enforce);
	}
	if (error >= 0)
		error = heartbeat_start(&daemon->heartbeat, daemon->loop, daemon->enforce);
	return error;
}

static void stop(struct daemon *daemon)
{
	heartbeat_stop(&daemon->heartbeat);
	checkpoint_close(daemon->checkpoint);
	follows_close(&daemon->follows);
	if (daemon->control)
		control_close(daemon->control);
	list_watch_close(daemon->lists);
	if (daemon->enforce && daemon->setup->conf.clear_on_stop)
		enforce_clear(daemon->enforce);
	if (daemon->enforce)
		enforce_free(daemon->enforce);
	judge_free(daemon->judge);
	setup_free(daemon->setup);
	sd_event_unref(daemon->loop);
}

int daemon_run(struct setup *setup, int warden_fd, bool json)
{
	struct daemon daemon = { .setup = setup, .dry_run = warden_fd < 0, .json = json, .verdict = on_verdict,
				 .changed = on_change };
	int error = start(&daemon, warden_fd);

	if (error >= 0) {
		log_notice("mailward %s: %zu rules, %zu sources%s", MAILWARD_VERSION, setup->rules.count, daemon.follows.count,
			   daemon.dry_run ? ", dry run: nothing will be enforced" : "");
		sd_notify(0, "READY=1");
		error = sd_event_loop(daemon.loop);
	}
	stop(&daemon);
	return error;
}
