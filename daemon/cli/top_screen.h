/* top_screen - the terminal, by ncurses: shows a canvas, tells keys; the only user of ncurses
 *
 * One screen at a time. It is given back as it was found, also when the process is told to end. */
#ifndef MAILWARD_TOP_SCREEN_H
#define MAILWARD_TOP_SCREEN_H

#include <stdbool.h>

#include "cli/top_view.h"

/* what screen_key() returns beside letters */
enum { KEY_OF_NONE = 0, KEY_OF_UP = 256, KEY_OF_DOWN, KEY_OF_PAGE_UP, KEY_OF_PAGE_DOWN, KEY_OF_HOME, KEY_OF_END, KEY_OF_TAB,
	KEY_OF_BACK_TAB, KEY_OF_ENTER, KEY_OF_ESCAPE, KEY_OF_RESIZE };

/* screen_open - false: this is no terminal that can place a character, which is nobody's fault; nothing was written */
bool screen_open(void);
void screen_close(void);
void screen_size(unsigned *width, unsigned *height);
void screen_show(const struct canvas *canvas);
/* screen_key - the next key, if one was typed; never waits: standard input is to be polled */
int screen_key(void);

#endif
