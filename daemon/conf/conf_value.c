/* conf_value - see conf_value.h
 *
 * Opens the allow-list's file, nothing else. */
#include "conf/conf_value.h"

#include <ctype.h>
#include <stdarg.h>

#include "base/array.h"
#include "conf/conf_read.h"

/* "file:line: key: 'item' is ..., ... would be right" */
__attribute__((format(printf, 3, 4)))
static bool wrong(const struct conf_value *value, struct text item, const char *fmt, ...)
{
	char what[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	problem(&value->spot, "%s: '%.*s' %s", value->key, (int)item.len, item.at, what);
	return false;
}

static bool out_of_memory(const struct conf_value *value)
{
	problem(&value->spot, "%s: out of memory", value->key);
	return false;
}

bool conf_flag(const struct conf_value *value, bool *out)
{
	static const char *const words[] = { "no", "yes", "false", "true", "off", "on" };

	for (size_t i = 0; i < COUNT(words); i++)
		if (strcmp(value->text, words[i]) == 0) {
			*out = i % 2;
			return true;
		}
	return wrong(value, text_of(value->text), "is neither yes nor no");
}

bool conf_either(const struct conf_value *value, const char *no, const char *yes, bool *out)
{
	char why[64];
	bool is = strcmp(value->text, yes) == 0;

	if (!is && strcmp(value->text, no) != 0) {
		snprintf(why, sizeof(why), "is neither %s nor %s", no, yes);
		return wrong(value, text_of(value->text), "%s", why);
	}
	*out = is;
	return true;
}

bool conf_delimiter(const struct conf_value *value, char *out)
{
	char c = value->text[0];

	if (strcmp(value->text, "none") == 0) {
		*out = '\0';
		return true;
	}
	if (value->text[1] != '\0' || c <= ' ' || c > '~' || c == '@' || isalnum((unsigned char)c))
		return wrong(value, text_of(value->text), "is no delimiter: one character such as + or -, or none");
	*out = c;
	return true;
}

bool conf_domain(const struct conf_value *value, char *out, size_t size)
{
	size_t len = strlen(value->text);

	if (len == 0 || len >= size || strspn(value->text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._") != len)
		return wrong(value, text_of(value->text), "is no domain: letters, digits, '-' and '.'");
	memcpy(out, value->text, len + 1);
	return true;
}

/* Decimal digits and nothing else, at most UINT32_MAX. */
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

bool conf_number(const struct conf_value *value, uint32_t min, uint32_t max, uint32_t *out)
{
	uint32_t read;

	if (!number(text_of(value->text), &read) || read < min || read > max)
		return wrong(value, text_of(value->text), "is no number from %u to %u", min, max);
	*out = read;
	return true;
}

bool conf_duration(const struct conf_value *value, uint32_t min_s, uint32_t max_s, uint32_t *out)
{
	char min[24], max[24];
	uint32_t read;

	if (!duration_parse(text_of(value->text), &read))
		return wrong(value, text_of(value->text), "is no duration, a number with s, m, h, d or w (10s 10m 1h 30d) would be right");
	if (read < min_s || read > max_s)
		return wrong(value, text_of(value->text), "is out of range, %s to %s would be right",
			     duration_fmt(min, sizeof(min), min_s), duration_fmt(max, sizeof(max), max_s));
	*out = read;
	return true;
}

bool conf_path(const struct conf_value *value, size_t max, char **out)
{
	char *path;

	if (*value->text == '"' || *value->text == '\'')
		return wrong(value, text_of(value->text), "begins with a quote, the path alone would be right");
	if (asprintf(&path, "%s%s%s", *value->text == '/' ? "" : value->folder, *value->text == '/' ? "" : "/", value->text) < 0)
		return out_of_memory(value);
	if (strlen(path) > max) {
		wrong(value, text_of(path), "has %zu bytes, a path of at most %zu would be right", strlen(path), max);
		free(path);
		return false;
	}
	free(*out);
	*out = path;
	return true;
}

/* Cut the next item of a list off *rest; items stand between spaces, commas or both. */
static bool next_item(const char **rest, struct text *item)
{
	*rest += strspn(*rest, " \t,");
	*item = (struct text){ *rest, strcspn(*rest, " \t,") };
	*rest += item->len;
	return item->len > 0;
}

/* Keep the ports sorted, without doubles; false: no room. */
static bool port_insert(uint16_t ports[CONF_PORTS_MAX], size_t *count, uint16_t port)
{
	size_t i = 0;

	while (i < *count && ports[i] < port)
		i++;
	if (i < *count && ports[i] == port)
		return true;
	if (*count == CONF_PORTS_MAX)
		return false;
	memmove(ports + i + 1, ports + i, (*count - i) * sizeof(ports[0]));
	ports[i] = port;
	(*count)++;
	return true;
}

bool conf_ports(const struct conf_value *value, uint16_t ports[CONF_PORTS_MAX], size_t *count, bool *all)
{
	const char *rest = value->text;
	struct text item;
	uint32_t port;
	bool good = true;

	while (next_item(&rest, &item)) {
		if (all && text_equal(item, TEXT("all")))
			*all = true;
		else if (!number(item, &port) || port < 1 || port > 65535)
			good = wrong(value, item, "is no port, a number from 1 to 65535%s would be right", all ? " or the word 'all'" : "");
		else if (!port_insert(ports, count, (uint16_t)port))
			return wrong(value, item, "is one port too many, at most %d%s would be right", CONF_PORTS_MAX,
				     all ? " or the word 'all'" : "");
	}
	if (all && *all && *count)
		return wrong(value, TEXT("all"), "stands beside single ports, 'all' alone or only ports would be right");
	return good;
}

/* One item of a list of addresses. */
static bool prefix_add(const struct conf_value *value, struct text item, struct ranges *out)
{
	struct prefix prefix;
	char right[PREFIX_FMT_SIZE];
	const char *what = prefix_parse(item, true, &prefix);

	if (what && !prefix_parse(item, false, &prefix))
		return wrong(value, item, "%s; %s would be right", what, prefix_fmt(right, sizeof(right), &prefix));
	if (what)
		return wrong(value, item, "%s; 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32 would be right", what);
	if (addr_is_v4(&prefix.addr) && prefix.len == 96)
		return wrong(value, item, "would hold all of IPv4; 192.0.2.1 or 192.0.2.0/24 would be right");
	return ranges_add(out, &prefix) == 0 || out_of_memory(value);
}

bool conf_prefixes(const struct conf_value *value, struct ranges *out)
{
	const char *rest = value->text;
	struct text item;
	bool good = true;

	while (next_item(&rest, &item))
		good = prefix_add(value, item, out) && good;
	return good;
}

static bool nat64_add(const struct conf_value *value, struct text item, struct conf *conf)
{
	struct prefix prefix;
	const char *why = prefix_parse(item, true, &prefix);

	if (why)
		return wrong(value, item, "%s, 64:ff9b::/96 would be right", why);
	if (prefix.len != 96 || addr_is_v4(&prefix.addr))
		return wrong(value, item, "is no IPv6 network of /96, 2001:db8:64::/96 would be right");
	for (size_t i = 0; i < conf->nat64_count; i++)
		if (addr_cmp(&conf->nat64[i], &prefix.addr) == 0)
			return true;
	if (conf->nat64_count == CONF_NAT64_MAX)
		return wrong(value, item, "is one too many, %d with the well-known one would be right", CONF_NAT64_MAX);
	conf->nat64[conf->nat64_count++] = prefix.addr;
	return true;
}

bool conf_nat64(const struct conf_value *value, struct conf *conf)
{
	const char *rest = value->text;
	struct text item;
	bool good = true;

	while (next_item(&rest, &item))
		good = nat64_add(value, item, conf) && good;
	return good;
}

/* A name as the journal has it: with its suffix, no wildcard. */
static bool is_unit(struct text item)
{
	static const struct text suffixes[] = { TEXT(".service"), TEXT(".slice"), TEXT(".scope") };

	if (memchr(item.at, '*', item.len) || memchr(item.at, '/', item.len))
		return false;
	for (size_t i = 0; i < COUNT(suffixes); i++)
		if (item.len > suffixes[i].len &&
		    memcmp(item.at + item.len - suffixes[i].len, suffixes[i].at, suffixes[i].len) == 0)
			return true;
	return false;
}

bool conf_words(const struct conf_value *value, bool units, char **out)
{
	const char *rest = value->text;
	struct text item;
	bool good = true;

	while (next_item(&rest, &item)) {
		char *words;

		if (units && !is_unit(item)) {
			good = wrong(value, item, "is no unit of the journal, its full name (postfix@-.service, dovecot.service, system-postfix.slice) would be right");
			continue;
		}
		if (asprintf(&words, "%s%s%.*s", *out ? *out : "", *out ? " " : "", (int)item.len, item.at) < 0)
			return out_of_memory(value);
		free(*out);
		*out = words;
	}
	return good;
}

bool conf_command(const struct conf_value *value, size_t max, char **out)
{
	size_t used = 0;
	char *words;

	if (value->text[0] != '/' || value->text[1] == '\0' || value->text[1] == ' ' || value->text[1] == '\t')
		return wrong(value, text_of(value->text), "is no program, its absolute path and its arguments would be right");
	if (strlen(value->text) > max)
		return wrong(value, TEXT("..."), "is too long, at most %zu bytes would be right", max);
	words = malloc(strlen(value->text) + 1);
	if (!words)
		return out_of_memory(value);
	for (const char *c = value->text; *c; c++) {
		bool blank = *c == ' ' || *c == '\t';

		if (!blank || words[used - 1] != ' ')
			words[used++] = blank ? ' ' : *c;
	}
	words[used] = '\0';
	free(*out);
	*out = words;
	return true;
}

bool conf_prefix_file(const struct conf_value *value, const char *path, struct ranges *out)
{
	struct problems *problems = value->spot.problems;
	struct conf_lines lines;
	struct text line;

	if (!conf_lines_open(&lines, path, problems, &value->spot))
		return false;
	unsigned before = problems->count;
	while (conf_lines_next(&lines, &line)) {
		struct text item = conf_content(line, CONF_COMMENTS);
		if (item.len)
			prefix_add(&(struct conf_value){ .spot = lines.spot, .key = "allow" }, item, out);
	}
	conf_lines_close(&lines);
	return problems->count == before;
}

bool conf_weight(const struct conf_value *value, int *out)
{
	bool service = !strchr(value->key, '/');
	uint32_t weight;

	if (strcmp(value->text, "off") == 0)
		*out = 0;
	else if (strcmp(value->text, "observe") == 0)
		*out = CONF_WEIGHT_OBSERVE;
	else if (service && strcmp(value->text, "normal") == 0)
		*out = CONF_WEIGHT_NORMAL;
	else if (service && strcmp(value->text, "strict") == 0)
		*out = CONF_WEIGHT_STRICT;
	else if (!service && number(text_of(value->text), &weight) && weight <= 100)
		*out = (int)weight;
	else
		return wrong(value, text_of(value->text), service ? "is no setting of a whole service; normal, strict, observe or off would be right"
			     : "is no weight of a rule, 0 (off) to 100, 'off' or 'observe' would be right");
	return true;
}

/* The number of letters to put in, take out or change (Levenshtein), for words of less than 32 bytes. */
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

static bool port_of(struct text text, uint16_t *port)
{
	unsigned value = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9' || value > UINT16_MAX)
			return false;
		value = value * 10 + (unsigned)(text.at[i] - '0');
	}
	*port = (uint16_t)value;
	return text.len > 0 && value > 0 && value <= UINT16_MAX;
}

/* "/run/redis/redis.sock", "192.0.2.9:6379", "[2001:db8::9]:6379" */
bool conf_server(struct text word, struct redis_server *server)
{
	const char *colon = memrchr(word.at, ':', word.len);
	struct text host = { word.at, colon ? (size_t)(colon - word.at) : 0 };
	bool bracketed = host.len > 2 && host.at[0] == '[' && host.at[host.len - 1] == ']';

	if (word.len >= sizeof(server->path))
		return false;
	memcpy(server->name, word.at, word.len);
	if (word.at[0] == '/') {
		memcpy(server->path, word.at, word.len);
		return true;
	}
	if (bracketed)
		host = (struct text){ host.at + 1, host.len - 2 };
	return colon && (bracketed || !memchr(host.at, ':', host.len)) && addr_parse(host, &server->addr) &&
	       port_of((struct text){ colon + 1, word.len - (size_t)(colon + 1 - word.at) }, &server->port);
}
