/* daemon - the engine process at work: sources, control socket and signals on one loop
 *
 * daemon_run() opens what the config asks for, in order, says READY to the service manager and turns the loop until
 * it is told to stop. Bans stay in the kernel when it ends: they run out by themselves. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>

#include "judge/place.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "service/adopt.h"
#include "service/answer.h"
#include "service/checkpoint.h"
#include "service/clocks.h"
#include "service/daemon.h"
#include "service/daemon_state.h"
#include "service/engine_confine.h"
#include "service/fleet.h"
#include "service/orders.h"
#include "service/own.h"
#include "service/reload.h"
#include "service/report.h"

#define LOGGED_A_SECOND 50

/* A botnet's million bans must not become a million lines in our own log, nor delays take the place of bans in it. */
static void log_drop(struct daemon *daemon, const struct event *event)
{
	bool ban = event->kind == VERDICT_BAN;
	char prefix[PREFIX_FMT_SIZE], length[24], hint[PRIVATE_HINT_SIZE], cause[CAUSE_FMT_SIZE];
	int64_t second = clock_now_ms() / 1000;

	if (second != daemon->log_second) {
		if (daemon->unlogged)
			log_notice("and %u more within a second", daemon->unlogged);
		daemon->log_second = second;
		daemon->logged = daemon->unlogged = 0;
	}
	if (daemon->logged >= (ban ? LOGGED_A_SECOND : LOGGED_A_SECOND / 2)) {
		daemon->unlogged++;
		return;
	}
	daemon->logged++;
	prefix_fmt(prefix, sizeof(prefix), &event->prefix);
	duration_fmt(length, sizeof(length), rest_s(event, event->time_ms));
	log_notice("%s%s%s %s for %s: %s%s", event->beside ? "judge = " : "", event->beside ? event->beside : "",
		   event->beside ? (ban ? " would ban" : " would delay") : ban ? "banned" : "delayed", prefix, length,
		   cause_fmt(cause, sizeof(cause), event), ban ? private_hint(hint, sizeof(hint), &event->prefix) : "");
}

static void on_heard(void *arg, const struct heard *heard)
{
	struct daemon *daemon = arg;

	checkpoint_note(daemon->checkpoint);
	if (heard->counted && daemon->evidence) {
		struct prefix unit = unit_of(&daemon->setup->conf, &heard->hit->addr);

		evidence_note(daemon->evidence, &unit, heard->hit->time_ms, daemon->setup->rules.at[heard->hit->rule].name, heard->record,
			      judge_thought(daemon->judge));
	}
	if (heard->from_banned && !heard->backlog && daemon->enforce &&
	    unbitten_hear(&daemon->unbitten, daemon->judge, &heard->hit->addr, heard->hit->time_ms))
		asked_note(&daemon->asked, &daemon->unbitten.prefix);
}

/* One line for the 1st, 2nd, 4th, 8th... of them. */
static void note_displaced(struct daemon *daemon, const struct event *event)
{
	if (event->kind != VERDICT_RELEASE || event->beside || strcmp(event->rule, "displaced") != 0)
		return;
	uint64_t count = ++daemon->displaced;
	if ((count & (count - 1)) == 0)
		log_warning("max_bans is reached: %" PRIu64 " of the bans that end soonest had to make room so far", count);
}

static void enforce_it(struct daemon *daemon, const struct event *event)
{
	char text[NOTICE_FMT_SIZE];

	if (event_is_verdict(event) && !event->beside)
		enforce_verdict(daemon->enforce, event);
	if (event->kind != VERDICT_RELEASE && event_is_verdict(event) && event->errors > 0)	/* the operator's own is logged where he asks */
		log_drop(daemon, event);
	else if (event->kind == NOTICE_OUTAGE_OVER)
		log_notice("%s", notice_fmt(text, sizeof(text), event));
	else if (!event_is_verdict(event))
		log_warning("%s", notice_fmt(text, sizeof(text), event));
}

