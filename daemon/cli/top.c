/* top - mailward top: what happens now, live on a terminal, or once where there is none
 *
 * The loop: a frame is asked for once a second, and never waited for; keys are heard meanwhile. What a key asks of the daemon
 * (ban, unban, explain) is one request, and its answer is shown. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "cli/client.h"
#include "cli/top_screen.h"
#include "service/control.h"

#define EVERY_MS 1000
#define ANSWER_MS 10000		/* longer than that, and nobody answers */
#define PRINTED_MS 800	/* between the two looks that one printed frame is made of */
#define PRINTED_ROWS 10
#define ANSWER_BYTES_MAX (4U << 20)

struct fetch {
	int fd;				/* -1: none is under way */
	int64_t begun_ms;
	char *bytes;
	size_t len;
};

struct top {
	const struct cli *cli;
	struct fetch fetch;
	struct top_frame *frame, *spare;	/* on the heap: they are large */
	bool any;			/* frame is one */
	int64_t next_ms;		/* when the next one is asked for */
	struct top_look look;
	struct canvas *canvas;
	char question[160];		/* asked before a ban */
	char request[CONTROL_REQUEST_MAX];	/* what is done if the answer is y */
	char *text;			/* an explanation that is read; NULL: none */
	size_t text_line;		/* its first that is shown */
	int signals;
	bool end;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* ---- frames ---- */

static void say(struct top *top, bool alarm, const char *text)
{
	snprintf(top->look.said, sizeof(top->look.said), "%s", text);
	top->look.alarm = alarm;
}

static void fetch_end(struct fetch *fetch)
{
	if (fetch->fd >= 0)
		close(fetch->fd);
	free(fetch->bytes);
	*fetch = (struct fetch){ .fd = -1 };
}

static void nobody_answers(struct top *top, const char *path)
{
	char text[200];

	snprintf(text, sizeof(text), "no daemon answers%s%s", path ? " on " : "", path ? path : "");
	say(top, true, text);
}

static void fetch_begin(struct top *top)
{
	char *path = NULL;
	int fd = client_begin(top->cli, "top", &path);

	top->next_ms = now_ms() + EVERY_MS;
	if (fd >= 0)
		top->fetch = (struct fetch){ .fd = fd, .begun_ms = now_ms() };
	else
		nobody_answers(top, path);
	free(path);
}

/* The whole answer is there. */
static void take_frame(struct top *top)
{
	struct text answer = { top->fetch.bytes, top->fetch.len };
	struct top_frame *old = top->frame;
	bool ok = text_starts(answer, TEXT("ok\n"));

	if (text_starts(answer, TEXT("error "))) {
		char text[200];

		text_printable(text, sizeof(text), (struct text){ answer.at + 6, strcspn(answer.at + 6, "\n") });
		say(top, true, text);
	} else if (!ok || !top_frame_read(top->spare, (struct text){ answer.at + 3, answer.len - 3 }, now_ms())) {
		nobody_answers(top, NULL);
	} else {
		top_frame_rate(top->spare, top->any ? old : NULL);
		top->frame = top->spare;
		top->spare = old;
		top->any = true;
		if (top->look.alarm)
			say(top, false, "");
	}
	fetch_end(&top->fetch);
}

/* What of the answer has come; at its end it is a frame. */
static void fetch_more(struct top *top)
{
	struct fetch *fetch = &top->fetch;
	char *bytes = realloc(fetch->bytes, fetch->len + 65537);
	ssize_t got = bytes ? recv(fetch->fd, bytes + fetch->len, 65536, MSG_DONTWAIT) : -1;

	if (bytes)
		fetch->bytes = bytes;
	if (got < 0 && bytes && (errno == EAGAIN || errno == EINTR))
		return;
	if (got > 0) {
		fetch->len += (size_t)got;
		fetch->bytes[fetch->len] = '\0';
		if (fetch->len < ANSWER_BYTES_MAX)
			return;
	}
	if (!fetch->bytes || fetch->len == 0) {
		fetch_end(fetch);
		nobody_answers(top, NULL);
		return;
	}
	take_frame(top);
}

/* ---- what keys do ---- */

static struct top_row *picked(struct top *top)
{
	struct top_list *list = &top->frame->lists[top->look.list];
	size_t at = top->look.picked[top->look.list];

