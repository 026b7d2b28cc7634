/* source_file - follow a log file through everything that is done to log files
 *
 * Rotation by rename (the old file is read to its end first), by copytruncate or by another link, with or without
 * packing, seen or slept through; a log that does not exist yet, that disappears for a while, that was edited or put
 * back. Woken by inotify alone; where something keeps us from a file or from inotify, by a timer until it is over.
 * Never writes. */
#ifndef MAILWARD_SOURCE_FILE_H
#define MAILWARD_SOURCE_FILE_H

#include "source/source.h"

/* source_file_open - what was in a file when it was opened is backlog, up to its first end: also in one that comes by
 * rotation. What is written before our eyes is live. At most one read buffer of work a loop turn. */
source_open_fn source_file_open;

#endif
