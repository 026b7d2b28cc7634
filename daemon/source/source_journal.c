/* source_journal - see source_journal.h
 *
 * The only user of sd-journal. Owns its handle, the loop's sources for it, and the position. Called by follows.c. */
#include "source/source_journal.h"

#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <systemd/sd-journal.h>

#include "base/array.h"
#include "base/log.h"
#include "source/watch.h"

#define IDENTIFIER_BYTES 64

/* Debian's and upstream's names; every postfix@INSTANCE.service is in Postfix's slice */
static const char default_units[] =
	"system-postfix.slice postfix.service dovecot.service exim4.service exim.service opensmtpd.service smtpd.service "
	"sendmail.service cyrus-imapd.service cyrus-imap.service courier-mta.service courier-imap.service "
	"courier-imap-ssl.service courier-pop.service courier-pop-ssl.service courier-authdaemon.service perdition.service "
	"sogo.service";
static const char default_users[] =
	"postfix dovecot dovenull Debian-exim exim mail mailnull smmta smmsp opensmtpd opensmtpq smtpd smtpq _smtpd _smtpq "
	"cyrus courier perdition sogo";

static const char *const roots[] = { "/run/log/journal", "/var/log/journal" };

struct journal {
	sd_event *loop;
	char *folder;
	char *units, *users, *identifiers;
	journal_fn *fn;
	void *arg;
	sd_journal *handle;		/* NULL: could not be opened when we last tried */
	sd_event_source *readable, *timer, *work;
	struct watch *watches[COUNT(roots)];	/* sd-journal does not see a root that is made later */
	struct source_stats stats;
	struct journal_position position;
	bool landing;			/* the next record may be the position's own, which was handed on */
	bool backlog;
	int trouble;			/* as last reported */
};

/* ---- which records ---- */

/* next_word - cut the next word off *rest */
static struct text next_word(const char **rest)
{
	struct text word;

	*rest += strspn(*rest, " ");
	word = (struct text){ *rest, strcspn(*rest, " ") };
	*rest += word.len;
	return word;
}

static int choose(sd_journal *handle, const char *field, struct text value)
{
	char match[512];
	int len = snprintf(match, sizeof(match), "%s=%.*s", field, (int)value.len, value.at);

	return len < (int)sizeof(match) ? sd_journal_add_match(handle, match, (size_t)len) : -ENAMETOOLONG;
}

static bool is_slice(struct text unit)
{
	return unit.len > 6 && memcmp(unit.at + unit.len - 6, ".slice", 6) == 0;
}

/* choose_units - the units that are slices, or those that are not */
static int choose_units(sd_journal *handle, const char *units, bool slices)
{
	int error = 0;

	for (struct text unit; error >= 0 && (unit = next_word(&units)).len > 0;)
		if (is_slice(unit) == slices)
			error = choose(handle, slices ? "_SYSTEMD_SLICE" : "_SYSTEMD_UNIT", unit);
	return error;
}

static bool is_number(struct text text)
{
	return text.len > 0 && strspn(text.at, "0123456789") >= text.len;
}

/* choose_users - services run as local users: no name service is asked */
static int choose_users(const struct journal *journal, sd_journal *handle)
{
	const char *users = journal->users ? journal->users : default_users;
	int error = choose(handle, "_UID", TEXT("0"));
	FILE *passwd = fopen("/etc/passwd", "re");

	for (struct text user; error >= 0 && (user = next_word(&users)).len > 0;) {
		const struct passwd *entry = NULL;
		char uid[16];

		if (is_number(user)) {
			error = choose(handle, "_UID", user);
			continue;
		}
		if (passwd)
			rewind(passwd);
		while (passwd && (entry = fgetpwent(passwd)) != NULL)
			if (text_equal(user, text_of(entry->pw_name)))
				break;
		if (entry) {
			snprintf(uid, sizeof(uid), "%u", entry->pw_uid);
			error = choose(handle, "_UID", text_of(uid));
		} else if (journal->users) {
			log_warning("journal: user = %.*s: not in /etc/passwd", (int)user.len, user.at);
		}
	}
	if (passwd)
		fclose(passwd);
	return error;
}

/* choose_all - (one of the units or one of the slices) and one of the users, and one of the identifiers if any are named */
static int choose_all(const struct journal *journal, sd_journal *handle)
{
	const char *units = journal->units ? journal->units : default_units, *identifiers = journal->identifiers;
	int error = choose_units(handle, units, false);

	if (error >= 0)
		error = sd_journal_add_disjunction(handle);
	if (error >= 0)
		error = choose_units(handle, units, true);
	if (error >= 0)
		error = sd_journal_add_conjunction(handle);
	if (error >= 0)
		error = choose_users(journal, handle);
	for (struct text word; error >= 0 && identifiers && (word = next_word(&identifiers)).len > 0;)
		error = choose(handle, "SYSLOG_IDENTIFIER", word);
	return error;
}

/* ---- one record ---- */

