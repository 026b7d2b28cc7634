/* problems - see problems.h
 *
 * Never ends the process, never allocates; a message past MESSAGE_MAX ends in "...". */
#include "base/problems.h"

#include <stdarg.h>

#define MESSAGE_MAX 1024
#define SOURCE_COLUMNS 100	/* of a source line, around the column in question */

__attribute__((format(printf, 6, 0)))
static void message(struct problems *problems, const char *file, unsigned line, unsigned column,
		    const char *kind, const char *fmt, va_list args)
{
	char raw[MESSAGE_MAX], shown[MESSAGE_MAX], name[MESSAGE_MAX];

	vsnprintf(raw, sizeof(raw), fmt, args);
	text_printable(shown, sizeof(shown), (struct text){ raw, strlen(raw) });
	text_printable(name, sizeof(name), (struct text){ file, strlen(file) });
	fputs(name, problems->out);
	if (line)
		fprintf(problems->out, ":%u", line);
	if (column)
		fprintf(problems->out, ":%u", column);
	fprintf(problems->out, ": %s%s\n", kind, shown);
}

/* is the count-th of its kind to be written? */
static bool wanted(const struct problems *problems, unsigned count)
{
	return problems->out && (problems->limit == 0 || count <= problems->limit);
}

void problem(struct problems *problems, const char *file, unsigned line, const char *fmt, ...)
{
	va_list args;

	if (!wanted(problems, ++problems->count))
		return;
	va_start(args, fmt);
	message(problems, file, line, 0, "", fmt, args);
	va_end(args);
}

void problem_warning(struct problems *problems, const char *file, unsigned line, const char *fmt, ...)
{
	va_list args;

	if (!wanted(problems, ++problems->warnings))
		return;
	va_start(args, fmt);
	message(problems, file, line, 0, "warning: ", fmt, args);
	va_end(args);
}

void problem_at(struct problems *problems, const char *file, unsigned line, unsigned column,
		struct text source, const char *fmt, ...)
{
	va_list args;

	if (!wanted(problems, ++problems->count))
		return;
	va_start(args, fmt);
	message(problems, file, line, column, "", fmt, args);
	va_end(args);
	size_t caret = column ? column - 1 : 0;
	if (caret > source.len)
		caret = source.len;
	size_t first = caret > SOURCE_COLUMNS / 2 ? caret - SOURCE_COLUMNS / 2 : 0;
	fputs("    ", problems->out);
	for (size_t i = first; i < source.len && i < first + SOURCE_COLUMNS; i++) {
		char c = source.at[i];	/* one column a byte, so that the caret stands where it should */
		fputc(c == '\t' ? ' ' : c < 0x20 || c > 0x7e ? '?' : c, problems->out);
	}
	fprintf(problems->out, "\n    %*s^\n", (int)(caret - first), "");
}
