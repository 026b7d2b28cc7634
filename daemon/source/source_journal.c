/* source_journal - see source_journal.h
 *
 * The only user of sd-journal. Owns its handle, the loop's sources for it, and the cursor. */
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
#include "source/line.h"
#include "source/watch.h"

#define KEPT_BYTES 64

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
#define ROOTS COUNT(roots)

const char *source_journal_folder;

/* The last record handed on; none: where the reading began. STORED as it is: with another layout FORM has to change. */
#define FORM 0x6a6f75726e616c01		/* "journal", version */
#define CURSOR_BYTES 256
struct cursor {
	uint64_t since_usec;		/* later than this */
	char text[CURSOR_BYTES];	/* NUL-terminated; "": no record yet */
};
_Static_assert(sizeof(struct cursor) == 264 && sizeof(struct cursor) <= SOURCE_POSITION_BYTES, "saved as it is");

struct journal {
	struct source source;
	const struct conf_source *which;
	sd_journal *handle;		/* NULL: could not be opened when we last tried */
	sd_event_source *readable, *timer, *work;
	struct watch *watches[ROOTS];	/* sd-journal does not see a root that is made later */
	struct cursor at;
	bool landing;			/* the next record may be the cursor's own, which was handed on */
	bool backlog;
};

/* The source is the first member of what source_journal_open() made. */
static struct journal *journal_of(struct source *source)
{
	return (struct journal *)source;
}

/* ---- which records ---- */

/* Cut the next word off *rest. */
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

/* The units that are slices, or those that are not. */
static int choose_units(sd_journal *handle, const char *units, bool slices)
{
	int err = 0;

	for (struct text unit; err >= 0 && (unit = next_word(&units)).len > 0;)
		if (is_slice(unit) == slices)
			err = choose(handle, slices ? "_SYSTEMD_SLICE" : "_SYSTEMD_UNIT", unit);
	return err;
}

static bool is_number(struct text text)
{
	return text.len > 0 && strspn(text.at, "0123456789") >= text.len;
}

/* Services run as local users: no name service is asked. */
static int choose_users(const struct journal *journal, sd_journal *handle)
{
	const char *users = journal->which->users ? journal->which->users : default_users;
	int err = choose(handle, "_UID", TEXT("0"));
	FILE *passwd = fopen("/etc/passwd", "re");

	for (struct text user; err >= 0 && (user = next_word(&users)).len > 0;) {
		const struct passwd *entry = NULL;
		char uid[16];

		if (is_number(user)) {
			err = choose(handle, "_UID", user);
			continue;
		}
		if (passwd)
			rewind(passwd);
		while (passwd && (entry = fgetpwent(passwd)) != NULL)
			if (text_equal(user, text_of(entry->pw_name)))
				break;
		if (entry) {
			snprintf(uid, sizeof(uid), "%u", entry->pw_uid);
			err = choose(handle, "_UID", text_of(uid));
		} else if (journal->which->users) {
			log_warning("journal: user = %.*s: not in /etc/passwd", (int)user.len, user.at);
		}
	}
	if (passwd)
		fclose(passwd);
	return err;
}

/* (one of the units or one of the slices) and one of the users, and one of the identifiers if any are named. */
static int choose_all(const struct journal *journal, sd_journal *handle)
{
	const char *units = journal->which->units ? journal->which->units : default_units;
	const char *identifiers = journal->which->identifiers;
	int err = choose_units(handle, units, false);

	if (err >= 0)
		err = sd_journal_add_disjunction(handle);
	if (err >= 0)
		err = choose_units(handle, units, true);
	if (err >= 0)
		err = sd_journal_add_conjunction(handle);
	if (err >= 0)
		err = choose_users(journal, handle);
	for (struct text word; err >= 0 && identifiers && (word = next_word(&identifiers)).len > 0;)
		err = choose(handle, "SYSLOG_IDENTIFIER", word);
	return err;
}

/* ---- one record ---- */

