/* unread - of a replay, the lines that no rule met, by program: where a new version has new words, they show here */
#ifndef MAILWARD_UNREAD_H
#define MAILWARD_UNREAD_H

#include <stdio.h>

#include "base/json.h"
#include "source/block.h"

#define UNREAD_PROGRAMS 64	/* more are counted together */
#define UNREAD_LOOKED BLOCK_LOOKED	/* lines of a program that are looked into, so that a long log stays quick */

struct unread {
	struct unread_program {
		char name[48];		/* as many bytes as fit */
		size_t name_len;
		char example[160];	/* the first bytes of the first message that sounds like a refusal, as they came */
		uint8_t example_bytes;	/* 0: none does */
		uint64_t lines, looked, refusals;
		bool has_rules;
	} at[UNREAD_PROGRAMS];
	size_t count, last;	/* last: the one that was noted last */
	uint32_t tag;		/* of the record that was, see record.h; 0: none */
	uint64_t lines;		/* of all */
	uint64_t others;	/* of programs for which there was no room */
};

/* unread_look - what unread_note() does with a record that met no rule, where its program may be another than the last one's, or
 * it may sound like a refusal */
void unread_look(struct unread *unread, const struct found *found);

/* unread_note - a record and what it met; a record that met a rule is passed over */
static inline void unread_note(struct unread *unread, const struct found *found)
{
	struct unread_program *last = &unread->at[unread->last];

	if (found->met == MET_RULE)
		return;
	unread->lines += found->lines;
	if (last->looked == UNREAD_LOOKED && found->record->tag && found->record->tag == unread->tag)
		last->lines += found->lines;
	else
		unread_look(unread, found);
}

/* unread_text, unread_json - what there was, the most suspicious first; both sort. As text at most UNREAD_SHOWN programs; as JSON
 * two fields of an object */
#define UNREAD_SHOWN 6
void unread_text(struct unread *unread, FILE *out);
void unread_json(struct unread *unread, struct json *json);

#endif
