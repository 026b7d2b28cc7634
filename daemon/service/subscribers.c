/* subscribers - see subscribers.h
 *
 * Owns the readers' sockets and queues. Reads nothing from them: that one is gone shows as a hang-up. Never logs. */
#include "service/subscribers.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/json.h"
#include "service/report.h"

enum form { FORM_TEXT, FORM_JSON, FORMS };

struct subscriber {
	struct subscribers *all;
	struct subscriber *next;
	sd_event_source *io;
	int fd;
	enum form form;
	uint64_t lost;			/* since it was last told */
	size_t queued;
	char queue[SUBSCRIBER_QUEUE_BYTES];
};

struct subscribers {
	sd_event *loop;
	bool would;
	struct subscriber *first;
	unsigned count;
	uint64_t lost;
	FILE *memory;			/* where a line is written before it is queued */
	char *line;
	size_t line_len;
};

static void subscriber_free(struct subscriber *subscriber)
{
	struct subscribers *all = subscriber->all;
	struct subscriber **at = &all->first;

	while (*at != subscriber)
		at = &(*at)->next;
	*at = subscriber->next;
	all->count--;
	sd_event_source_disable_unref(subscriber->io);
	close(subscriber->fd);
	free(subscriber);
}

/* What was written into the memory since line_begin() is the line. */
static void line_begin(struct subscribers *all)
{
	rewind(all->memory);
}

static bool line_end(struct subscribers *all)
{
	return fflush(all->memory) == 0;
}

static bool append(struct subscriber *subscriber)
{
	const struct subscribers *all = subscriber->all;

	if (all->line_len > sizeof(subscriber->queue) - subscriber->queued)
		return false;
	memcpy(subscriber->queue + subscriber->queued, all->line, all->line_len);
	subscriber->queued += all->line_len;
	return true;
}

/* How many it has lost; not before half the queue is free, lest it fill with such lines. */
static bool tell_lost(struct subscriber *subscriber)
{
	struct subscribers *all = subscriber->all;
	struct json json;

	if (!subscriber->lost)
		return true;
	if (subscriber->queued > sizeof(subscriber->queue) / 2)
		return false;
	line_begin(all);
	if (subscriber->form == FORM_JSON) {
		json_begin(&json, all->memory);
		json_cstr(&json, "event", "lost");
		json_uint(&json, "count", subscriber->lost);
		json_end(&json);
	} else {
		fprintf(all->memory, "%" PRIu64 " %s lost: this reader is too slow\n", subscriber->lost,
			plural(subscriber->lost, "event was", "events were"));
	}
	if (!line_end(all) || !append(subscriber))
		return false;
	subscriber->lost = 0;
	return true;
}

/* As much as the socket takes now. false: the reader is gone. */
static bool send_queue(struct subscriber *subscriber)
{
	ssize_t sent = 0;

	if (subscriber->queued)
		sent = send(subscriber->fd, subscriber->queue, subscriber->queued, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent < 0)
		return errno == EAGAIN || errno == EINTR;
	subscriber->queued -= (size_t)sent;
	memmove(subscriber->queue, subscriber->queue + sent, subscriber->queued);
	return true;
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct subscriber *subscriber = arg;

	(void)fd;
	if ((events & (EPOLLHUP | EPOLLERR)) || !send_queue(subscriber)) {
		subscriber_free(subscriber);
		return 0;
	}
	/* A storm that is over must not leave its reader in the dark about what he missed. */
	tell_lost(subscriber);
	if (subscriber->queued == 0)
		sd_event_source_set_io_events(source, 0);
	return 0;
}

/* A storm may come in one turn of the loop: whose queue is full gets a chance at once. */
static void queue_line(struct subscriber *subscriber)
{
	bool idle = subscriber->queued == 0, gone = false;

	if (!append(subscriber)) {
		gone = !send_queue(subscriber);
		if (!gone && !append(subscriber)) {
			subscriber->lost++;
			subscriber->all->lost++;
		}
	}
	if (gone || (idle && sd_event_source_set_io_events(subscriber->io, EPOLLOUT) < 0))
		subscriber_free(subscriber);
}

/* Who has lost events hears of that first, in their place. */
static void tell_form(struct subscribers *all, enum form form, const struct event *event)
{
	bool written = false;

	for (struct subscriber *subscriber = all->first, *next; subscriber; subscriber = next) {
		next = subscriber->next;
		if (subscriber->form != form)
			continue;
		if (subscriber->lost) {
			written = false;	/* The line that tells of them takes the place of ours. */
			if (!tell_lost(subscriber)) {
				subscriber->lost++;
				all->lost++;
				continue;
			}
		}
		if (!written) {
			line_begin(all);
			if (form == FORM_JSON)
				report_json(all->memory, event, event->time_ms);
			else
				report_text(all->memory, event, all->would);
			written = line_end(all);
		}
		if (written)
			queue_line(subscriber);
	}
}

void subscribers_tell(struct subscribers *subscribers, const struct event *event)
{
	if (!subscribers || !subscribers->first)
		return;
	for (enum form form = 0; form < FORMS; form++)
		tell_form(subscribers, form, event);
}

int subscribers_add(struct subscribers *subscribers, int fd, bool json)
{
	struct subscriber *subscriber;

	if (fd < 0)
		return fd;
	if (!subscribers || subscribers->count == SUBSCRIBERS_MAX) {
		close(fd);
		return -EUSERS;
	}
	subscriber = calloc(1, sizeof(*subscriber));
	if (!subscriber) {
		close(fd);
		return -ENOMEM;
	}
	subscriber->all = subscribers;
	subscriber->fd = fd;
	subscriber->form = json ? FORM_JSON : FORM_TEXT;
	subscriber->next = subscribers->first;
	subscribers->first = subscriber;
	subscribers->count++;
	int err = sd_event_add_io(subscribers->loop, &subscriber->io, fd, 0, on_io, subscriber);
	if (err < 0)
		subscriber_free(subscriber);
	return err < 0 ? err : 0;
}

unsigned subscribers_count(const struct subscribers *subscribers)
{
	return subscribers->count;
}

uint64_t subscribers_lost(const struct subscribers *subscribers)
{
	return subscribers->lost;
}

int subscribers_new(struct subscribers **out, sd_event *loop, bool would)
{
	struct subscribers *subscribers = calloc(1, sizeof(*subscribers));

	if (!subscribers)
		return -ENOMEM;
	subscribers->loop = sd_event_ref(loop);
	subscribers->would = would;
	subscribers->memory = open_memstream(&subscribers->line, &subscribers->line_len);
	if (!subscribers->memory) {
		subscribers_free(subscribers);
		return -ENOMEM;
	}
	*out = subscribers;
	return 0;
}

void subscribers_free(struct subscribers *subscribers)
{
	if (!subscribers)
		return;
	while (subscribers->first)
		subscriber_free(subscribers->first);
	if (subscribers->memory)
		fclose(subscribers->memory);
	free(subscribers->line);
	sd_event_unref(subscribers->loop);
	free(subscribers);
}
