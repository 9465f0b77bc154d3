/* SPDX-License-Identifier: MIT */
/*
 * What showing and changing the configuration from afar needs beyond edit.h: the whole of it with its defaults, edits from a
 * document that names some settings, and the line between what may be set from there and what is the host's. Pure.
 */
#ifndef AUTOHEAL_CONFIG_REMOTE_H
#define AUTOHEAL_CONFIG_REMOTE_H

#include "autoheal/config/edit.h"

/* ---- Showing ---- */

/* All settings as they hold, nested as in config.json: those of cfg, and of those that are only kept what the file says, or else their documented default. Secrets in clear. */
void config_whole(struct buf *out, const struct config *cfg, struct json_value file);
/* One service, or one health check, with all the fields that one may have: null, or the default, where it says nothing. */
void config_write_service(struct json_writer *w, struct json_value service, bool secrets);
void config_write_check(struct json_writer *w, struct json_value check, bool secrets);

/* ---- Changing ---- */

/*
 * The check that custom_health_checks has for a container: under its stable id, or under its id or name (NULL: not known), as the
 * reference service has it. Missing if there is none; *ret_key (may be NULL) is its key.
 */
struct json_value config_find_check(struct json_value checks, const char *stable_id, const char *id, const char *name,
                                    const char **ret_key);
/* custom_health_checks with that check under that key (raw.p NULL: without it), and without what old_key says. Lives in a. */
const char *config_checks_with(struct json_value checks, const char *key, struct slice raw, const char *old_key, struct arena *a);

/* Where a member stands, as issues name it: "restart.mode", and of what has names of somebody else's "custom_health_checks['shop.web']". */
const char *config_place(const char *outer, const char *key, struct arena *a);
/* What the caller finds by itself. message belongs to the arena of the issues or is a literal. */
void config_add_error(struct config_issues *issues, const char *where, const char *message);
void config_add_warning(struct config_issues *issues, const char *where, const char *message);

/*
 * The edits that make the file say what `given` does, which names settings below section ("": all). null stands for the
 * default: the key is taken out. What is equal to the value in `whole` (of config_whole()) is left as it is, so that what a
 * variable says does not come into the file when somebody sends back what was shown. A number or boolean as text, 1 and 0 for a
 * boolean, and a word in other letter case are taken for what they mean. Unknown keys that are not in
 * the file like that, and what is no object in place of a section, are errors in issues. *ret lives in the arena of the issues.
 */
size_t config_edits(const char *section, struct json_value given, struct json_value whole, struct json_value file,
                    struct config_issues *issues, const struct config_edit **ret);

/*
 * What runs, reads or writes on this host, and where we listen, is the host's: nobody sets it from afar. These are hooks.*, listen
 * addresses and ports, paths, and values of the form {"file": ...} anywhere; with one of these a notification service may not be
 * sent elsewhere either. An error in issues for each that is not in the new document as it is in the present one (missing: none).
 */
void config_check_host(struct json_value new, struct json_value present, struct config_issues *issues);
/* True for "ui.listen_port", "hooks" and "hooks.pre_restart". */
bool config_is_host(const char *path);
/* The edits that put back what the present document says of the host's own settings and the new one does not name. */
size_t config_keep_host(struct json_value new, struct json_value present, struct arena *a, const struct config_edit **ret);

#endif
