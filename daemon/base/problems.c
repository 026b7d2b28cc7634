/* problems - see problems.h
 *
 * Never ends the process, never allocates; a message past MESSAGE_MAX ends in "...". */
#include "base/problems.h"

#include <stdarg.h>

#define MESSAGE_MAX 1024
#define SOURCE_COLUMNS 100	/* of a source line, around the column in question */

__attribute__((format(printf, 4, 0)))
static void message(const struct spot *spot, unsigned column, const char *kind, const char *fmt, va_list args)
{
	char raw[MESSAGE_MAX], shown[MESSAGE_MAX], name[MESSAGE_MAX];
	FILE *out = spot->problems->out;

	vsnprintf(raw, sizeof(raw), fmt, args);
	text_printable(shown, sizeof(shown), text_of(raw));
	fputs(text_printable(name, sizeof(name), text_of(spot->file)), out);
	if (spot->line)
		fprintf(out, ":%u", spot->line);
	if (column)
		fprintf(out, ":%u", column);
	fprintf(out, ": %s%s\n", kind, shown);
}

/* Is the count-th of its kind to be written? */
static bool wanted(const struct problems *problems, unsigned count)
{
	return problems->out && (problems->limit == 0 || count <= problems->limit);
}

void problem(const struct spot *spot, const char *fmt, ...)
{
	va_list args;

	if (!wanted(spot->problems, ++spot->problems->count))
		return;
	va_start(args, fmt);
	message(spot, 0, "", fmt, args);
	va_end(args);
}

void problem_warning(const struct spot *spot, const char *fmt, ...)
{
	va_list args;

	if (!wanted(spot->problems, ++spot->problems->warnings))
		return;
	va_start(args, fmt);
	message(spot, 0, "warning: ", fmt, args);
	va_end(args);
}

void problem_at(const struct spot *spot, unsigned column, struct text source, const char *fmt, ...)
{
	FILE *out = spot->problems->out;
	va_list args;

	if (!wanted(spot->problems, ++spot->problems->count))
		return;
	va_start(args, fmt);
	message(spot, column, "", fmt, args);
	va_end(args);
	size_t caret = column ? column - 1 : 0;
	if (caret > source.len)
		caret = source.len;
	size_t first = caret > SOURCE_COLUMNS / 2 ? caret - SOURCE_COLUMNS / 2 : 0;
	fputs("    ", out);
	for (size_t i = first; i < source.len && i < first + SOURCE_COLUMNS; i++) {
		char c = source.at[i];	/* One column a byte, so that the caret stands where it should. */
		fputc(c == '\t' ? ' ' : c < 0x20 || c > 0x7e ? '?' : c, out);
	}
	fprintf(out, "\n    %*s^\n", (int)(caret - first), "");
}