	return top->any && at < list->count ? &list->rows[at] : NULL;
}

/* One more request; its answer, without "ok" and "error", the caller's to free. NULL: there is none. */
static char *ask(struct top *top, const char *request, bool *ok)
{
	char *answer = NULL, *path = NULL;
	size_t len = 0;
	int err = client_receive(top->cli, request, &path, &answer, &len);

	*ok = err >= 0 && answer && strncmp(answer, "ok\n", 3) == 0;
	if (err < 0 || !answer || (!*ok && strncmp(answer, "error ", 6) != 0)) {
		nobody_answers(top, path);
		free(answer);
		answer = NULL;
	} else {
		size_t skip = *ok ? 3 : 6;
		memmove(answer, answer + skip, len - skip);
		answer[len - skip] = '\0';
	}
	free(path);
	return answer;
}

static void do_request(struct top *top, const char *request)
{
	bool ok;
	char *answer = ask(top, request, &ok);

	if (!answer)
		return;
	answer[strcspn(answer, "\n")] = '\0';
	say(top, !ok, answer);
	free(answer);
	top->next_ms = now_ms();
}

/* A ban or its end is asked for twice: the list may move under the hand. */
static void ask_first(struct top *top, const char *verb)
{
	const struct top_row *row = picked(top);

	if (!row || top->look.list == TOP_RULES) {
		say(top, true, row ? "a rule is nobody: choose an address or a network (tab)" : "nobody is chosen");
		return;
	}
	snprintf(top->request, sizeof(top->request), "%s %s%s", verb, row->name, strcmp(verb, "ban") == 0 ? " 0 by mailward top" : "");
	snprintf(top->question, sizeof(top->question), "%s %s? y/n", verb, row->name);
	top->look.ask = top->question;
}

static void explain(struct top *top)
{
	const struct top_row *row = picked(top);
	char request[CONTROL_REQUEST_MAX];
	bool ok;

	if (!row || top->look.list == TOP_RULES) {
		say(top, true, "choose an address or a network (tab)");
		return;
	}
	snprintf(request, sizeof(request), "explain %s", row->name);
	top->text = ask(top, request, &ok);
	top->text_line = 0;
	if (top->text && !ok) {
		top->text[strcspn(top->text, "\n")] = '\0';
		say(top, true, top->text);
		free(top->text);
		top->text = NULL;
	}
}

static void move(struct top *top, int64_t by)
{
	enum top_list_kind kind = top->look.list;
	const struct top_list *list = &top->frame->lists[kind];
	int64_t at = (int64_t)top->look.picked[kind] + by;

	if (!top->any || list->count == 0)
		return;
	at = at < 0 ? 0 : at >= (int64_t)list->count ? (int64_t)list->count - 1 : at;
	top->look.picked[kind] = (size_t)at;
	snprintf(top->look.name[kind], sizeof(top->look.name[kind]), "%s", list->rows[at].name);
}

/* Those that make sense for the list. */
static void next_order(struct top *top)
{
	enum top_list_kind kind = top->look.list;
	enum top_order *order = &top->look.order[kind];

	*order = (*order + 1) % TOP_ORDERS;
	if (kind == TOP_RULES && *order == TOP_BY_TIME)
		*order = TOP_BY_MOST;
}

static void page(struct top *top, int key)
{
	size_t lines = 0, rows = top->canvas->height > 1 ? top->canvas->height - 1 : 1;

	for (const char *at = top->text; *at; at++)
		lines += *at == '\n';
	switch (key) {
	case KEY_OF_DOWN: case KEY_OF_PAGE_DOWN: case ' ':
		top->text_line += key == KEY_OF_DOWN ? 1 : rows;
		break;
	case KEY_OF_UP: case KEY_OF_PAGE_UP:
		rows = key == KEY_OF_UP ? 1 : rows;
		top->text_line -= top->text_line < rows ? top->text_line : rows;
		break;
	case KEY_OF_RESIZE:
		break;
	default:
		free(top->text);
		top->text = NULL;
	}
	if (top->text_line >= lines)
		top->text_line = lines ? lines - 1 : 0;
}

static void on_key(struct top *top, int key)
{
	struct top_look *look = &top->look;

	if (look->ask) {
		look->ask = NULL;
		if (key == 'y' || key == 'Y')
			do_request(top, top->request);
		else
			say(top, false, "nothing is done");
		return;
	}
	if (top->text) {
		page(top, key);
		return;
	}
	if (!look->alarm || key != KEY_OF_RESIZE)
		say(top, false, "");
	switch (key) {
	case 'q': case 'Q': top->end = true; break;
	case KEY_OF_TAB: look->list = (look->list + 1) % TOP_LISTS; break;
	case KEY_OF_BACK_TAB: look->list = (look->list + TOP_LISTS - 1) % TOP_LISTS; break;
	case KEY_OF_UP: case 'k': move(top, -1); break;
	case KEY_OF_DOWN: case 'j': move(top, 1); break;
	case KEY_OF_PAGE_UP: move(top, -10); break;
	case KEY_OF_PAGE_DOWN: move(top, 10); break;
	case KEY_OF_HOME: move(top, -TOP_ROWS_MAX); break;
	case KEY_OF_END: move(top, TOP_ROWS_MAX); break;
	case 's': next_order(top); break;
	case 'b': ask_first(top, "ban"); break;
	case 'u': ask_first(top, "unban"); break;
	case 'e': case KEY_OF_ENTER: explain(top); break;
	case ' ': top->next_ms = 0; break;
	default: break;
	}
}

/* ---- the screen ---- */

/* An explanation takes the whole screen; its lines are broken where the screen ends. */
static void draw_text(struct top *top)
{
	struct canvas *canvas = top->canvas;
	const char *at = top->text;
	unsigned row = 0;

	for (size_t skip = top->text_line; skip > 0 && *at; at++)
		skip -= *at == '\n';
	while (*at && row + 1 < canvas->height) {
		size_t len = strcspn(at, "\n"), part = len > canvas->width ? canvas->width : len;

		canvas_put(canvas, row++, 0, canvas->width, MARK_NONE, "%.*s", (int)part, at);
		at += part;
		at += part == len && *at == '\n';
	}
	canvas_put(canvas, canvas->height - 1, 0, canvas->width, MARK_BOLD, "%s", canvas->width >= 40 ?
		   "up, down: read on; any other key: back" : "any key: back");
}

static void draw(struct top *top)
{
	unsigned width, height;

	screen_size(&width, &height);
	canvas_clear(top->canvas, width, height);
	if (top->text)
		draw_text(top);
	else
		top_draw(top->canvas, top->any ? top->frame : NULL, &top->look);
	screen_show(top->canvas);
}

static void turn(struct top *top)
{
	struct pollfd pollfds[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = top->signals, .events = POLLIN },
		{ .fd = top->fetch.fd, .events = POLLIN },
	};
	int64_t rest_ms = (top->fetch.fd >= 0 ? top->fetch.begun_ms + ANSWER_MS : top->next_ms) - now_ms();
	int key;

