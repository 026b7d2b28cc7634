/* fuzz_record - any line comes apart within its own bytes, and no message becomes a header */
#include "fuzz.h"

#include "match/record.h"

static void must_lie_in(struct text part, struct text line)
{
	must_hold(part.len == 0 || (part.at >= line.at && part.at + part.len <= line.at + line.len));
}

static void any_line(struct text line)
{
	struct record record;

	bool copied = line.len && (memchr(line.at, '{', line.len) || memchr(line.at, '\033', line.len));	/* into a buffer */

	record_parse(&record, line);
	must_hold(record.stamp.len <= line.len && record.host.len <= line.len && record.program.len <= line.len &&
		  record.message.len <= line.len);
	must_hold(record.repeat >= 1 && record.repeat <= RECORD_REPEAT_MAX);
	if (!copied) {
		must_lie_in(record.stamp, line);
		must_lie_in(record.host, line);
		must_lie_in(record.program, line);
		must_lie_in(record.message, line);
		must_hold(record.message.at + record.message.len + 1 >= line.at + line.len);	/* 1: the ] of a repetition */
	}
	must_hold((record.form == STAMP_NONE) == (record.stamp.len == 0));

	int64_t time_ms = record_time_ms(&record, INT64_C(1795380000000));
	must_hold(record.form != STAMP_NONE || time_ms == RECORD_NO_TIME);
	must_hold(record.form != STAMP_RFC3164 || time_ms == RECORD_NO_TIME || record.stamp.len > 15 ||
		  time_ms <= INT64_C(1795380000000) + 86400000);
}

static void any_message(struct text header, const uint8_t *data, size_t size)
{
	struct record record;
	char *line = malloc(header.len + size);

	must_hold(line);
	memcpy(line, header.at, header.len);
	memcpy(line + header.len, data, size);
	record_parse(&record, (struct text){ line, header.len + size });
	must_hold(text_equal(record.program, TEXT("postfix/smtpd")) && record.pid == 28370);
	must_hold(record.message.at >= line + header.len);
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	any_line((struct text){ (const char *)data, size });
	any_message(TEXT("Nov 22 17:54:32 mx1 postfix/smtpd[28370]: "), data, size);
	any_message(TEXT("2026-11-22T18:08:24.1+01:00 mx1 postfix/smtpd[28370]: "), data, size);
	any_message(TEXT("<22>1 2026-11-22T18:08:24Z mx1 postfix/smtpd 28370 - - "), data, size);
	any_message(TEXT("postfix/smtpd[28370]: "), data, size);
	return 0;
}
