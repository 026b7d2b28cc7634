/* listing - see listing.h */
#include "cli/listing.h"

#include "base/json.h"
#include "cli/client.h"
#include "conf/blocklist.h"
#include "conf/conf.h"

struct listing {
	struct prefix prefix;
	FILE *out;
};

/* File names are the postmaster's, and yet nothing that a terminal obeys. */
static void print(FILE *out, const char *text)
{
	client_print(out, text_of(text));
}

static void place(const struct listing *listing, const struct conf_blocklist *conf, const struct blocklist_entry *entry)
{
	char text[PREFIX_FMT_SIZE];

	print(listing->out, conf->file);
	fprintf(listing->out, ":%u, %s", entry->line, prefix_fmt(text, sizeof(text), &entry->prefix));
}

/* Lines about addresses and networks in a network; *first: the one that comes first in the file. */
static size_t lines_inside(const struct blocklist *list, const struct prefix *network, const struct blocklist_entry **first)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct blocklist_entry *entry = &list->at[i];

		if (entry->prefix.len == network->len || !prefix_holds(network, &entry->prefix))
			continue;
		if (count++ == 0 || entry->line < (*first)->line)
			*first = entry;
	}
	return count;
}

static void explain_text(void *arg, const struct conf_blocklist *conf, const struct blocklist *list, struct ranges *drops)
{
	static const char *const said[BLOCKLIST_VERDICTS] = { "drops", "does not drop", "does not drop (a refusal for now)" };
	const struct listing *listing = arg;
	const struct blocklist_entry *entry = blocklist_find(list, &listing->prefix);

	if (!drops) {
		fputs("listed     not known: ", listing->out);
		print(listing->out, conf->file);
		fprintf(listing->out, " is wrong or gone now (mailward check); what blocklist %s dropped before stays in force\n", conf->name);
		return;
	}
	if (entry) {
		fprintf(listing->out, "listed     blocklist %s %s it: ", conf->name, said[entry->verdict]);
		place(listing, conf, entry);
		fputc('\n', listing->out);
	}
	size_t count = lines_inside(list, &listing->prefix, &entry);
	if (count == 0)
		return;
	fprintf(listing->out, "listed     blocklist %s has %zu %s about who is in it, the first ", conf->name, count, plural(count, "line", "lines"));
	place(listing, conf, entry);
	fputc('\n', listing->out);
}

static void explain_json(void *arg, const struct conf_blocklist *conf, const struct blocklist *list, struct ranges *drops)
{
	static const char *const verdicts[BLOCKLIST_VERDICTS] = { "drop", "except", "defer" };
	const struct listing *listing = arg;
	const struct blocklist_entry *entry = drops ? blocklist_find(list, &listing->prefix) : NULL;
	size_t inside = drops ? lines_inside(list, &listing->prefix, &(const struct blocklist_entry *){ NULL }) : 0;
	char text[PREFIX_FMT_SIZE];
	struct json json;

	if (drops && !entry && inside == 0)
		return;
	json_begin(&json, listing->out);
	json_cstr(&json, "event", "listed");
	json_cstr(&json, "address", prefix_fmt(text, sizeof(text), &listing->prefix));
	json_cstr(&json, "list", conf->name);
	json_cstr(&json, "file", conf->file);
	if (entry) {
		json_uint(&json, "line", entry->line);
		json_cstr(&json, "prefix", prefix_fmt(text, sizeof(text), &entry->prefix));
	}
	if (entry || !drops)
		json_cstr(&json, "action", entry ? verdicts[entry->verdict] : "unknown");
	if (inside)
		json_uint(&json, "lines_inside", inside);
	json_end(&json);
}

static void unban_text(void *arg, const struct conf_blocklist *conf, const struct blocklist *list, struct ranges *drops)
{
	const struct listing *listing = arg;
	const struct blocklist_entry *entry = drops ? blocklist_find(list, &listing->prefix) : NULL;

	if (!entry || entry->verdict != BLOCKLIST_DROP)
		return;
	fprintf(listing->out, "blocklist %s drops it when it connects: ", conf->name);
	place(listing, conf, entry);
	fputs("; unban does not touch that\n", listing->out);
}

static void each(const struct cli *cli, const struct prefix *prefix, FILE *out, blocklist_fn *fn)
{
	struct listing listing = { .prefix = *prefix, .out = out };
	struct problems quiet = { 0 };
	struct conf conf;

	if (conf_load(&conf, cli_given(cli, "config"), &quiet)) {
		prefix_untranslate(&listing.prefix, conf.nat64, conf.nat64_count);
		blocklists_each(&conf, &quiet, fn, &listing);
	}
	conf_fini(&conf);
}

void listing_explain(const struct cli *cli, const struct prefix *prefix)
{
	each(cli, prefix, stdout, cli_given(cli, "json") ? explain_json : explain_text);
}

void listing_unban(const struct cli *cli, const struct prefix *prefix, FILE *out)
{
	each(cli, prefix, out, unban_text);
}

static void say_kept(void *arg, const struct conf_blocklist *conf, const struct blocklist *list, struct ranges *drops)
{
	(void)list;
	if (!drops)
		fprintf(arg, "[blocklist %s]: what was in force before stays so\n", conf->name);
}

void listing_problems(const struct cli *cli, FILE *out)
{
	struct problems problems = { .out = out }, quiet = { 0 };
	struct conf conf;

	if (conf_load(&conf, cli_given(cli, "config"), &quiet))
		blocklists_each(&conf, &problems, say_kept, out);
	conf_fini(&conf);
}