	/* A resize interrupts, and is a key. */
	if (poll(pollfds, COUNT(pollfds), rest_ms < 0 ? 0 : (int)rest_ms) < 0 && errno != EINTR)
		top->end = true;
	if ((pollfds[0].revents & (POLLHUP | POLLERR)) || pollfds[1].revents)
		top->end = true;	/* the terminal is gone, or we are told to go */
	if (pollfds[2].revents && top->fetch.fd >= 0)
		fetch_more(top);
	while (!top->end && (key = screen_key()) != KEY_OF_NONE)
		on_key(top, key);
	if (top->fetch.fd >= 0 && now_ms() >= top->fetch.begun_ms + ANSWER_MS) {
		fetch_end(&top->fetch);
		nobody_answers(top, NULL);
	}
	if (top->fetch.fd < 0 && now_ms() >= top->next_ms)
		fetch_begin(top);
}

static int live(struct top *top)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	top->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	top->look.order[TOP_VERDICTS] = TOP_BY_TIME;
	while (!top->end) {
		draw(top);
		turn(top);
	}
	screen_close();
	fetch_end(&top->fetch);
	free(top->text);
	close(top->signals);
	return EXIT_DONE;
}

/* ---- without a terminal ---- */

/* One frame, waited for; the exit status. */
static int frame_now(struct top *top, bool json)
{
	char *answer = NULL, *path = NULL;
	size_t len = 0;
	int err = client_receive(top->cli, "top", &path, &answer, &len), status = EXIT_DONE;
	struct text text = { answer, len };

	if (err < 0) {
		status = client_refused(top->cli, path, err);
	} else if (!text_starts(text, TEXT("ok\n"))) {
		fputs("mailward: ", stderr);
		client_print(stderr, text_starts(text, TEXT("error ")) ? (struct text){ text.at + 6, text.len - 6 } : TEXT("no answer\n"));
		status = EXIT_INPUT;
	} else if (json) {
		client_print(stdout, (struct text){ text.at + 3, text.len - 3 });
	} else {
		struct top_frame *old = top->frame;

		top_frame_read(top->spare, (struct text){ text.at + 3, text.len - 3 }, now_ms());
		top_frame_rate(top->spare, top->any ? old : NULL);
		top->frame = top->spare;
		top->spare = old;
		top->any = true;
	}
	free(answer);
	free(path);
	return status;
}

