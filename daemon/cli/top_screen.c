/* top_screen - see top_screen.h */
#include "cli/top_screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Of its names some are ours, and its macros are taken for nothing that is needed here. */
#define NCURSES_NOMACROS 1
#include <curses.h>
#include <term.h>

static SCREEN *screen;

static const int attributes[] = {
	[MARK_NONE] = (int)A_NORMAL, [MARK_BOLD] = (int)A_BOLD, [MARK_HEAD] = (int)A_REVERSE,
	[MARK_PICKED] = (int)(A_REVERSE | A_BOLD), [MARK_ALARM] = (int)A_BOLD,
};

/* newterm(3) takes a terminal that cannot place its cursor for a very small one. */
static bool can_place(void)
{
	int err;

	if (!getenv("TERM") || setupterm(NULL, STDOUT_FILENO, &err) != OK)
		return false;
	const char *place = tigetstr("cup");
	bool can = place && place != (char *)-1;
	del_curterm(set_curterm(NULL));
	return can;
}

bool screen_open(void)
{
	if (!can_place())
		return false;
	screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return false;
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, true);
	nodelay(stdscr, true);
	set_escdelay(50);
	curs_set(0);
	if (has_colors()) {
		start_color();
		use_default_colors();
		init_pair(1, COLOR_RED, -1);
	}
	return true;
}

void screen_close(void)
{
	if (!screen)
		return;
	endwin();
	delscreen(screen);
	screen = NULL;
}

void screen_size(unsigned *width, unsigned *height)
{
	int wide = getmaxx(stdscr), high = getmaxy(stdscr);

	*width = wide > 0 ? (unsigned)wide : 1;
	*height = high > 0 ? (unsigned)high : 1;
}

/* A run of one mark at a time. The last cell of the screen stays empty: writing there scrolls some. */
static void show_row(const struct canvas *canvas, unsigned row)
{
	unsigned width = canvas->width - (row + 1 == canvas->height);

	for (unsigned from = 0, to; from < width; from = to) {
		unsigned mark = canvas->marks[row][from];

		for (to = from + 1; to < width && canvas->marks[row][to] == mark; to++)
			;
		attrset(attributes[mark] | (mark == MARK_ALARM && has_colors() ? (int)COLOR_PAIR(1) : 0));
		mvaddnstr((int)row, (int)from, canvas->cells[row] + from, (int)(to - from));
	}
}

void screen_show(const struct canvas *canvas)
{
	erase();
	for (unsigned row = 0; row < canvas->height; row++)
		show_row(canvas, row);
	attrset((int)A_NORMAL);
	refresh();
}

int screen_key(void)
{
	static const struct {
		int theirs, ours;
	} keys[] = {
		{ KEY_UP, KEY_OF_UP }, { KEY_DOWN, KEY_OF_DOWN }, { KEY_PPAGE, KEY_OF_PAGE_UP }, { KEY_NPAGE, KEY_OF_PAGE_DOWN },
		{ KEY_HOME, KEY_OF_HOME }, { KEY_END, KEY_OF_END }, { '\t', KEY_OF_TAB }, { KEY_BTAB, KEY_OF_BACK_TAB },
		{ '\r', KEY_OF_ENTER }, { '\n', KEY_OF_ENTER }, { KEY_ENTER, KEY_OF_ENTER }, { 27, KEY_OF_ESCAPE },
		{ KEY_RESIZE, KEY_OF_RESIZE },
	};
	int key = getch();

	if (key == ERR)
		return KEY_OF_NONE;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (keys[i].theirs == key)
			return keys[i].ours;
	return key < 128 ? key : '?';
}
