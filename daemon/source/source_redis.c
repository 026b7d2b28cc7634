/* source_redis - see source_redis.h
 *
 * What is published is the bare message: who said it is told by how it begins, as far as the patterns need to know. It has no
 * time, so it counts at arrival; and no past, so there is no place to go on at. */
#include "source/source_redis.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/log.h"

struct fed {
	struct source source;
	char why[200];
};

static struct fed *fed_of(struct source *source)
{
	return (struct fed *)source;
}

static struct text program_of(struct text message)
{
	static const struct {
		const char *begins, *program;
	} heads[] = {
		{ "NOQUEUE: ", "postfix/smtpd" }, { "warning: ", "postfix/smtpd" }, { "too many errors after ", "postfix/smtpd" },
		{ "lost connection after ", "postfix/smtpd" }, { "improper command pipelining after ", "postfix/smtpd" },
		{ "imap-login: ", "dovecot" }, { "pop3-login: ", "dovecot" }, { "managesieve-login: ", "dovecot" },
		{ "submission-login: ", "dovecot" }, { "auth: ", "dovecot" }, { "auth-worker", "dovecot" },
	};

	for (size_t i = 0; i < COUNT(heads); i++)
		if (text_starts(message, text_of(heads[i].begins)))
			return text_of(heads[i].program);
	return TEXT("");
}

void source_redis_take(struct source *source, struct text message)
{
	struct record record = { .form = STAMP_NONE, .repeat = 1, .program = program_of(message), .message = message };

	source->stats.lines++;
	source->stats.bytes += message.len;
	source->fn(source->arg, &record, message.len, false);
}

void source_redis_there(struct source *source, const char *why)
{
	struct fed *fed = fed_of(source);

	if (!why && !source->stats.present)
		log_notice("%s: listening; what was published before is lost", source->name);
	if (why && (source->stats.present || strcmp(why, fed->why) != 0))
		log_warning("%s is not listened to: %s; what is published meanwhile is lost", source->name, why);
	source->stats.present = !why;
	snprintf(fed->why, sizeof(fed->why), "%s", why ? why : "");
	source->absent = why ? fed->why : NULL;
}

static void free_it(struct source *source)
{
	source_fini(source);
	free(fed_of(source));
}

static void position(struct source *source, struct source_position *position)
{
	(void)source, (void)position;
}

static bool resume(struct source *source, const struct source_position *position, const struct clock_set *set)
{
	(void)source, (void)position, (void)set;
	return false;
}

int source_redis_open(struct source **out, sd_event *loop, const struct conf *conf, const struct conf_source *which, record_fn *fn,
		      void *arg)
{
	static const struct source_ops ops = { .free = free_it, .position = position, .resume = resume };
	struct fed *fed = calloc(1, sizeof(*fed));
	char *name = NULL;
	int err;

	(void)conf;
	if (!fed)
		return -ENOMEM;
	if (asprintf(&name, "redis %s", which->name) < 0)
		name = NULL;
	err = source_init(&fed->source, &ops, loop, name, fn, arg);
	if (err < 0) {
		source_fini(&fed->source);
		free(fed);
		return err;
	}
	fed->source.stats.caught_up = true;
	fed->source.absent = "not listened to yet";
	*out = &fed->source;
	return 0;
}