/* field - valid until the next one is asked for; false: there is none */
static bool field(sd_journal *handle, const char *name, struct text *value)
{
	const void *data;
	size_t len, head = strlen(name) + 1;

	if (sd_journal_get_data(handle, name, &data, &len) < 0 || len < head)
		return false;
	*value = (struct text){ (const char *)data + head, len - head };
	return true;
}

static uint32_t pid_of(sd_journal *handle)
{
	struct text text;
	uint32_t pid = 0;

	if (!field(handle, "SYSLOG_PID", &text) && !field(handle, "_PID", &text))
		return 0;
	for (size_t i = 0; i < text.len && i < 9 && text.at[i] >= '0' && text.at[i] <= '9'; i++)
		pid = pid * 10 + (uint32_t)(text.at[i] - '0');
	return pid;
}

static void hand_on(struct journal *journal)
{
	struct record record = { .form = STAMP_KNOWN, .repeat = 1, .pid = pid_of(journal->handle) };
	char identifier[IDENTIFIER_BYTES];
	struct text program, message;
	uint64_t usec = 0;

	sd_journal_get_realtime_usec(journal->handle, &usec);
	record.time_ms = (int64_t)(usec / 1000);
	if (field(journal->handle, "SYSLOG_IDENTIFIER", &program) && program.len <= sizeof(identifier)) {
		memcpy(identifier, program.at, program.len);
		record.program = (struct text){ identifier, program.len };
	}
	if (!field(journal->handle, "MESSAGE", &message))
		return;
	while (message.len > 0 && *message.at == ' ')
		message = (struct text){ message.at + 1, message.len - 1 };
	if (message.len > LINE_BYTES_MAX) {
		message.len = LINE_BYTES_MAX;
		journal->stats.cut_lines++;
	}
	record.message = message;
	journal->stats.lines++;
	journal->stats.bytes += message.len + 1;
	journal->fn(journal->arg, &record, journal->backlog);
}

/* ---- where we are ---- */

static void remember(struct journal *journal)
{
	struct journal_position *position = &journal->position;
	char *cursor;

	if (sd_journal_get_cursor(journal->handle, &cursor) < 0)
		return;
	if (strlen(cursor) < sizeof(position->cursor)) {
		memset(position->cursor, 0, sizeof(position->cursor));
		memcpy(position->cursor, cursor, strlen(cursor));
	}
	free(cursor);
	sd_journal_get_realtime_usec(journal->handle, &position->since_usec);
}

/* is_known - is this record the position's own? A record that journald has copied from /run to /var has another number
 * in another file, but the same boot, times and hash, which are the tail of its cursor. */
static bool is_known(const struct journal *journal)
{
	const char *ours = strstr(journal->position.cursor, ";b="), *its;
	char *cursor;
	bool known;

	if (!ours)
		return sd_journal_test_cursor(journal->handle, journal->position.cursor) > 0;
	if (sd_journal_get_cursor(journal->handle, &cursor) < 0)
		return false;
	its = strstr(cursor, ";b=");
	known = its && strcmp(its, ours) == 0;
	free(cursor);
	return known;
}

static int seek(struct journal *journal)
{
	const struct journal_position *position = &journal->position;

	journal->landing = *position->cursor && sd_journal_seek_cursor(journal->handle, position->cursor) >= 0;
	return journal->landing ? 0 : sd_journal_seek_realtime_usec(journal->handle, position->since_usec + 1);
}

/* ---- at work ---- */

static void say_trouble(struct journal *journal, int error)
{
	if (error != journal->trouble && error < 0)
		log_warning("cannot read the journal: %s", strerror(-error));
	journal->trouble = error;
}

static void shut(struct journal *journal)
{
	journal->readable = sd_event_source_disable_unref(journal->readable);
	if (journal->handle)
		sd_journal_close(journal->handle);
	journal->handle = NULL;
}

