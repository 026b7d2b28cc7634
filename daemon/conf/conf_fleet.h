/* conf_fleet - the section [fleet] as a whole: its servers and nodes, from the words that were read */
#ifndef MAILWARD_CONF_FLEET_H
#define MAILWARD_CONF_FLEET_H

#include "conf/conf_keys.h"

/* conf_fleet - take the words apart; what is missing or does not fit together is reported */
void conf_fleet(const struct conf_loader *loader);

void conf_fleet_fini(struct fleet_conf *fleet);

#endif
