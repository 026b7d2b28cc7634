/* notify - mailward notify: a reader of the events that starts the postmaster's program for each batch of them
 *
 * A process of its own, without the power of either wing: it refuses to be root. Owns one batch that is being gathered and
 * one that the program has; each is bounded, and what finds no room is counted. Restarts of the daemon are waited out. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/json.h"
#include "base/log.h"
#include "cli/notify_program.h"
#include "cli/stream.h"
#include "conf/conf.h"

#define TRIES_MAX 5		/* of a batch */
#define PAUSE_FIRST_MS 2000	/* after a failure; it doubles */
#define PAUSE_MAX_MS 3600000
#define DIAL_MS 2000		/* between two attempts to reach the daemon */

struct batch {
	char *text;
	size_t len, room;
	uint32_t count;
	uint64_t lost;			/* no room here, or the daemon says so */
	int64_t since_ms;		/* when its first event came */
};

struct notify {
	const struct cli *cli;
	const struct notify_conf *conf;
	struct stream *stream;		/* fd -1: no daemon */
	struct batch gathered, sent;
	struct notify_program program;
	unsigned tries;			/* of the batch that was sent */
	unsigned failures;		/* in a row, whatever the batch */
	int64_t kill_ms, next_ms, dial_ms;	/* the program's end; when it may start again; when the daemon is asked again */
	bool deaf;			/* no daemon, and that was said */
	int signals;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* ---- batches ---- */

/* What a judge would do that is not in force is nothing that happens. */
static bool is_wanted(const struct notify *notify, struct text line)
{
	if (text_starts(line, TEXT("{\"event\":\"beside\",")))
		return false;
	return notify->conf->delays || !text_starts(line, TEXT("{\"event\":\"delay\","));
}

/* How many the daemon could not tell us; 0: it says nothing of the kind. */
static uint64_t lost_of(struct text line)
{
	struct text head = TEXT("{\"event\":\"lost\",\"count\":");
	uint64_t count = 0;

	if (!text_starts(line, head))
		return 0;
	for (size_t i = head.len; i < line.len && line.at[i] >= '0' && line.at[i] <= '9'; i++)
		count = count * 10 + (uint64_t)(line.at[i] - '0');
	return count;
}

static bool put(struct batch *batch, struct text line)
{
	if (batch->len + line.len + 1 > batch->room) {
		size_t room = 2 * batch->room + line.len + 4096;
		char *text = realloc(batch->text, room);

		if (!text)
			return false;
		batch->text = text;
		batch->room = room;
	}
	memcpy(batch->text + batch->len, line.at, line.len);
	batch->text[batch->len + line.len] = '\n';
	batch->len += line.len + 1;
	return true;
}

static void gather(struct notify *notify, struct text line)
{
	struct batch *batch = &notify->gathered;
	uint64_t lost = lost_of(line);

	if (!lost && !is_wanted(notify, line))
		return;
	if (batch->count == 0 && batch->lost == 0)
		batch->since_ms = now_ms();
	if (lost || batch->count == notify->conf->max_batch || !put(batch, line))
		batch->lost += lost ? lost : 1;
	else
		batch->count++;
}

/* The last line of a batch that is not whole says so, in the words that events has for it. */
static void close_batch(struct batch *batch)
{
	char *text = NULL;
	size_t len = 0;
	struct json json;
	FILE *memory;

	if (batch->lost == 0 || (memory = open_memstream(&text, &len)) == NULL)
		return;
	json_begin(&json, memory);
	json_cstr(&json, "event", "lost");
	json_uint(&json, "count", batch->lost);
	json_end(&json);
	if (fclose(memory) == 0 && len > 0)
		put(batch, (struct text){ text, len - 1 });
	free(text);
}

/* ---- the program ---- */

static void pause_after(struct notify *notify, const char *why)
{
	int64_t pause_ms = PAUSE_FIRST_MS;

	notify->failures++;
	for (unsigned i = 1; i < notify->failures && pause_ms < PAUSE_MAX_MS; i++)
		pause_ms *= 2;
	if (notify->tries >= TRIES_MAX) {
		log_error("%s has failed %d times (%s): %u %s not told", notify->conf->command, TRIES_MAX, why,
			  notify->sent.count, plural(notify->sent.count, "event is", "events are"));
		notify->sent.len = notify->sent.count = 0;
	} else {
		log_warning("%s has failed: %s", notify->conf->command, why);
	}
	notify->next_ms = now_ms() + (pause_ms < PAUSE_MAX_MS ? pause_ms : PAUSE_MAX_MS);
}

static void start_program(struct notify *notify)
{
	struct text input;
	int err;

	if (notify->sent.len == 0) {	/* else it is tried again */
		struct batch empty = notify->sent;

		close_batch(&notify->gathered);
		notify->sent = notify->gathered;
		notify->gathered = (struct batch){ .text = empty.text, .room = empty.room };
		notify->tries = 0;
	}
	notify->tries++;
	input = (struct text){ notify->sent.text, notify->sent.len };
	err = notify_program_start(&notify->program, notify->conf->command, input);
	if (err < 0)
		pause_after(notify, strerror(-err));
	else
		notify->kill_ms = now_ms() + notify->conf->timeout_s * INT64_C(1000);
}

static void end_program(struct notify *notify)
{
	char why[128];

	if (notify_program_end(&notify->program, why, sizeof(why))) {
		notify->sent.len = notify->sent.count = 0;
		notify->next_ms = 0;
		notify->failures = 0;
	} else {
		pause_after(notify, why);
	}
}

static bool has_news(const struct batch *batch)
{
	return batch->count > 0 || batch->lost > 0;
}

/* When the next batch is due, by now_ms(); INT64_MAX: nothing is there to be told. */
static int64_t due_ms(const struct notify *notify)
{
	const struct batch *batch = &notify->gathered;
	int64_t due = INT64_MAX;

	if (notify->sent.len > 0)
		due = 0;
	else if (has_news(batch))
		due = batch->count >= notify->conf->max_batch ? 0 : batch->since_ms + notify->conf->interval_s * INT64_C(1000);
	return due == INT64_MAX || due > notify->next_ms ? due : notify->next_ms;
}

/* ---- the daemon ---- */

static void dial(struct notify *notify)
{
	int status = stream_open(notify->stream, notify->cli, "events json", false);

	if (status == EXIT_DONE && notify->deaf)
		log_notice("the daemon answers: following its events");
	else if (status != EXIT_DONE && !notify->deaf)
		log_warning("no daemon to follow: trying again and again");
	notify->deaf = status != EXIT_DONE;
	notify->dial_ms = now_ms() + DIAL_MS;
}

static void hear(struct notify *notify)
{
	int got = stream_fill(notify->stream);
	struct text line;

	while (stream_line(notify->stream, &line))
		gather(notify, line);
	if (got == 0 || (got < 0 && got != -EAGAIN))
		stream_close(notify->stream);
}

/* ---- the loop ---- */

static int wait_ms(const struct notify *notify)
{
	int64_t until_ms = notify->program.pid ? notify->kill_ms : due_ms(notify), rest_ms;

	if (notify->stream->fd < 0 && notify->dial_ms < until_ms)
		until_ms = notify->dial_ms;
	if (until_ms == INT64_MAX)
		return -1;
	rest_ms = until_ms - now_ms();
	return rest_ms < 0 ? 0 : rest_ms > INT32_MAX ? INT32_MAX : (int)rest_ms;
}

static void turn(struct notify *notify)
{
	struct pollfd pollfds[] = {
		{ .fd = notify->signals, .events = POLLIN },
		{ .fd = notify->stream->fd, .events = POLLIN },
		{ .fd = notify->program.pid ? notify->program.pidfd : -1, .events = POLLIN },
	};

	if (poll(pollfds, COUNT(pollfds), wait_ms(notify)) < 0)
		return;
	if (pollfds[1].revents)
		hear(notify);
	if (pollfds[2].revents)
		end_program(notify);
	if (notify->program.pid && now_ms() >= notify->kill_ms) {
		log_warning("%s has not ended within %u s: it is killed", notify->conf->command, notify->conf->timeout_s);
		notify_program_kill(&notify->program);
		end_program(notify);
	}
	if (notify->stream->fd < 0 && now_ms() >= notify->dial_ms)
		dial(notify);
	if (!notify->program.pid && due_ms(notify) <= now_ms())
		start_program(notify);
}

/* SIGTERM comes when the machine or the service stops: what was gathered is told no more. */
static bool is_told_to_end(const struct notify *notify)
{
	struct signalfd_siginfo info;

	return read(notify->signals, &info, sizeof(info)) > 0;
}

static int loop(const struct cli *cli, const struct notify_conf *conf, struct stream *stream)
{
	struct notify notify = { .cli = cli, .conf = conf, .stream = stream, .program = { .pidfd = -1 } };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	notify.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (notify.signals < 0) {
		log_error("signals cannot be watched: %s", strerror(errno));
		return EXIT_INPUT;
	}
	while (!is_told_to_end(&notify))
		turn(&notify);
	if (notify.program.pid) {
		char why[128];

		notify_program_kill(&notify.program);
		notify_program_end(&notify.program, why, sizeof(why));
	}
	if (notify.gathered.count + notify.sent.count)
		log_warning("%u events are not told: ending", notify.gathered.count + notify.sent.count);
	stream_close(stream);
	close(notify.signals);
	free(notify.gathered.text);
	free(notify.sent.text);
	return EXIT_DONE;
}

/* Whoever can ban, or reads the log, is not to start a program. */
static bool has_power(void)
{
	const struct passwd *user = getpwuid(geteuid());

	return geteuid() == 0 || (user && strcmp(user->pw_name, "mailward") == 0);
}

static int notify_run(const struct cli *cli)
{
	const char *path = cli_given(cli, "config");
	struct problems problems = { .out = stderr };
	struct stream *stream = malloc(sizeof(*stream));
	int status = EXIT_INPUT;
	struct conf conf;

	if (!stream)
		return status;
	stream->fd = -1;
	if (!conf_load(&conf, path, &problems))
		;
	else if (!conf.notify.command)
		fprintf(stderr, "mailward notify: [notify] names no program: command = /usr/share/mailward/notify/mail postmaster "
			"would be right\n");
	else if (has_power())
		fprintf(stderr, "mailward notify: it starts a program and must not be root or mailward: "
			"mailward-notify.service has a user of its own\n");
	else
		status = loop(cli, &conf.notify, stream);
	conf_fini(&conf);
	free(stream);
	return status;
}

const struct cli_command cli_notify = {
	.name = "notify",
	.about = "start the program of [notify] for each batch of bans and releases",
	.usage = "[-c CONF]",
	.help = "Follows bans and releases and starts the program that [notify] names for each batch of them, with\n"
		"JSON lines on its standard input. mailward-notify.service runs it.\n",
	.options = { CLI_SOCKET },
	.run = notify_run,
};