/* A rate wants two frames. */
static int once(struct top *top)
{
	int status = frame_now(top, false);

	if (status != EXIT_DONE)
		return status;
	poll(NULL, 0, PRINTED_MS);
	status = frame_now(top, false);
	if (status == EXIT_DONE)
		top_print(stdout, top->frame, PRINTED_ROWS);
	return status;
}

static int top_run(const struct cli *cli)
{
	struct top top = { .cli = cli, .fetch = { .fd = -1 }, .frame = calloc(1, sizeof(*top.frame)), .spare = calloc(1, sizeof(*top.spare)),
			   .canvas = calloc(1, sizeof(*top.canvas)) };
	int status = EXIT_INPUT;

	if (!top.frame || !top.spare || !top.canvas)
		fputs("mailward top: out of memory\n", stderr);
	else if (cli_given(cli, "json"))
		status = frame_now(&top, true);
	else if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !cli_given(cli, "once") && screen_open())
		status = live(&top);
	else
		status = once(&top);
	free(top.frame);
	free(top.spare);
	free(top.canvas);
	return status;
}

const struct cli_command cli_top = {
	.name = "top",
	.about = "what happens now, live",
	.usage = "[-c CONF] [--once | --json]",
	.help = "Shows who errs and what is done about it, live: rates, addresses, networks, rules, the latest bans and delays.\n"
		"Keys: tab and the arrows choose, s sorts, b bans, u unbans, e explains, q quits. Where there is no\n"
		"terminal, or a dumb one, it prints one frame.\n",
	.options = { CLI_SOCKET, { "once", '1', NULL, "print one frame, on a terminal, too" }, { "json", 0, NULL, "one frame, one JSON object a line" } },
	.run = top_run,
};
