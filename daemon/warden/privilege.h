/* privilege - give up everything but CAP_NET_ADMIN, for good
 *
 * A root process becomes the user mailward (nobody where there is none); an ordinary one, started by the
 * service manager with the ambient capability, keeps its user. */
#ifndef MAILWARD_PRIVILEGE_H
#define MAILWARD_PRIVILEGE_H

/* privilege_drop - 0, or -errno after logging what could not be given up (EPERM: CAP_NET_ADMIN was not there) */
int privilege_drop(void);

#endif