static void on_event(void *arg, const struct event *event)
{
	struct daemon *daemon = arg;
	bool drops = event->kind == VERDICT_DELAY || event->kind == VERDICT_BAN;
	struct event whole;

	if (event_is_verdict(event))
		checkpoint_note(daemon->checkpoint);
	/* Catching up, we meet old bans: those that are over by now are history, the others are owed their rest. */
	if (drops && event->until_ms <= clock_now_ms()) {
		if (daemon->enforce && !event->beside)
			enforce_verdict(daemon->enforce, event);
		return;
	}
	note_displaced(daemon, event);
	whole = orders_event(daemon->orders, event);
	if (!orders_renewing(daemon->orders))
		subscribers_tell(daemon->subscribers, &whole);
	if (daemon->fleet)
		fleet_event(daemon->fleet, event);
	if (daemon->enforce)
		enforce_it(daemon, event);
	else if (event->kind == VERDICT_RELEASE || orders_renewing(daemon->orders))
		return;
	else if (daemon->json)
		report_json(stdout, &whole, whole.time_ms);
	else
		report_text(stdout, &whole, true);
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
	for (size_t i = 0; i < COUNT(signals); i++)
		sigaddset(&set, signals[i]);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	for (size_t i = 0; i < COUNT(signals); i++) {
		int err = sd_event_add_signal(daemon->loop, NULL, signals[i], on_signal, daemon);

		if (err < 0)
			return err;
	}
	signal(SIGPIPE, SIG_IGN);
	return 0;
}

/* A dry run by an ordinary user has no right to the socket, and no need of it. */
static int open_control(struct daemon *daemon)
{
	int err = control_open(&daemon->control, daemon->loop, daemon->setup->conf.socket, answer, daemon);

	if (err == 0)
		return 0;
	daemon->control = NULL;
	if (daemon->dry_run) {
		log_notice("no control socket at %s: %s", daemon->setup->conf.socket, strerror(-err));
		return 0;
	}
	if (err == -EADDRINUSE)
		log_error("another mailward is running: it answers on %s", daemon->setup->conf.socket);
	else
		log_error("cannot listen on %s: %s", daemon->setup->conf.socket, strerror(-err));
	return err;
}

/* The bans that were running when we stopped, or that the kernel has lost: again, for the rest of their time. */
static void resend(void *arg)
{
	struct daemon *daemon = arg;

	judge_active(daemon->judge, clock_now_ms(), enforce_verdict, daemon->enforce);
}

/* What needs power, and what is lost with it. */
static int open_and_confine(struct daemon *daemon, int warden_fd, int courier_fd)
{
	const struct conf *conf = &daemon->setup->conf;
	int err = sd_event_default(&daemon->loop);

	if (err >= 0)
		err = watch_signals(daemon);
	if (err >= 0)
		err = subscribers_new(&daemon->subscribers, daemon->loop, daemon->dry_run);
	if (err >= 0)
		err = engine_prepare(conf, daemon->keeps);
	if (err >= 0)
		err = open_control(daemon);
	if (err >= 0)
		own_open(daemon);
	if (err >= 0 && courier_fd >= 0)
		err = fleet_new(&daemon->fleet, daemon, courier_fd);
	/* from the socket on nothing needs power, and nothing hostile has been read before */
	if (err >= 0)
		err = engine_confine(conf);
	if (err >= 0 && warden_fd >= 0)
		err = enforce_new(&daemon->enforce, daemon->loop, warden_fd, resend, daemon);
	return err;
}

