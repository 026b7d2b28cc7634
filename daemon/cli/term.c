/* term - see term.h. Asks the environment and the terminal; owns nothing. */
#include "cli/term.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COLUMNS 80
#define COLUMNS_MIN 20

unsigned term_columns(FILE *out)
{
	struct winsize size;

	if (ioctl(fileno(out), TIOCGWINSZ, &size) < 0 || size.ws_col < COLUMNS_MIN)
		return COLUMNS;
	return size.ws_col;
}

static bool is_dumb(void)
{
	const char *term = getenv("TERM");

	return term && strcmp(term, "dumb") == 0;
}

bool term_is_live(FILE *out)
{
	return isatty(fileno(out)) && !is_dumb();
}

/* The process's own locale stays "C": nothing but this depends on it. */
bool term_blocks(void)
{
	locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
	bool utf8 = locale && strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;

	if (locale)
		freelocale(locale);
	return utf8 && !is_dumb();
}

void term_bar(FILE *out, double share, unsigned width, bool blocks, bool fill)
{
	static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
	double wide = (share < 0 ? 0 : share > 1 ? 1 : share) * width;
	unsigned parts = blocks ? (unsigned)(wide * 8 + 0.5) : (unsigned)(wide + 0.5) * 8, used = (parts + 7) / 8;

	if (parts == 0 && share > 0 && width > 0) {	/* little is not nothing */
		parts = blocks ? 1 : 8;
		used = 1;
	}
	for (unsigned i = 0; i < parts / 8; i++)
		fputs(blocks ? "█" : "#", out);
	fputs(eighths[parts % 8], out);
	for (unsigned i = used; fill && i < width; i++)
		fputc(' ', out);
}
