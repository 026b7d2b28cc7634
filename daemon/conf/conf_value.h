/* conf_value - the text after "=" as a value: one function a type, each with its range and its message
 *
 * All return true when the value was read; else they have reported what is wrong and what would be right,
 * and *out is as it was. */
#ifndef MAILWARD_CONF_VALUE_H
#define MAILWARD_CONF_VALUE_H

#include "conf/conf.h"

/* a value where it stands */
struct conf_value {
	struct spot spot;
	const char *key, *text;
	const char *folder;	/* of the file: relative paths begin there */
};

bool conf_flag(const struct conf_value *value, bool *out);
/* conf_either - one of two words; *out: it is the second */
bool conf_either(const struct conf_value *value, const char *no, const char *yes, bool *out);
/* conf_delimiter - one printable character that is neither a letter nor a digit nor @, or "none": 0 */
bool conf_delimiter(const struct conf_value *value, char *out);
/* conf_domain - a domain's name; size: of *out */
bool conf_domain(const struct conf_value *value, char *out, size_t size);
bool conf_number(const struct conf_value *value, uint32_t min, uint32_t max, uint32_t *out);
bool conf_duration(const struct conf_value *value, uint32_t min_s, uint32_t max_s, uint32_t *out);
/* *out: heap, absolute; what was there is freed */
bool conf_path(const struct conf_value *value, size_t max, char **out);
/* one line of the list: adds to what is there; "all" sets conf->all_ports */
bool conf_ports(const struct conf_value *value, uint16_t ports[CONF_PORTS_MAX], size_t *count, bool *all);
bool conf_prefixes(const struct conf_value *value, struct ranges *out);
bool conf_nat64(const struct conf_value *value, struct conf *conf);
/* one line of a list of printable words: added to *out (heap), with spaces between; units: names of systemd's */
bool conf_words(const struct conf_value *value, bool units, char **out);
/* conf_command - an absolute path and arguments, split at blanks: no quotes, no shell. *out: heap, a space between each */
bool conf_command(const struct conf_value *value, size_t max, char **out);
/* a file of prefixes, one a line */
bool conf_prefix_file(const struct conf_value *value, const char *path, struct ranges *out);
/* weight of a rule, or tier of a service (a key without slash) */
bool conf_weight(const struct conf_value *value, int *out);

/* conf_server - an address and port, or the path of a unix socket; false: it is none, and *server is of no use */
#define CONF_NO_SERVER "is no server, an address and port (192.0.2.9:6379, [2001:db8::9]:6379) or the path of a unix " \
	"socket would be right; names are never looked up"
bool conf_server(struct text word, struct redis_server *server);

/* conf_similar - the candidate that is nearest to the word, NULL if none is near: for "did you mean" */
const char *conf_similar(const char *word, const char *const *candidates, size_t count);

#endif
