/* test_export - an export of the journal is read by its fields, whatever bytes are in them; nothing in a field begins a record */
#include "match/export.h"
#include "random.h"
#include "source/line.h"
#include "tap.h"

static struct export export;
static char seen[1 << 16];	/* "program[pid]@ms: message|" */
static uint64_t records;

static void see(void *arg, const struct line *line)
{
	size_t used = strlen(seen);
	struct record r;

	(void)arg;
	if (!export_record(&export, line->text, line->bytes, &r))
		return;
	records++;
	snprintf(seen + used, sizeof(seen) - used, "%.*s[%u]@%" PRId64 ": %.*s|", (int)r.program.len, r.program.at, r.pid,
		 record_time_ms(&r, 0), (int)r.message.len, r.message.at);
}

/* read - a log, in pieces of this size */
static const char *read_pieces(const char *log, size_t len, size_t piece)
{
	struct line_splitter splitter;
	size_t room;

	export.state = EXPORT_NEW;
	export.entry = (struct entry){ 0 };
	export.used = 0;
	seen[0] = '\0';
	records = 0;
	if (line_init(&splitter) < 0)
		abort();
	for (size_t at = 0; at < len; at += piece) {
		size_t take = len - at < piece ? len - at : piece;
		memcpy(line_room(&splitter, &room), log + at, take);
		line_feed(&splitter, take, true, see, NULL);
	}
	line_flush(&splitter, true, see, NULL);
	line_fini(&splitter);
	return seen;
}

#define READ(literal) read_pieces(literal, sizeof(literal) - 1, 4096)
#define BEGIN "__CURSOR=s=1;i=1\n__REALTIME_TIMESTAMP=1795341600123456\n__MONOTONIC_TIMESTAMP=1\n"
#define SMTPD "SYSLOG_IDENTIFIER=postfix/smtpd\nSYSLOG_PID=7\n"
#define LENGTH(c) c "\0\0\0\0\0\0\0"
#define FORGED "__CURSOR=x\nSYSLOG_IDENTIFIER=b\nMESSAGE=c\n\n"	/* 42 bytes */

static void test_forms(void)
{
	tap_str(READ(BEGIN SMTPD "MESSAGE=a=b\n\n" BEGIN "MESSAGE=c\n_PID=9\n\n"), "postfix/smtpd[7]@1795341600123: a=b|[9]@1795341600123: c|",
		"two records, by their fields");
	tap_str(READ(BEGIN SMTPD "MESSAGE\n" LENGTH("\5") "a\n\xff\0b\n\n"), "postfix/smtpd[7]@1795341600123: a\n\xff|", "odd bytes are counted off");
	tap_int(export.used + export.entry.at[ENTRY_MESSAGE].len, 0, "and nothing is left of them");
	tap_str(READ(BEGIN "MESSAGE\n" LENGTH("\n") "0123456789\n" SMTPD "\n"), "postfix/smtpd[7]@1795341600123: 0123456789|", "a length that is a line feed");
	tap_str(READ(BEGIN "MESSAGE\n" LENGTH("\r") "012345678901\r\n" SMTPD "\n"), "postfix/smtpd[7]@1795341600123: 012345678901\r|", "CR before the end");
	tap_str(READ(BEGIN "MESSAGE\n\r\n\0\0\0\0\0\0" "x\n"), "", "a length that says more than there is");
	tap_str(READ(BEGIN "MESSAGE\n" LENGTH("\0") "\n" SMTPD "\n"), "postfix/smtpd[7]@1795341600123: |", "nothing at all");
	tap_str(READ(BEGIN SMTPD "MESSAGE\n" LENGTH("\x2a") "a\n\n" FORGED "\n\n"), "", "a length too short: that is no export, and read no further");
	tap_str(READ(BEGIN SMTPD "MESSAGE\n" LENGTH("\x2d") "a\n\n" FORGED "\n\n"),
		"postfix/smtpd[7]@1795341600123: a\n\n" FORGED "|", "what looks like a record is a client's text");
	tap_str(READ(BEGIN SMTPD "OTHER\n" LENGTH("\x2b") "\n" FORGED "\nMESSAGE=z\n\n"), "postfix/smtpd[7]@1795341600123: z|",
		"also in a field that nobody wants");
	tap_str(READ(BEGIN "MESSAGE=a\nMESSAGE=b\n\n"), "[0]@1795341600123: a|", "twice the same: the first");
	tap_str(READ(BEGIN SMTPD "\n"), "postfix/smtpd[7]@1795341600123: |", "without a message");
	tap_str(READ(BEGIN SMTPD "MESSAGE=a\nno field\n" BEGIN "MESSAGE=b\n\n"), "", "what is no field ends it");
	tap_str(READ("Nov 22 10:00:00 mx imapd[1]: x\n" BEGIN "MESSAGE=a\n\n") + strlen("imapd[1]@"), seen + strlen("imapd[1]@"), "read");
	tap_ok(strncmp(seen, "imapd[1]@", 9) == 0 && records == 6, "a log whose first line is no field is no export");
	tap_str(READ(BEGIN "CONTAINER_NAME=mail\nSYSLOG_IDENTIFIER=tag\nMESSAGE=Nov 22 09:00:00 mx imapd[7]: x\n\n"),
		"imapd[7]@1795341600123: x|", "a container's line is taken out of its record");
}

/* wherever the reads fell, and however long a field is */
static void test_random(void)
{
	static char log[1 << 19], wanted[1 << 16];
	unsigned wrong = 0;

	for (unsigned round = 0; round < 200; round++) {
		size_t len = 0, want = 0;

		for (unsigned n = 1 + random_below(8); n > 0; n--) {
			char message[40];
			size_t size = random_below(sizeof(message)), blob = random_below(10) ? random_below(300) : 66000 + random_below(9);
			uint64_t le = size, le_blob = blob;

			for (size_t i = 0; i < size; i++)
				message[i] = "\n\r=_ \xffM"[random_below(7)];
			len += (size_t)sprintf(log + len, BEGIN "_PID=%u\nBLOB\n", n);
			memcpy(log + len, &le_blob, 8);
			len += 8;
			for (size_t i = 0; i < blob; i++)
				log[len++] = "\n\r=_ \xffM"[random_below(7)];
			if (random_below(4) == 0 && blob > sizeof(FORGED))
				memcpy(log + len - sizeof(FORGED), FORGED, sizeof(FORGED) - 1);
			len += (size_t)sprintf(log + len, "\nMESSAGE\n");
			memcpy(log + len, &le, 8);
			memcpy(log + len + 8, message, size);
			len += 8 + size;
			len += (size_t)sprintf(log + len, "\n\n");
			while (size > 0 && *message == ' ')	/* of a message's beginning they are taken off */
				memmove(message, message + 1, --size);
			want += (size_t)sprintf(wanted + want, "[%u]@1795341600123: %.*s|", n, (int)size, message);
		}
		wanted[want] = '\0';
		wrong += strcmp(read_pieces(log, len, 1 + random_below(5000)), wanted) != 0;
	}
	tap_int(wrong, 0, "200 exports of odd fields come out as they were made");
}

int main(void)
{
	test_forms();
	test_random();
	return tap_done();
}
