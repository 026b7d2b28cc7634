/* unread - see unread.h. Knows nothing of what the lines mean, but for a few words that refusals have in common. */
#include "cli/unread.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"

static const char *const words[] = { "fail", "reject", "denied", "refus", "invalid", "incorrect", "unauthori", "not allowed",
				     "unknown user", "no such user", "mismatch", "blocked" };

static bool begins_one(struct text text)
{
	for (size_t i = 0; i < COUNT(words); i++)
		if ((*text.at | 0x20) == words[i][0] && text.len >= strlen(words[i]) &&
		    strncasecmp(text.at, words[i], strlen(words[i])) == 0)
			return true;
	return false;
}

static bool sounds_like_refusal(struct text message)
{
	uint32_t second[32] = { 0 };	/* by the first letter: a bit for each that may follow; most pairs begin no word */

	for (size_t i = 0; i < COUNT(words); i++)
		second[words[i][0] & 31] |= 1U << (words[i][1] & 31);
	for (size_t at = 0; at + 1 < message.len; at++)
		if (second[message.at[at] & 31] >> (message.at[at + 1] & 31) & 1 &&
		    begins_one((struct text){ message.at + at, message.len - at }))
			return true;
	return false;
}

/* The program's place, made where there is room; else NULL. */
static struct unread_program *place_of(struct unread *unread, struct text name)
{
	struct unread_program *program = &unread->at[unread->last];

	if (name.len >= sizeof(program->name))
		name.len = sizeof(program->name) - 1;
	if (unread->count && text_equal((struct text){ program->name, program->name_len }, name))
		return program;
	for (size_t i = 0; i < unread->count; i++)
		if (text_equal((struct text){ unread->at[i].name, unread->at[i].name_len }, name)) {
			unread->last = i;
			return &unread->at[i];
		}
	if (unread->count == UNREAD_PROGRAMS)
		return NULL;
	unread->last = unread->count++;
	program = &unread->at[unread->last];
	if (name.len > 0)
		memcpy(program->name, name.at, name.len);
	program->name_len = name.len;
	return program;
}

void unread_look(struct unread *unread, const struct found *found)
{
	struct unread_program *program = place_of(unread, found->record->program);
	struct text message = found->record->message;

	unread->tag = program ? found->record->tag : 0;
	if (!program) {
		unread->others += found->lines;
		return;
	}
	program->lines += found->lines;
	program->has_rules |= found->met == MET_NO_RULE;
	if (found->met == MET_NO_PROGRAM || found->lines > 1 || program->looked == UNREAD_LOOKED)
		return;
	program->looked++;
	if (!sounds_like_refusal(message))
		return;
	if (program->refusals++ == 0)
		program->example_bytes = (uint8_t)text_cut(program->example, sizeof(program->example), message);
}

static int by_suspicion(const void *left, const void *right)
{
	const struct unread_program *a = left, *b = right;

	if (a->has_rules != b->has_rules)
		return a->has_rules ? -1 : 1;
	if (a->refusals != b->refusals)
		return a->refusals > b->refusals ? -1 : 1;
	return a->lines > b->lines ? -1 : a->lines < b->lines;
}

static void sort(struct unread *unread)
{
	qsort(unread->at, unread->count, sizeof(*unread->at), by_suspicion);
	unread->last = 0;
	unread->tag = 0;
}

static const char *name_of(const struct unread_program *program, char *dst, size_t size)
{
	return *program->name ? text_escape(dst, size, text_of(program->name)) : "(no program)";
}

void unread_text(struct unread *unread, FILE *out)
{
	size_t shown = 0;

	if (unread->lines == 0)
		return;
	sort(unread);
	fprintf(out, "\nWhat no rule has met: %" PRIu64 " %s\n", unread->lines, plural(unread->lines, "line", "lines"));
	for (size_t i = 0; i < unread->count && shown < UNREAD_SHOWN; i++, shown++) {
		const struct unread_program *program = &unread->at[i];
		char name[4 * sizeof(program->name)];
		char example[4 * sizeof(program->example) + 1];

		fprintf(out, "  %7" PRIu64 "  %s", program->lines, name_of(program, name, sizeof(name)));
		if (program->refusals)
			fprintf(out, ", %" PRIu64 " of them with words of a refusal; the first: %s", program->refusals,
				text_printable(example, sizeof(example), (struct text){ program->example, program->example_bytes }));
		else if (!program->has_rules)
			fputs(", which no rule is for", out);
		fputc('\n', out);
	}
	if (unread->count > shown)
		fprintf(out, "           and %zu %s more\n", unread->count - shown, plural(unread->count - shown, "program", "programs"));
}

void unread_json(struct unread *unread, struct json *json)
{
	sort(unread);
	json_uint(json, "unread", unread->lines);
	json_list(json, "unread_programs");
	for (size_t i = 0; i < unread->count; i++) {
		const struct unread_program *program = &unread->at[i];
		struct json item;

		json_item(json, &item);
		json_cstr(&item, "program", program->name);
		json_uint(&item, "lines", program->lines);
		json_bool(&item, "has_rules", program->has_rules);
		json_uint(&item, "refusals", program->refusals);
		if (program->refusals)
			json_str(&item, "example", (struct text){ program->example, program->example_bytes });
		json_item_end(&item);
	}
	json_list_end(json);
}