/* Valid until the next one is asked for; false: there is none. */
static bool field(sd_journal *handle, const char *name, struct text *value)
{
	const void *data;
	size_t len, head = strlen(name) + 1;

	if (sd_journal_get_data(handle, name, &data, &len) < 0 || len < head)
		return false;
	*value = (struct text){ (const char *)data + head, len - head };
	return true;
}

/* Keep a short field: the journal's own bytes are gone when the next is asked for. false: there is none. */
static bool keep(sd_journal *handle, struct entry *entry, enum entry_field which, char *at)
{
	struct text value;

	if (!field(handle, entry_names[which], &value) || value.len > KEPT_BYTES)
		return false;
	memcpy(at, value.at, value.len);
	entry->at[which] = (struct text){ at, value.len };
	return true;
}

static void hand_on(struct journal *journal)
{
	struct entry entry = { .at[ENTRY_MESSAGE].len = 0 };
	char kept[ENTRY_FIELDS][KEPT_BYTES];
	struct text *message = &entry.at[ENTRY_MESSAGE];
	struct record record;
	uint64_t usec = 0;

	sd_journal_get_realtime_usec(journal->handle, &usec);
	keep(journal->handle, &entry, ENTRY_PROGRAM, kept[ENTRY_PROGRAM]);
	if (!keep(journal->handle, &entry, ENTRY_SYSLOG_PID, kept[ENTRY_SYSLOG_PID]))
		keep(journal->handle, &entry, ENTRY_PID, kept[ENTRY_PID]);
	if (keep(journal->handle, &entry, ENTRY_CONTAINER, kept[ENTRY_CONTAINER]) ||
	    keep(journal->handle, &entry, ENTRY_CONTAINER_NAME, kept[ENTRY_CONTAINER_NAME]))
		for (enum entry_field which = ENTRY_PART; which <= ENTRY_ORDINAL; which++)
			keep(journal->handle, &entry, which, kept[which]);
	if (!field(journal->handle, entry_names[ENTRY_MESSAGE], message))
		return;
	if (message->len > LINE_BYTES_MAX) {
		message->len = LINE_BYTES_MAX;
		journal->source.stats.cut_lines++;
	}
	record_of_entry(&record, &entry);
	record.form = STAMP_KNOWN;
	record.time_ms = (int64_t)(usec / 1000);
	journal->source.stats.lines++;
	journal->source.stats.bytes += message->len + 1;
	journal->source.fn(journal->source.arg, &record, message->len + 1, journal->backlog);
}

/* ---- where we are ---- */

static void remember(struct journal *journal)
{
	struct cursor *at = &journal->at;
	char *cursor;

	if (sd_journal_get_cursor(journal->handle, &cursor) < 0)
		return;
	if (strlen(cursor) < sizeof(at->text)) {
		memset(at->text, 0, sizeof(at->text));
		memcpy(at->text, cursor, strlen(cursor));
	}
	free(cursor);
	sd_journal_get_realtime_usec(journal->handle, &at->since_usec);
}

/* Is this record the cursor's own? One that journald has copied from /run to /var has another number in another file,
 * but the same boot, times and hash, which are the end of its cursor. */
static bool is_known(const struct journal *journal)
{
	const char *ours = strstr(journal->at.text, ";b="), *its;
	char *cursor;
	bool known;

	if (!ours)
		return sd_journal_test_cursor(journal->handle, journal->at.text) > 0;
	if (sd_journal_get_cursor(journal->handle, &cursor) < 0)
		return false;
	its = strstr(cursor, ";b=");
	known = its && strcmp(its, ours) == 0;
	free(cursor);
	return known;
}

static int seek(struct journal *journal)
{
	const struct cursor *at = &journal->at;

	journal->landing = *at->text && sd_journal_seek_cursor(journal->handle, at->text) >= 0;
	return journal->landing ? 0 : sd_journal_seek_realtime_usec(journal->handle, at->since_usec + 1);
}

/* ---- at work ---- */

static void shut(struct journal *journal)
{
	journal->readable = sd_event_source_disable_unref(journal->readable);
	if (journal->handle)
		sd_journal_close(journal->handle);
	journal->handle = NULL;
}

static void retry_later(struct journal *journal)
{
	sd_event_source_set_time_relative(journal->timer, SOURCE_RETRY_US);
	sd_event_source_set_enabled(journal->timer, SD_EVENT_ONESHOT);
}

