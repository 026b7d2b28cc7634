/* conf_value - see conf_value.h
 *
 * Opens the allow-list's file, nothing else. */
#include "conf/conf_value.h"

#include <stdarg.h>
#include <stdlib.h>

#include "conf/conf_read.h"

/* wrong - "file:line: key: 'value' is ..., ... would be right" */
__attribute__((format(printf, 3, 4)))
static bool wrong(const struct conf_place *place, struct text value, const char *fmt, ...)
{
	char what[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	problem(place->problems, place->file, place->line, "%s: '%.*s' %s", place->key, (int)value.len, value.at, what);
	return false;
}

static struct text whole(const char *value)
{
	return (struct text){ value, strlen(value) };
}

static bool out_of_memory(const struct conf_place *place)
{
	problem(place->problems, place->file, place->line, "%s: out of memory", place->key);
	return false;
}

bool conf_flag(const struct conf_place *place, const char *value, bool *out)
{
	static const char *const words[] = { "no", "yes", "false", "true", "off", "on" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(value, words[i]) == 0) {
			*out = i % 2;
			return true;
		}
	return wrong(place, whole(value), "is neither yes nor no");
}

bool conf_on_stop(const struct conf_place *place, const char *value, bool *clear)
{
	*clear = strcmp(value, "clear") == 0;
	return *clear || strcmp(value, "keep") == 0 || wrong(place, whole(value), "is neither keep nor clear");
}

/* number - decimal digits and nothing else, at most UINT32_MAX */
static bool number(struct text text, uint32_t *out)
{
	uint64_t value = 0;

	if (text.len == 0 || text.len > 10)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(text.at[i] - '0');
	}
	*out = (uint32_t)value;
	return value <= UINT32_MAX;
}

bool conf_number(const struct conf_place *place, const char *value, uint32_t min, uint32_t max, uint32_t *out)
{
	uint32_t read;

	if (!number(whole(value), &read) || read < min || read > max)
		return wrong(place, whole(value), "is no number from %u to %u", min, max);
	*out = read;
	return true;
}

bool conf_duration(const struct conf_place *place, const char *value, uint32_t min_s, uint32_t max_s, uint32_t *out)
{
	char min[24], max[24];
	uint32_t read;

	if (!duration_parse(whole(value), &read))
		return wrong(place, whole(value), "is no duration, a number with s, m, h, d or w (10s 10m 1h 30d) would be right");
	if (read < min_s || read > max_s)
		return wrong(place, whole(value), "is out of range, %s to %s would be right",
			     duration_fmt(min, sizeof(min), min_s), duration_fmt(max, sizeof(max), max_s));
	*out = read;
	return true;
}

bool conf_path(const struct conf_place *place, const char *value, size_t max, char **out)
{
	char *path;

	if (*value == '"' || *value == '\'')
		return wrong(place, whole(value), "begins with a quote, the path alone would be right");
	if (asprintf(&path, "%s%s%s", *value == '/' ? "" : place->folder, *value == '/' ? "" : "/", value) < 0)
		return out_of_memory(place);
	if (strlen(path) > max) {
		wrong(place, whole(path), "has %zu bytes, a path of at most %zu would be right", strlen(path), max);
		free(path);
		return false;
	}
	free(*out);
	*out = path;
	return true;
}

/* next_item - cut the next item of a list off *rest; items stand between spaces, commas or both */
static bool next_item(const char **rest, struct text *item)
{
	*rest += strspn(*rest, " \t,");
	*item = (struct text){ *rest, strcspn(*rest, " \t,") };
	*rest += item->len;
	return item->len > 0;
}

/* port_insert - keep the ports sorted, without doubles; false: no room */
static bool port_insert(struct conf *conf, uint16_t port)
{
	size_t i = 0;

	while (i < conf->port_count && conf->ports[i] < port)
		i++;
	if (i < conf->port_count && conf->ports[i] == port)
		return true;
	if (conf->port_count == CONF_PORTS_MAX)
		return false;
	memmove(conf->ports + i + 1, conf->ports + i, (conf->port_count - i) * sizeof(conf->ports[0]));
	conf->ports[i] = port;
	conf->port_count++;
	return true;
}

bool conf_ports(const struct conf_place *place, const char *value, struct conf *conf)
{
	struct text item;
	uint32_t port;
	bool good = true;

	while (next_item(&value, &item)) {
		if (text_equal(item, TEXT("all")))
			conf->all_ports = true;
		else if (!number(item, &port) || port < 1 || port > 65535)
			good = wrong(place, item, "is no port, a number from 1 to 65535 or the word 'all' would be right");
		else if (!port_insert(conf, (uint16_t)port))
			return wrong(place, item, "is one port too many, at most %d or the word 'all' would be right", CONF_PORTS_MAX);
	}
	if (conf->all_ports && conf->port_count)
		return wrong(place, TEXT("all"), "stands beside single ports, 'all' alone or only ports would be right");
	return good;
}

