/* conf_keys - what may stand in a config file: its sections and keys, filled into struct conf as they come */
#ifndef MAILWARD_CONF_KEYS_H
#define MAILWARD_CONF_KEYS_H

#include <limits.h>

#include "conf/conf.h"

enum conf_section {
	CONF_MAILWARD, CONF_SOURCE, CONF_POLICY, CONF_NAMES, CONF_RULES, CONF_ALLOW, CONF_BLOCKLIST, CONF_NOTIFY,
	CONF_SERVICE, CONF_FLEET, CONF_METRICS, CONF_SECTIONS,
	CONF_NOWHERE = CONF_SECTIONS,	/* no section, or one that was refused: its keys are skipped */
};

#define CONF_KEYS_MAX 96

/* a file being read */
struct conf_loader {
	struct conf *conf;
	struct spot spot;		/* of the heading or key being read */
	char *folder;			/* where relative paths begin */
	enum conf_section section;	/* begin with CONF_NOWHERE */
	bool any_section;
	unsigned section_line[CONF_SECTIONS];	/* 0: not seen */
	unsigned key_line[CONF_KEYS_MAX];	/* 0: not set; of a named section: of the one being read */
	size_t service;			/* which one is being read */
	bool beside[CONF_SERVICES_MAX][CONF_KEYS_MAX];	/* what of them is set beside the file */
};

/* conf_keys_read - read the file into the loader's conf; everything that is wrong with it alone is reported */
void conf_keys_read(struct conf_loader *loader);

/* conf_keys_set - one setting beside the file: KEY=VALUE, SECTION.KEY=VALUE, service.NAME.KEY=VALUE or SERVICE/RULE=VALUE; it wins
 * over the file's. What is wrong with it is reported at "command line". Of sections with names, those alone can be set. */
void conf_keys_set(struct conf_loader *loader, const char *setting);

/* conf_keys_section - where a section begins that stands once; 0: it is not there, nor is any of its keys set */
unsigned conf_keys_section(const struct conf_loader *loader, enum conf_section section);

/* conf_keys_line - the line that sets a key of a section which stands once; 0: none, CONF_LINE_BESIDE: a setting beside the file */
#define CONF_LINE_BESIDE UINT_MAX
unsigned conf_keys_line(const struct conf_loader *loader, enum conf_section section, const char *name);

/* conf_keys_beside - is that key of that service set beside the file? NULL: is any? */
bool conf_keys_beside(const struct conf_loader *loader, size_t service, const char *name);

#endif