static int open_flow(struct daemon *daemon)
{
	const struct setup *setup = daemon->setup;
	int err;

	daemon->evidence = evidence_new(setup->conf.evidence_time_s);
	daemon->judge = judge_new(&setup->conf, &setup->rules, on_event, daemon);
	if (!daemon->judge)
		return -ENOMEM;
	match_names(setup->matcher, judge_name_key(daemon->judge), &setup->conf.names);
	daemon->started_ms = clock_now_ms();
	err = follows_open(&daemon->follows, daemon->loop, setup, daemon->judge, NULL, on_heard, daemon);
	if (err >= 0)
		err = orders_new(&daemon->orders, daemon);
	if (err >= 0 && daemon->keeps)
		err = checkpoint_open(&daemon->checkpoint, daemon);
	if (err >= 0 && daemon->fleet)
		fleet_attach(daemon->fleet);
	if (err >= 0 && daemon->enforce && !checkpoint_known(daemon->checkpoint))
		err = adopt(daemon->judge, daemon->enforce, setup->conf.policy.ban_time_max_s);
	if (err >= 0 && daemon->enforce)
		err = refusals_open(&daemon->refusals, daemon->loop, &daemon->judge, daemon->enforce);
	if (err >= 0)
		orders_enforce(daemon->orders, true);
	if (err >= 0 && daemon->enforce)
		err = asked_open(&daemon->asked, daemon->loop, daemon->enforce, &daemon->control);
	if (err >= 0 && daemon->enforce) {
		enforce_rebuild(daemon->enforce);
		err = list_watch_open(&daemon->lists, daemon->loop, &setup->conf, daemon->enforce, NULL);
	}
	if (err >= 0)
		err = clocks_watch(daemon);
	if (err >= 0)
		err = own_watch(daemon);
	if (err >= 0)
		err = heartbeat_start(&daemon->heartbeat, daemon->loop, daemon->enforce, &daemon->follows);
	return err;
}

/* Some steps say more of what went wrong; whichever it was, it is never silence. */
static int start(struct daemon *daemon, int warden_fd, int courier_fd)
{
	int err = open_and_confine(daemon, warden_fd, courier_fd);

	if (err >= 0)
		err = open_flow(daemon);
	if (err < 0)
		log_error("cannot start: %s", strerror(-err));
	return err;
}

static void stop(struct daemon *daemon)
{
	clocks_close(daemon);
	own_close(daemon);
	heartbeat_stop(&daemon->heartbeat);
	checkpoint_close(daemon->checkpoint);
	follows_close(&daemon->follows);
	fleet_free(daemon->fleet);
	if (daemon->control)
		control_close(daemon->control);
	subscribers_free(daemon->subscribers);
	census_close(&daemon->census);
	list_watch_close(daemon->lists);
	refusals_close(&daemon->refusals);
	asked_close(&daemon->asked);
	if (daemon->enforce && !daemon->reborn)
		enforce_stop(daemon->enforce);
	if (daemon->enforce)
		enforce_free(daemon->enforce);
	orders_free(daemon->orders);
	judge_free(daemon->judge);
	evidence_free(daemon->evidence);
	setup_free(daemon->setup);
	sd_event_unref(daemon->loop);
}

int daemon_run(struct setup *setup, int warden_fd, const struct daemon_how *how)
{
	struct daemon daemon = { .setup = setup, .dry_run = warden_fd < 0, .json = how->json, .keeps = how->keeps,
				 .leftover = how->leftover, .own_fd = -1, .tell = on_event, .heard = on_heard };
	int err = start(&daemon, warden_fd, how->courier_fd);

	if (err >= 0) {
		log_notice("mailward %s: %zu %s, %zu %s%s", MAILWARD_VERSION, setup->rules.count,
			   plural(setup->rules.count, "rule", "rules"), daemon.follows.count,
			   plural(daemon.follows.count, "source", "sources"),
			   !daemon.dry_run ? "" : daemon.keeps ? ", dry run: nothing will be enforced, what is learned is kept" :
			   ", dry run: nothing will be enforced");
		sd_notify(0, "READY=1");
		err = sd_event_loop(daemon.loop);
	}
	stop(&daemon);
	return err;
}