/* Hand on some records; what is left is the next turn's. */
static void turn(struct journal *journal)
{
	uint64_t bytes = 0, wake_usec = UINT64_MAX;
	int more = 1, n;

	for (n = 0; n < JOURNAL_TURN && (more = sd_journal_next(journal->handle)) > 0; n++) {
		if (!journal->landing || !is_known(journal))
			hand_on(journal);
		journal->landing = false;
	}
	source_set_trouble(&journal->source, more < 0 ? more : 0);
	if (n > 0)
		remember(journal);
	if (more == 0) {
		journal->backlog = false;
		journal->source.stats.caught_up = true;
	}
	journal->source.stats.present = sd_journal_get_usage(journal->handle, &bytes) >= 0 && bytes > 0;
	journal->source.stats.behind = more > 0;
	sd_event_source_set_enabled(journal->work, more > 0 ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
	if (more < 0) {
		retry_later(journal);
		return;
	}
	/* where inotify does not see all (a network file system), sd-journal wants to look from time to time */
	if (sd_journal_get_timeout(journal->handle, &wake_usec) > 0 && wake_usec != UINT64_MAX)
		sd_event_source_set_time(journal->timer, wake_usec);
	sd_event_source_set_enabled(journal->timer, wake_usec != UINT64_MAX ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static int on_readable(sd_event_source *event, int fd, uint32_t events, void *arg)
{
	struct journal *journal = arg;
	int change = sd_journal_process(journal->handle);

	(void)event, (void)fd, (void)events;
	journal->source.stats.rotations += change == SD_JOURNAL_INVALIDATE;
	if (change >= 0) {
		turn(journal);
		return 0;
	}
	source_set_trouble(&journal->source, change);
	retry_later(journal);
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

static int open_handle(sd_journal **handle)
{
	return source_journal_folder ? sd_journal_open_directory(handle, source_journal_folder, 0)
				     : sd_journal_open(handle, SD_JOURNAL_LOCAL_ONLY);
}

int source_journal_latest(const struct conf_source *which, int64_t *time_ms)
{
	struct journal journal = { .which = which };
	uint64_t usec;
	int err = open_handle(&journal.handle), more;

	if (err < 0)
		return err;
	err = choose_all(&journal, journal.handle);
	if (err >= 0)
		err = sd_journal_seek_tail(journal.handle);
	if (err >= 0 && (more = sd_journal_previous(journal.handle)) <= 0)
		err = more < 0 ? more : -ENOENT;
	if (err >= 0)
		err = sd_journal_get_realtime_usec(journal.handle, &usec);
	if (err >= 0)
		*time_ms = (int64_t)(usec / 1000);
	sd_journal_close(journal.handle);
	return err < 0 ? err : 0;
}

/* Open what is there now, behind the cursor. */
static void get(struct journal *journal)
{
	uint64_t bytes = 0;
	int err, fd = -1;

	shut(journal);
	journal->backlog = true;
	journal->source.stats.caught_up = false;
	err = open_handle(&journal->handle);
	if (err < 0)
		journal->handle = NULL;
	if (err >= 0)
		err = sd_journal_set_data_threshold(journal->handle, LINE_BYTES_MAX + 64);	/* and the field's name */
	if (err >= 0)
		err = choose_all(journal, journal->handle);
	if (err >= 0)
		err = fd = sd_journal_get_fd(journal->handle);
	if (err >= 0)
		err = sd_event_add_io(journal->source.loop, &journal->readable, fd,
				      (uint32_t)sd_journal_get_events(journal->handle), on_readable, journal);
	if (err >= 0)
		err = seek(journal);
	if (err < 0)
		shut(journal);
	source_set_trouble(&journal->source, err < 0 && err != -ENOENT ? err : 0);
	if (journal->source.trouble)
		retry_later(journal);
	journal->source.stats.present = journal->handle && sd_journal_get_usage(journal->handle, &bytes) >= 0 && bytes > 0;
	sd_event_source_set_enabled(journal->work, journal->handle ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static int on_timer(sd_event_source *event, uint64_t usec, void *arg)
{
	struct journal *journal = arg;

	if (journal->source.trouble || !journal->handle)
		get(journal);
	else
		on_readable(event, -1, (uint32_t)usec, journal);
	return 0;
}

static void on_root(void *arg)
{
	get(arg);
}

/* ---- the source ---- */

static void position(struct source *source, struct source_position *out)
{
	const struct journal *journal = journal_of(source);

	out->form = FORM;
	out->last_ms = (int64_t)(journal->at.since_usec / 1000);
	memcpy(out->bytes, &journal->at, sizeof(journal->at));
}

/* The journal numbers its records itself. */
static bool resume(struct source *source, const struct source_position *from, const struct clock_set *set)
{
	struct journal *journal = journal_of(source);
	bool known = from->form == FORM;

	(void)set;
	journal->at = (struct cursor){ .since_usec = (uint64_t)from->last_ms * 1000 };
	if (known)
		memcpy(&journal->at, from->bytes, sizeof(journal->at));
	journal->at.text[CURSOR_BYTES - 1] = '\0';
	get(journal);
	return known;
}

static void free_journal(struct source *source)
{
	struct journal *journal = journal_of(source);

	shut(journal);
	for (size_t i = 0; i < ROOTS; i++)
		watch_close(journal->watches[i]);
	sd_event_source_disable_unref(journal->timer);
	sd_event_source_disable_unref(journal->work);
	source_fini(source);
	free(journal);
}

static const struct source_ops ops = { .free = free_journal, .position = position, .resume = resume };

int source_journal_open(struct source **out, sd_event *loop, const struct conf *conf, const struct conf_source *which,
			record_fn *fn, void *arg)
{
	struct journal *journal = calloc(1, sizeof(*journal));
	int err;

	(void)conf;
	*out = NULL;
	if (!journal)
		return -ENOMEM;
	err = source_init(&journal->source, &ops, loop, strdup("journal"), fn, arg);
	journal->which = which;
	journal->at.since_usec = ((uint64_t)time(NULL) - JOURNAL_LOOKBACK_S) * 1000000;
	if (err >= 0)
		err = sd_event_add_defer(loop, &journal->work, on_work, journal);
	if (err >= 0)		/* as for a file: a backlog keeps nobody waiting */
		err = sd_event_source_set_priority(journal->work, SD_EVENT_PRIORITY_IDLE);
	if (err >= 0)
		err = sd_event_add_time(loop, &journal->timer, CLOCK_MONOTONIC, UINT64_MAX, 0, on_timer, journal);
	if (err >= 0)
		err = sd_event_source_set_enabled(journal->timer, SD_EVENT_OFF);
	for (size_t i = 0; err >= 0 && i < (source_journal_folder ? 1 : ROOTS); i++) {
		const char *root = source_journal_folder ? source_journal_folder : roots[i];
		err = watch_open(&journal->watches[i], loop, root, on_root, journal);
	}
	if (err < 0) {
		free_journal(&journal->source);
		return err;
	}
	get(journal);
	*out = &journal->source;
	return 0;
}

int source_journal_scan(const struct conf *conf, const struct conf_source *which, record_fn *fn, void *arg,
			struct source_stats *stats)
{
	struct source_position beginning = { 0 };
	struct source *source = NULL;
	sd_event *loop = NULL;
	int err = sd_event_new(&loop);

	if (err >= 0)
		err = source_journal_open(&source, loop, conf, which, fn, arg);
	if (err >= 0)
		source_resume(source, &beginning, &(struct clock_set){ 0 });
	while (err >= 0 && !source->trouble && journal_of(source)->handle && !source->stats.caught_up)
		err = sd_event_run(loop, SOURCE_RETRY_US);
	if (err >= 0)
		err = source->trouble ? source->trouble : source->stats.present ? 0 : -ENOENT;
	if (source) {
		stats->lines += source->stats.lines;
		stats->bytes += source->stats.bytes;
		stats->cut_lines += source->stats.cut_lines;
	}
	source_free(source);
	sd_event_unref(loop);
	return err;
}