/* prefix_add - one item of a list of addresses */
static bool prefix_add(const struct conf_place *place, struct text item, struct ranges *out)
{
	struct prefix prefix;
	char right[PREFIX_FMT_SIZE];
	const char *what = prefix_parse(item, true, &prefix);

	if (what && prefix_parse(item, false, &prefix) == NULL)
		return wrong(place, item, "is no network: %s, %s would be right", what, prefix_fmt(right, sizeof(right), &prefix));
	if (what)
		return wrong(place, item, "is no address: %s, 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32 would be right", what);
	return ranges_add(out, &prefix) == 0 || out_of_memory(place);
}

bool conf_prefixes(const struct conf_place *place, const char *value, struct ranges *out)
{
	struct text item;
	bool good = true;

	while (next_item(&value, &item))
		good = prefix_add(place, item, out) && good;
	return good;
}

/* is_unit - a name as the journal has it: with its suffix, no wildcard */
static bool is_unit(struct text item)
{
	static const struct text suffixes[] = { TEXT(".service"), TEXT(".slice"), TEXT(".scope") };

	if (memchr(item.at, '*', item.len) || memchr(item.at, '/', item.len))
		return false;
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++)
		if (item.len > suffixes[i].len &&
		    memcmp(item.at + item.len - suffixes[i].len, suffixes[i].at, suffixes[i].len) == 0)
			return true;
	return false;
}

bool conf_words(const struct conf_place *place, const char *value, bool units, char **out)
{
	struct text item;
	bool good = true;

	while (next_item(&value, &item)) {
		char *words;

		if (units && !is_unit(item)) {
			good = wrong(place, item, "is no unit of the journal, its full name (postfix@-.service, dovecot.service, system-postfix.slice) would be right");
			continue;
		}
		if (asprintf(&words, "%s%s%.*s", *out ? *out : "", *out ? " " : "", (int)item.len, item.at) < 0)
			return out_of_memory(place);
		free(*out);
		*out = words;
	}
	return good;
}

bool conf_prefix_file(const struct conf_place *place, const char *path, struct ranges *out)
{
	struct conf_lines lines;
	struct text line;

	if (!conf_lines_open(&lines, path, place->problems, place->file, place->line))
		return false;
	struct conf_place here = { .problems = place->problems, .file = path, .key = "allow" };
	unsigned before = place->problems->count;
	while (conf_lines_next(&lines, &line)) {
		struct text item = conf_content(line, ";#");
		here.line = lines.line;
		if (item.len)
			prefix_add(&here, item, out);
	}
	conf_lines_close(&lines);
	return place->problems->count == before;
}

bool conf_weight(const struct conf_place *place, const char *value, int *out)
{
	bool service = strchr(place->key, '/') == NULL;
	uint32_t weight;

	if (strcmp(value, "off") == 0)
		*out = 0;
	else if (strcmp(value, "observe") == 0)
		*out = CONF_WEIGHT_OBSERVE;
	else if (service && strcmp(value, "normal") == 0)
		*out = CONF_WEIGHT_NORMAL;
	else if (service && strcmp(value, "strict") == 0)
		*out = CONF_WEIGHT_STRICT;
	else if (!service && number(whole(value), &weight) && weight <= 100)
		*out = (int)weight;
	else
		return wrong(place, whole(value), service ? "is no tier of a service, normal, strict, observe or off would be right"
			     : "is no weight of a rule, 0 (off) to 100, 'off' or 'observe' would be right");
	return true;
}

/* distance - how many letters to put in, take out or change (Levenshtein), words of less than 32 bytes */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[32];
	size_t len = strlen(b);

	for (unsigned j = 0; j <= len; j++)
		row[j] = j;
	for (unsigned i = 1; a[i - 1]; i++) {
		unsigned diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= len; j++) {
			unsigned change = diagonal + (a[i - 1] != b[j - 1]);
			unsigned either = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
			diagonal = row[j];
			row[j] = change < either ? change : either;
		}
	}
	return row[len];
}

const char *conf_similar(const char *word, const char *const *candidates, size_t count)
{
	const char *nearest = NULL;
	unsigned least = 4;	/* three letters off is a typing error, four another word */

	for (size_t i = 0; i < count && strlen(word) < 32; i++) {
		unsigned d = distance(word, candidates[i]);
		if (d < least && d < strlen(candidates[i]) / 2 + 1) {
			least = d;
			nearest = candidates[i];
		}
	}
	return nearest;
}
