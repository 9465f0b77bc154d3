/* SPDX-License-Identifier: MIT */
/* `docker autoheal config export`: config.json as it stands, secrets masked unless they are asked for. */
#include "document.h"

#include "autoheal/os/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int write_all(int fd, const struct buf *text, const char *name, struct error *err) {
        for (size_t done = 0; done < text->len;) {
                ssize_t n = write(fd, text->data + done, text->len - done);
                if (n < 0 && errno != EINTR)
                        return error_set_errno(err, errno, "writing '%s'", name);
                done += n > 0 ? (size_t)n : 0;
        }
        if (fsync(fd) < 0 && errno != EINVAL)
                return error_set_errno(err, errno, "writing '%s'", name);
        return 0;
}

/* A new file, for its owner alone: one that is there is somebody's, and may be readable by everybody. */
static int write_file(const char *name, const struct buf *text, struct error *err) {
        AUTO_CLOSE int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0600);
        if (fd < 0 && errno == EEXIST)
                return error_set(err, ERR_FAILED, "'%s' exists: remove it, or choose another name", name);
        if (fd < 0)
                return error_set_errno(err, errno, "making '%s'", name);
        if (write_all(fd, text, name, err) == 0)
                return 0;
        (void)unlink(name);
        return -1;
}

static void format(struct buf *out, const struct json_doc *doc, bool secrets) {
        struct json_writer w;
        json_writer_init(&w, out, JSON_PRETTY);
        if (doc) {
                config_write(&w, "", json_root(doc), secrets);
        } else {
                json_begin_object(&w);
                json_end_object(&w);
        }
        buf_add_char(out, '\n');
}

static int export(struct session *s, const struct options *o, struct error *err) {
        struct buf text AUTO(buf_release) = BUF_INIT(64 * CONFIG_MAX);
        struct json_doc *doc AUTO_JSON = NULL;
        if (document_parse(s, &doc, err) < 0)
                return -1;
        format(&text, doc, o->secrets);
        if (text.overflowed)
                return error_set(err, ERR_TOO_LARGE, "%s: too deeply nested to be laid out", document_shown(s));
        if (o->output && !str_eq(o->output, "-"))
                return write_file(o->output, &text, err);
        (void)fwrite(buf_str(&text), 1, text.len, stdout);
        return 0;
}

int cmd_config_export(struct cli *cli) {
        struct session s = { 0 };
        struct error err = ERROR_INIT, wrong;
        int status = 0;
        if (cli->options.output && !cli->options.output[0]) {
                (void)error_set(&err, ERR_USAGE, "--output needs the name of a file, or '-' for standard output, not ''");
                return help_usage_error(cli, &err);
        }
        if (session_open_config(&s, cli, STORE_READ, &wrong, &err) < 0 || export(&s, &cli->options, &err) < 0)
                status = session_fail(&err);
        session_close(&s);
        return status;
}