/* turn - hand on some records; what is left is the next turn's */
static void turn(struct journal *journal)
{
	uint64_t bytes = 0, wake_usec = UINT64_MAX;
	int more = 1, n;

	for (n = 0; n < JOURNAL_TURN && (more = sd_journal_next(journal->handle)) > 0; n++) {
		if (!journal->landing || !is_known(journal))
			hand_on(journal);
		journal->landing = false;
	}
	say_trouble(journal, more < 0 ? more : 0);
	if (n > 0)
		remember(journal);
	if (more == 0) {
		journal->backlog = false;
		journal->stats.caught_up = true;
	}
	journal->stats.present = sd_journal_get_usage(journal->handle, &bytes) >= 0 && bytes > 0;
	journal->stats.behind = more > 0;
	sd_event_source_set_enabled(journal->work, more > 0 ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
	/* where inotify does not see all (a network file system), sd-journal wants to look from time to time */
	if (sd_journal_get_timeout(journal->handle, &wake_usec) > 0 && wake_usec != UINT64_MAX)
		sd_event_source_set_time(journal->timer, wake_usec);
	sd_event_source_set_enabled(journal->timer, wake_usec != UINT64_MAX ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static void look(struct journal *journal)
{
	int change = journal->handle ? sd_journal_process(journal->handle) : SD_JOURNAL_NOP;

	if (change == SD_JOURNAL_INVALIDATE)
		journal->stats.rotations++;
	say_trouble(journal, change < 0 ? change : 0);
	if (journal->handle)
		turn(journal);
}

static int on_readable(sd_event_source *event, int fd, uint32_t events, void *arg)
{
	(void)event;
	(void)fd;
	(void)events;
	look(arg);
	return 0;
}

static int on_timer(sd_event_source *event, uint64_t usec, void *arg)
{
	(void)event;
	(void)usec;
	look(arg);
	return 0;
}

static int on_work(sd_event_source *event, void *arg)
{
	struct journal *journal = arg;

	(void)event;
	if (journal->handle)
		turn(journal);
	return 0;
}

/* get - open what is there now, behind the position */
static void get(struct journal *journal)
{
	uint64_t bytes = 0;
	int error, fd = -1;

	shut(journal);
	journal->backlog = true;
	journal->stats.caught_up = false;
	error = journal->folder ? sd_journal_open_directory(&journal->handle, journal->folder, 0)
				: sd_journal_open(&journal->handle, SD_JOURNAL_LOCAL_ONLY);
	if (error < 0)
		journal->handle = NULL;
	if (error >= 0)
		error = sd_journal_set_data_threshold(journal->handle, LINE_BYTES_MAX + 64);	/* and the field's name */
	if (error >= 0)
		error = choose_all(journal, journal->handle);
	if (error >= 0)
		error = fd = sd_journal_get_fd(journal->handle);
	if (error >= 0)
		error = sd_event_add_io(journal->loop, &journal->readable, fd, (uint32_t)sd_journal_get_events(journal->handle),
					on_readable, journal);
	if (error >= 0)
		error = seek(journal);
	if (error < 0)
		shut(journal);
	say_trouble(journal, error < 0 && error != -ENOENT ? error : 0);
	journal->stats.present = journal->handle && sd_journal_get_usage(journal->handle, &bytes) >= 0 && bytes > 0;
	sd_event_source_set_enabled(journal->work, journal->handle ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static void on_root(void *arg)
{
	get(arg);
}

static char *copy(const char *text, bool *failed)
{
	char *result = text ? strdup(text) : NULL;

	*failed |= text && !result;
	return result;
}

int journal_follow(struct journal **out, sd_event *loop, const char *folder, const struct conf_source *source,
		   journal_fn *fn, void *arg)
{
	struct journal *journal = calloc(1, sizeof(*journal));
	bool failed = false;
	int error = -ENOMEM;

	*out = NULL;
	if (!journal)
		return -ENOMEM;
	*journal = (struct journal){ .loop = sd_event_ref(loop), .fn = fn, .arg = arg, .backlog = true };
	journal->folder = copy(folder, &failed);
	journal->units = copy(source->units, &failed);
	journal->users = copy(source->users, &failed);
	journal->identifiers = copy(source->identifiers, &failed);
	if (failed)
		goto failed;
	journal->position.since_usec = ((uint64_t)time(NULL) - JOURNAL_LOOKBACK_S) * 1000000;
	error = sd_event_add_defer(loop, &journal->work, on_work, journal);
	if (error >= 0)		/* as for a file: a backlog keeps nobody waiting */
		error = sd_event_source_set_priority(journal->work, SD_EVENT_PRIORITY_IDLE);
	if (error >= 0)
		error = sd_event_add_time(loop, &journal->timer, CLOCK_MONOTONIC, UINT64_MAX, 0, on_timer, journal);
	if (error >= 0)
		error = sd_event_source_set_enabled(journal->timer, SD_EVENT_OFF);
	for (size_t i = 0; error >= 0 && i < (folder ? 1 : COUNT(roots)); i++)
		error = watch_open(&journal->watches[i], loop, folder ? folder : roots[i], on_root, journal);
	if (error < 0)
		goto failed;
	get(journal);
	*out = journal;
	return 0;
failed:
	journal_free(journal);
	return error;
}

void journal_free(struct journal *journal)
{
	if (!journal)
		return;
	shut(journal);
	for (size_t i = 0; i < COUNT(roots); i++)
		if (journal->watches[i])
			watch_close(journal->watches[i]);
	sd_event_source_disable_unref(journal->timer);
	sd_event_source_disable_unref(journal->work);
	sd_event_unref(journal->loop);
	free(journal->folder);
	free(journal->units);
	free(journal->users);
	free(journal->identifiers);
	free(journal);
}

const struct source_stats *journal_stats(const struct journal *journal)
{
	return &journal->stats;
}

const struct journal_position *journal_position(const struct journal *journal)
{
	return &journal->position;
}

void journal_resume(struct journal *journal, const struct journal_position *position)
{
	int error = 0;

	journal->position = *position;
	journal->position.cursor[JOURNAL_CURSOR_BYTES - 1] = '\0';
	if (journal->handle)
		error = seek(journal);
	say_trouble(journal, error);
}
